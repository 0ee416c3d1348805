import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BaseImage, resolveBases } from '../../src/build/bases.ts';
import { findRecipe } from '../../src/build/recipes.ts';
import type { Builder, BuildRequest, PullOutcome } from '../../src/engine/engine.ts';
import { UserError } from '../../src/errors.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'landfall-bases-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const root = 'landfall-base/debian:trixie';
const node: BaseImage[] = [
  { arg: 'NODE_IMAGE', official: 'node:24-slim', toolchain: 'node', version: '24', variant: 'runtime' },
  { arg: 'NODE_BUILD_IMAGE', official: 'node:24', toolchain: 'node', version: '24', variant: 'build' },
];

/** A builder whose images are names, and whose registry answers always the same. */
function world(present: string[], registry: (image: string) => PullOutcome) {
  const images = new Set(present);
  const built: string[] = [];
  const pulled: string[] = [];
  let hold: Promise<void> = Promise.resolve();
  const builder: Builder = {
    async build(request: BuildRequest) {
      await hold;
      request.signal.throwIfAborted();
      built.push(request.tag);
      images.add(request.tag);
      return { image: 'sha256:1', sizeBytes: 1, seconds: 1 };
    },
    async find(image) {
      return images.has(image) ? `sha256:${image}` : null;
    },
    async pull(image) {
      pulled.push(image);
      const outcome = registry(image);
      if (outcome === 'pulled') images.add(image);
      return outcome;
    },
    async inspect() {
      return { ports: [], hasCommand: true, user: '', sizeBytes: 1 };
    },
    async remove() {},
  };
  const tools = (more: { prefer?: 'official' | 'local'; signal?: AbortSignal } = {}) => ({
    builder,
    log: () => {},
    signal: new AbortController().signal,
    home,
    ...more,
  });
  return { built, pulled, tools, hold: (promise: Promise<void>) => (hold = promise) };
}

test('official images that are here are used as they are: nothing is pulled, built or overridden', async () => {
  const { built, pulled, tools } = world(['node:24-slim', 'node:24'], () => 'unreachable');
  expect((await resolveBases(node, tools())).args).toEqual({});
  expect([...built, ...pulled]).toEqual([]);
});

test('official images that can be pulled are', async () => {
  const { built, pulled, tools } = world([], () => 'pulled');
  expect((await resolveBases(node, tools())).args).toEqual({});
  expect(pulled).toEqual(['node:24-slim', 'node:24']);
  expect(built).toEqual([]);
});

test('without a registry the bases are made here, each after what it is made from, and the next time nothing is done', async () => {
  const { built, pulled, tools } = world([root], () => 'unreachable');
  const { args } = await resolveBases(node, tools());
  expect(args.NODE_IMAGE).toMatch(/^landfall-base\/node:24\.\d+\.\d+-runtime-[0-9a-f]{8}$/);
  expect(args.NODE_BUILD_IMAGE).toMatch(/^landfall-base\/node:24\.\d+\.\d+-build-[0-9a-f]{8}$/);
  expect(built.map((tag) => tag.split(':')[0])).toEqual([
    'landfall-base/fetch',
    'landfall-base/node',
    'landfall-base/node',
  ]);
  expect(pulled).toEqual(['node:24-slim']);
  expect((await resolveBases(node, tools())).args).toEqual(args);
  expect(built).toHaveLength(3);
});

test('a registry that did not answer is not asked again for a day, also after a restart and for other images', async () => {
  const { pulled, tools } = world([root], () => 'unreachable');
  const images: BaseImage[] = [
    ...node,
    { arg: 'STATIC_IMAGE', official: 'caddy:2', toolchain: 'static', version: '2', variant: 'runtime' },
  ];
  await resolveBases(images, tools());
  await resolveBases(images, tools());
  expect(pulled).toEqual(['node:24-slim']);
  const file = join(home, 'bases.json');
  const seen = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  writeFileSync(file, JSON.stringify({ '*': (seen['*'] ?? 0) - 25 * 3600 * 1000 }));
  await resolveBases(images, tools());
  expect(pulled.slice(1)).toEqual(['node:24-slim']);
});

