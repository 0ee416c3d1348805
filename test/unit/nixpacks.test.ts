import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withNixpacks } from '../../src/build/nixpacks.ts';
import { plan } from '../../src/build/plan.ts';
import { sourceFromDirectory } from '../../src/build/source.ts';

let dir: string;
let bin: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lf-nix-app-'));
  bin = mkdtempSync(join(tmpdir(), 'lf-nix-bin-'));
});
afterEach(() => {
  for (const folder of [dir, bin]) rmSync(folder, { recursive: true });
});

/** A program that answers as nixpacks 1.41 does. */
function install(provider: string): void {
  const file = join(bin, 'nixpacks');
  writeFileSync(
    file,
    `#!/bin/sh
case "$1" in
  detect) echo '${provider}' ;;
  plan) echo '{"providers":[],"start":{"cmd":"./bin/app"}}' ;;
  build) mkdir -p "$4/.nixpacks" && echo 'FROM scratch' > "$4/.nixpacks/Dockerfile" ;;
esac
`,
  );
  chmodSync(file, 0o755);
}

function planned(path: string) {
  const signal = new AbortController().signal;
  return withNixpacks(plan(sourceFromDirectory(dir)), { dir, path: `${path}:/usr/bin:/bin`, signal });
}

it('plans a language of its own with nixpacks when that is installed', async () => {
  writeFileSync(join(dir, 'shard.yml'), 'name: app\n');
  install('crystal');
  const { json, recipe } = await planned(bin);
  expect(json).toMatchObject({
    outcome: 'plan',
    stack: 'nixpacks',
    framework: 'crystal',
    start: './bin/app',
    error: null,
  });
  expect(recipe).toMatchObject({
    dockerfile: '.nixpacks/Dockerfile',
    confine: 'custom',
    files: { '.nixpacks/Dockerfile': 'FROM scratch\n' },
  });
});

it('does not believe nixpacks when it names another language than the manifest', async () => {
  writeFileSync(join(dir, 'shard.yml'), 'name: app\n');
  install('staticfile');
  expect((await planned(bin)).json).toMatchObject({
    outcome: 'unsupported',
    error: { code: 'nothing-detected' },
  });
});

it('believes nixpacks whatever it names when the settings choose it', async () => {
  writeFileSync(join(dir, 'landfall.toml'), 'stack = "nixpacks"\n');
  install('lunatic');
  expect((await planned(bin)).json).toMatchObject({
    outcome: 'plan',
    stack: 'nixpacks',
    framework: 'lunatic',
  });
});

it('says how to get nixpacks when the settings choose it and it is not installed', async () => {
  writeFileSync(join(dir, 'landfall.toml'), 'stack = "nixpacks"\n');
  const { json } = await planned(bin);
  expect(json.outcome).toBe('unsupported');
  expect(json.error?.hint).toContain('cargo install nixpacks');
});
