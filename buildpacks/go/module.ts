import { invalid } from '../buildpack.ts';
import type { Tree } from '../lib/tree.ts';

/** What planning reads of a go.mod. */
export interface Module {
  /** The folder of go.mod, '' for the app's. */
  dir: string;
  path: string;
  go: string | null;
  toolchain: string | null;
  /** Module → whether it is only needed by others (`// indirect`). */
  requires: ReadonlyMap<string, { version: string; indirect: boolean }>;
  /** Folders that `replace` points at, relative to the app. */
  replaced: readonly string[];
}

const verbs = new Set([
  'module',
  'go',
  'toolchain',
  'godebug',
  'require',
  'exclude',
  'replace',
  'retract',
  'tool',
  'ignore',
]);

/** Reads the go.mod of a folder; null when absent. Throws PlanError for a line that Go itself would refuse. */
export function readModule(tree: Tree, dir = ''): Module | null {
  const file = dir === '' ? 'go.mod' : `${dir}/go.mod`;
  const text = tree.manifest(file);
  if (text === null) return null;
  const full = tree.root === '' ? file : `${tree.root}/${file}`;
  const bad = (line: number, words: string) =>
    invalid(
      full,
      line,
      `${full} is not valid: line ${line}: ${words}.`,
      `Mend line ${line} of ${full} (go mod tidy shows whether it is right), commit and push again.`,
    );
  let path: string | null = null;
  let go: string | null = null;
  let toolchain: string | null = null;
  const requires = new Map<string, { version: string; indirect: boolean }>();
  const replaced: string[] = [];
  let block: string | null = null;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.replace(/\/\/.*/, '').trim();
    if (line === '') continue;
    if (line === ')' && block !== null) {
      block = null;
      continue;
    }
    const words = line.replace(/["`]/g, '').split(/\s+/);
    const verb: string = block ?? words.shift() ?? '';
    if (!verbs.has(verb))
      throw bad(
        index + 1,
        /^[<=>]{7}/.test(line) ? 'an unresolved merge conflict' : `unknown directive ${JSON.stringify(verb)}`,
      );
    if (words[0] === '(' && block === null) {
      block = verb;
      continue;
    }
    const [first = '', second = ''] = words;
    if (verb === 'module') path = first;
    else if (verb === 'go') go = first;
    else if (verb === 'toolchain') toolchain = first;
    else if (verb === 'require') {
      if (second === '') throw bad(index + 1, `${first} has no version`);
      requires.set(first, { version: second, indirect: /\/\/\s*indirect/.test(raw) });
    } else if (verb === 'replace') {
      const target = words[words.indexOf('=>') + 1] ?? '';
      if (/^\.{1,2}(\/|$)/.test(target)) replaced.push(resolve(dir, target));
    }
  }
  if (path === null) throw bad(1, 'there is no module line');
  return { dir, path, go, toolchain, requires, replaced: replaced.filter((one) => !one.startsWith('..')) };
}

/** The folders that go.work uses; null when there is no go.work. */
export function workspace(
  tree: Tree,
): { dirs: string[]; go: string | null; toolchain: string | null } | null {
  const text = tree.manifest('go.work');
  if (text === null) return null;
  const clean = text.replace(/\/\/.*/g, '');
  const block = [...clean.matchAll(/^\s*use\s*\(([^)]*)\)/gm)].flatMap((match) =>
    (match[1] ?? '').split(/\s+/),
  );
  const single = [...clean.matchAll(/^\s*use\s+([^\s(]+)/gm)].map((match) => match[1] ?? '');
  const dirs = [...block, ...single]
    .map((one) => resolve('', one.replace(/["`]/g, '')))
    .filter((one) => tree.has(one === '' ? 'go.mod' : `${one}/go.mod`));
  return {
    dirs: [...new Set(dirs)].sort(),
    go: /^\s*go\s+([\d.]+\w*)/m.exec(clean)?.[1] ?? null,
    toolchain: /^\s*toolchain\s+(\S+)/m.exec(clean)?.[1] ?? null,
  };
}

/** The last word of a module's path that names something: without `/v2` and `.v2`. */
export function moduleName(path: string): string {
  const parts = path.split('/').filter((part) => !/^v\d+$/.test(part));
  const name = (parts.at(-1) ?? 'app').replace(/\.(?:v\d+|git)$/, '').replace(/[^\w.-]/g, '');
  return name === '' ? 'app' : name;
}

function resolve(dir: string, path: string): string {
  const parts = dir === '' ? [] : dir.split('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}