test('an image that the registry has not does not speak for the others', async () => {
  const { pulled, tools } = world([root], (image) => (image.startsWith('node') ? 'absent' : 'pulled'));
  const caddy: BaseImage = {
    arg: 'STATIC_IMAGE',
    official: 'caddy:2',
    toolchain: 'static',
    version: '2',
    variant: 'runtime',
  };
  const { args } = await resolveBases([...node, caddy], tools());
  expect(Object.keys(args).sort()).toEqual(['NODE_BUILD_IMAGE', 'NODE_IMAGE']);
  expect(pulled).toEqual(['node:24-slim', 'caddy:2']);
});

test('one variant from the registry and one made here never meet in one image', async () => {
  const { tools } = world([root, 'node:24-slim'], () => 'unreachable');
  const { args } = await resolveBases(node, tools());
  expect(Object.keys(args).sort()).toEqual(['NODE_BUILD_IMAGE', 'NODE_IMAGE']);
});

test('an operator who prefers local bases gets them without a pull', async () => {
  const { pulled, tools } = world([root, 'node:24-slim', 'node:24'], () => 'pulled');
  expect(Object.keys((await resolveBases(node, tools({ prefer: 'local' }))).args)).toHaveLength(2);
  expect(pulled).toEqual([]);
});

test('two builds that need the same base make it once, and one that is given up leaves it to the other', async () => {
  const { built, tools, hold } = world([root], () => 'unreachable');
  const gate = Promise.withResolvers<void>();
  hold(gate.promise);
  const stop = new AbortController();
  const first = resolveBases(node, tools({ signal: stop.signal }));
  const second = resolveBases(node, tools());
  first.catch(() => {});
  stop.abort(new Error('cancelled'));
  gate.resolve();
  await expect(first).rejects.toThrow('cancelled');
  await second;
  expect(built).toHaveLength(3);
  expect(new Set(built).size).toBe(3);
});

test('without the root file system the failure says who makes it', async () => {
  const { tools } = world([], () => 'unreachable');
  await expect(resolveBases(node, tools())).rejects.toMatchObject({
    code: 'build-failed',
    hint: expect.stringContaining('bin/up'),
  });
});

test('a version is found by its prefix, an exact one is taken as it is, an impossible one says what there is', () => {
  const version = (toolchain: string, wanted: string) =>
    findRecipe({ toolchain, version: wanted, variant: 'build' }).args.VERSION;
  expect(version('node', '22')).toMatch(/^22\.\d+\.\d+$/);
  expect(version('node', '22.1.0')).toBe('22.1.0');
  expect(version('node', '')).toMatch(/^24\./);
  expect(version('python', '3.13')).toBe('3.13');
  expect(version('python', '3.13.1')).toBe('3.13');
  const impossible = () => version('python', '2.7');
  expect(impossible).toThrow(UserError);
  expect(impossible).toThrow(/3\.13, 3\.11, 3\.14/);
  expect(() => version('node', '2')).toThrow(UserError);
});

test("the host's authorities go along as secrets: the file in LANDFALL_HOME first, for Java also as a key store", async () => {
  const { tools } = world(['maven:3', 'caddy:2'], () => 'pulled');
  writeFileSync(join(home, 'ca.crt'), 'the bundle');
  const java: BaseImage = {
    arg: 'JAVA_BUILD_IMAGE',
    official: 'maven:3',
    toolchain: 'java',
    version: '21',
    variant: 'build',
  };
  const { secrets } = await resolveBases([java], tools());
  expect(secrets.ca?.toString()).toBe('the bundle');
  expect(secrets.javaca?.readUInt32BE(0)).toBe(0xfeedfeed);
});
