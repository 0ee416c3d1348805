import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Planned } from './plan.ts';
import { defaultPort } from './render.ts';

/** Languages that only nixpacks builds, by its provider, and the file in the root that speaks for each. */
const providers: Readonly<Record<string, RegExp>> = {
  crystal: /^shard\.yml$/,
  dart: /^pubspec\.yaml$/,
  clojure: /^(project\.clj|build\.clj|deps\.edn)$/,
  gleam: /^gleam\.toml$/,
  haskell: /^(package\.yaml|.*\.cabal)$/,
  scala: /^build\.sbt$/,
  swift: /^Package\.swift$/,
  zig: /^build\.zig$/,
  scheme: /^haunt\.scm$/,
  cobol: /\.(cbl|cob)$/,
};

export interface NixpacksOptions {
  /** The app's folder. */
  dir: string;
  /** Where programs are looked for. */
  path: string;
  signal: AbortSignal;
}

/**
 * Asks the program nixpacks for what no buildpack here can build: always where `stack = "nixpacks"` is set, else only
 * when it names a language that the folder's manifest names too. Without the program the plan stays as it was.
 */
export async function withNixpacks(planned: Planned, options: NixpacksOptions): Promise<Planned> {
  const { json } = planned;
  if (json.outcome !== 'unsupported' || json.error?.code !== 'nothing-detected') return planned;
  const asked = json.stack === 'nixpacks';
  const names = readdirSync(options.dir);
  const known = Object.entries(providers).filter(([, file]) => names.some((name) => file.test(name)));
  if (!asked && known.length === 0) return planned;
  const detected =
    (await run(['detect', options.dir], options))
      ?.trim()
      .toLowerCase()
      .split(/[\s,]+/) ?? [];
  const provider = asked ? detected[0] : detected.find((one) => known.some(([name]) => name === one));
  if (provider === undefined || provider === '') return planned;
  const out = await mkdtemp(join(tmpdir(), 'landfall-nixpacks-'));
  try {
    const text = await run(['plan', options.dir, '--format', 'json'], options);
    const start = text === null ? null : startOf(text);
    if (start === null || (await run(['build', options.dir, '--out', out], options)) === null) return planned;
    return recipeOf(planned, { out, provider, start });
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** `{"start": {"cmd": "…"}}`; null when the plan names none. */
function startOf(text: string): string | null {
  try {
    const plan: { start?: { cmd?: unknown } } = JSON.parse(text);
    return typeof plan.start?.cmd === 'string' ? plan.start.cmd : null;
  } catch {
    return null;
  }
}

function recipeOf({ json }: Planned, made: { out: string; provider: string; start: string }): Planned {
  const folder = join(made.out, '.nixpacks');
  if (!existsSync(join(folder, 'Dockerfile'))) return { json, recipe: null };
  const files = Object.fromEntries(
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [`.nixpacks/${entry.name}`, readFileSync(join(folder, entry.name), 'utf8')]),
  );
  return {
    json: {
      ...json,
      outcome: 'plan',
      stack: 'nixpacks',
      framework: made.provider,
      start: made.start,
      processes: { web: made.start },
      evidence: [{ file: '.', key: 'nixpacks detect', value: made.provider, weight: 100 }],
      error: null,
      dockerfile: files['.nixpacks/Dockerfile'] ?? null,
    },
    recipe: {
      dockerfile: '.nixpacks/Dockerfile',
      context: '',
      files,
      images: [],
      args: {},
      target: null,
      port: defaultPort,
      processes: { web: null },
      confine: 'custom',
      healthPath: null,
      bootSeconds: null,
      variables: [],
      formation: {},
    },
  };
}

/** What the program prints; null when it is not installed or fails. */
function run(args: readonly string[], { path, signal }: NixpacksOptions): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn('nixpacks', args, {
      env: { PATH: path },
      stdio: ['ignore', 'pipe', 'ignore'],
      signal,
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', () => resolve(null));
    child.on('close', (code) => resolve(code === 0 ? Buffer.concat(chunks).toString('utf8') : null));
  });
}
