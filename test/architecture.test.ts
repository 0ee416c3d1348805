import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Who may import whom: a layer imports from itself and from those below. The order of ARCHITECTURE.md. */
const layers: [string, RegExp[]][] = [
  ['words', [/^src\/(types|errors)\.ts$/]],
  ['buildpacks', [/^buildpacks\//]],
  [
    'decisions',
    [
      /^src\/deploy\/(machine|diagnose|needs|retention|refusals)\.ts$/,
      /^src\/instances\/(desired|actions)\.ts$/,
      /^src\/build\/(procfile|settings|plan|outcome|own|choose|spoken|undetected|render|page|syntax|adapt)\.ts$/,
      /^src\/proxy\/(routes|changes|render|table|pages|commands|answers)\.ts$/,
      /^src\/git\/updates\.ts$/,
    ],
  ],
  [
    'tools',
    [
      /^src\/(config|loop|memory|turns)\.ts$/,
      /^src\/engine\//,
      /^src\/store\//,
      /^src\/proxy\//,
      /^src\/build\//,
      /^src\/git\/(?!http)/,
      /^src\/instances\/(probe|spec)\.ts$/,
    ],
  ],
  ['flows', [/^src\/deploy\//, /^src\/instances\//]],
  ['verbs', [/^src\/commands\//]],
  ['doors', [/^src\/http\//, /^src\/git\//]],
  ['programs', [/^src\/(main|cli)\.ts$/]],
];

/** Each of these belongs to one owner. */
const owners: [string, RegExp, RegExp][] = [
  ['dockerode', /from 'dockerode'/, /^src\/(engine|build\/buildkit)\/|^src\/build\/builder\.ts$/],
  ['the database driver', /from 'node:sqlite'/, /^src\/store\/database\.ts$/],
  ['the environment', /process\.env/, /^src\/(config|cli)\.ts$/],
  ['child processes', /from 'node:child_process'/, /^src\/(git|ssh)\/|^src\/build\/nixpacks\.ts$/],
  ['fastify', /from 'fastify'/, /^src\/(http|git)\//],
  ['timers', /(?<!socket\.)\bset(Timeout|Interval)\(|node:timers/, /^src\/loop\.ts$/],
];

interface File {
  path: string;
  text: string;
  imports: string[];
}

const files: File[] = ['src', 'buildpacks'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(`${folder}/${name}`)),
);

function read(path: string): File {
  const text = readFileSync(join(root, path), 'utf8');
  const imports = [...text.matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g)].map((match) =>
    relative(root, resolve(root, dirname(path), match[1] ?? '')),
  );
  return { path, text, imports };
}

function layerOf(path: string): number {
  return layers.findIndex(([, patterns]) => patterns.some((pattern) => pattern.test(path)));
}

describe('the architecture', () => {
  test('every file has a layer', () => {
    expect(files.filter((file) => layerOf(file.path) < 0).map((file) => file.path)).toEqual([]);
  });

  test('a file imports only from its own layer and those below', () => {
    const wrong = files.flatMap((file) =>
      file.imports
        .filter((target) => layerOf(target) > layerOf(file.path))
        .map((target) => `${file.path} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('buildpacks import nothing but each other', () => {
    const wrong = files
      .filter((file) => file.path.startsWith('buildpacks/'))
      .flatMap((file) =>
        file.imports
          .filter((target) => !target.startsWith('buildpacks/'))
          .map((target) => `${file.path} → ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  test('decisions never read the clock, the environment, files or the network', () => {
    const effects =
      /Date\.now|new Date\(\)|performance\.now|\bprocess\.(env|argv|cwd|hrtime)\b(?!')|from 'node:(fs|net|http|https|child_process|os|dns)/;
    const decisions = layers.findIndex(([name]) => name === 'decisions');
    const wrong = files
      .filter((file) => layerOf(file.path) <= decisions && effects.test(code(file.text)))
      .map((file) => file.path);
    expect(wrong).toEqual([]);
  });

  for (const [what, pattern, owner] of owners)
    test(`${what}: only its owner touches it`, () => {
      const wrong = files
        .filter((file) => pattern.test(code(file.text)) && !owner.test(file.path))
        .map((file) => file.path);
      expect(wrong).toEqual([]);
    });

  test('no shell is ever given a string by the server', () => {
    const wrong = files
      .filter((file) => /\bexecSync\(|child_process.*\bexec\b|shell:\s*true/.test(code(file.text)))
      .map((file) => file.path);
    expect(wrong).toEqual([]);
  });

  test('no file is longer than 300 lines', () => {
    const long = files
      .filter((file) => file.text.split('\n').length > 301)
      .map((file) => `${file.path}: ${file.text.split('\n').length}`);
    expect(long).toEqual([]);
  });
});

/** Without comments. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}
