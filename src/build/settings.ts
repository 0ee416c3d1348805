import { type BuildSettings, invalid, type Stack, stacks } from '../../buildpacks/buildpack.ts';
import { type Json, record } from '../../buildpacks/lib/json.ts';
import type { Tree } from '../../buildpacks/lib/tree.ts';

export const settingsFile = 'landfall.toml';

/** landfall.toml, validated whole. Null: not set. */
export interface AppSettings extends BuildSettings {
  /** The folder of the app in a repository that holds several. '' is the root. */
  app: string;
  stack: Stack | null;
  /** The path that must answer below 500 before traffic moves. */
  health: string | null;
  /** How long a new instance may take to answer. */
  bootSeconds: number | null;
  /** The port that the app listens on when it does not read PORT. */
  port: number | null;
  processes: Record<string, string>;
  dockerfile: { path: string; target: string | null; args: Record<string, string> } | null;
}

type Check = (value: Json, key: string, fail: Fail) => unknown;
type Fail = (key: string, message: string) => never;

const words: Check = (value, key, fail) =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : fail(key, 'must be text in quotes');
const folder: Check = (value, key, fail) => {
  const path = String(words(value, key, fail)).replace(/^\.?\/+|\/+$/g, '');
  return path.split('/').includes('..')
    ? fail(key, 'must be a folder inside the repository')
    : path === '.'
      ? ''
      : path;
};
const texts: Check = (value, key, fail) => {
  const entries = Object.entries(record(value));
  if (value === null || typeof value !== 'object' || Array.isArray(value)) fail(key, 'must be a table');
  return Object.fromEntries(
    entries.map(([name, item]) => [
      name,
      String(typeof item === 'object' ? fail(`${key}.${name}`, 'must be text') : item),
    ]),
  );
};

const keys: Record<string, Check> = {
  app: folder,
  stack: (value, key, fail) =>
    stacks.some((one) => one === value)
      ? value
      : fail(
          key,
          `must be one of ${stacks.join(', ')}${typeof value === 'string' ? meant(value, stacks) : ''}`,
        ),
  version: (value, key, fail) => (typeof value === 'number' ? String(value) : words(value, key, fail)),
  start: words,
  build: words,
  package_manager: words,
  output: folder,
  health: (value, key, fail) => {
    const path = String(words(value, key, fail));
    return path.startsWith('/') ? path : fail(key, 'must be a path that begins with /');
  },
  boot_seconds: (value, key, fail) =>
    typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 900
      ? value
      : fail(key, 'must be a number from 1 to 900'),
  port: (value, key, fail) =>
    typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65536
      ? value
      : fail(key, 'must be a number from 1 to 65535'),
  processes: texts,
  dockerfile: (value, key, fail) => {
    if (typeof value === 'string') return { path: folder(value, key, fail), target: null, args: {} };
    const table = record(value);
    for (const name of Object.keys(table)) {
      if (!['path', 'target', 'args'].includes(name))
        fail(`${key}.${name}`, `is not known${meant(name, ['path', 'target', 'args'])}`);
    }
    return {
      path: table.path === undefined ? 'Dockerfile' : folder(table.path, `${key}.path`, fail),
      target: table.target === undefined ? null : words(table.target, `${key}.target`, fail),
      args: table.args === undefined ? {} : texts(table.args, `${key}.args`, fail),
    };
  },
};

export const settingsKeys: readonly string[] = Object.keys(keys);

/** Reads landfall.toml of the repository's root. Throws PlanError `invalid` for an unknown key or a wrong value. */
export function readSettings(repo: Tree): AppSettings {
  const table = record(repo.toml(settingsFile) ?? {});
  const lines = repo.read(settingsFile)?.split('\n') ?? [];
  const fail: Fail = (key, message) => {
    const last = key.split('.').at(-1) ?? key;
    const line =
      lines.findIndex((text) =>
        text
          .trim()
          .replace(/^\[?"?/, '')
          .startsWith(last),
      ) + 1;
    throw invalid(
      settingsFile,
      line === 0 ? null : line,
      `${settingsFile}: ${key} ${message}.`,
      `The keys are ${settingsKeys.join(', ')}.`,
    );
  };
  const found: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(table)) {
    const check = keys[key];
    if (check === undefined) fail(key, `is not known${meant(key, settingsKeys)}`);
    else found[key] = check(value, key, fail);
  }
  const defaults: AppSettings = {
    app: '',
    stack: null,
    version: null,
    start: null,
    build: null,
    packageManager: null,
    output: null,
    health: null,
    bootSeconds: null,
    port: null,
    processes: {},
    dockerfile: null,
  };
  const { package_manager: packageManager = null, boot_seconds: bootSeconds = null, ...rest } = found;
  return {
    ...defaults,
    ...rest,
    packageManager: packageManager === null ? null : String(packageManager),
    bootSeconds: bootSeconds === null ? null : Number(bootSeconds),
  };
}

/** `; did you mean "x"?` for a word near one of the known ones, else nothing. */
export function meant(word: string, known: readonly string[]): string {
  const near = known
    .map((one) => ({ one, distance: distance(word.toLowerCase(), one) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return near !== undefined && near.distance <= Math.max(2, Math.floor(near.one.length / 3))
    ? `; did you mean "${near.one}"?`
    : '';
}

/** Levenshtein's edit distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
