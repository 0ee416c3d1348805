import type { Context } from '../buildpack.ts';
import { type Json, record, strings, text } from '../lib/json.ts';
import type { Tree } from '../lib/tree.ts';

export interface Binary {
  name: string;
  /** The package that has it. */
  crate: Crate;
  /** Its source, a path of the app. */
  file: string;
}

/** One Cargo.toml with a package. */
export interface Crate {
  dir: string;
  name: string;
  defaultRun: string | null;
  binaries: Binary[];
  library: boolean;
  /** Names as the registry has them; `package = "x"` is followed. */
  dependencies: ReadonlySet<string>;
  rustVersion: string | null;
}

export interface Cargo {
  crates: Crate[];
  /** The package of the root's own Cargo.toml. */
  root: Crate | null;
  /** Folders that cargo builds by default; null: not said. */
  defaults: string[] | null;
  rustVersion: string | null;
}

/** Reads Cargo.toml of the app's folder with its workspace. Throws PlanError for bad TOML; null when absent. */
export function readCargo(ctx: Context): Cargo | null {
  const { tree } = ctx;
  const value = tree.toml('Cargo.toml');
  if (value === null) return null;
  const manifest = record(value);
  const workspace = record(manifest.workspace);
  const shared = record(workspace.dependencies);
  const root = manifest.package === undefined ? null : readCrate(tree, '', manifest, shared);
  const excluded = strings(workspace.exclude).map(clean);
  const members = [
    ...new Set(strings(workspace.members).flatMap((pattern) => expand(tree, clean(pattern)))),
  ].filter((dir) => dir !== '' && !excluded.includes(dir));
  const crates = members.slice(0, 300).flatMap((dir) => {
    const inner = tree.toml(`${dir}/Cargo.toml`);
    const table = record(inner ?? {});
    return table.package === undefined ? [] : [readCrate(tree, dir, table, shared)];
  });
  const defaults =
    workspace['default-members'] === undefined
      ? null
      : strings(workspace['default-members']).flatMap((pattern) => expand(tree, clean(pattern)));
  const inherited = text(record(workspace.package)['rust-version']);
  return {
    crates: root === null ? crates : [root, ...crates],
    root,
    defaults,
    rustVersion:
      root?.rustVersion ?? inherited ?? crates.find((one) => one.rustVersion !== null)?.rustVersion ?? null,
  };
}

function clean(path: string): string {
  return path.replace(/^\.\/|\/+$/g, '').replace(/^\.$/, '');
}

/** A member pattern as folders: `crates/*`. */
function expand(tree: Tree, pattern: string): string[] {
  if (!/[*?[{]/.test(pattern))
    return tree.has(pattern === '' ? 'Cargo.toml' : `${pattern}/Cargo.toml`) ? [pattern] : [];
  const source = pattern
    .replace(/[.+^$()|\\{}]/g, '\\$&')
    .replace(/\*\*/g, '\u0001')
    .replace(/\*/g, '[^/]*')
    .replace(/\?/g, '[^/]')
    .replaceAll('\u0001', '.*');
  const expression = new RegExp(`^${source.replace(/\[!/g, '[^')}$`);
  return tree.all
    .filter((path) => path.endsWith('/Cargo.toml'))
    .map((path) => path.slice(0, -'/Cargo.toml'.length))
    .filter((dir) => expression.test(dir));
}

function readCrate(
  tree: Tree,
  dir: string,
  manifest: Record<string, Json>,
  shared: Record<string, Json>,
): Crate {
  const table = record(manifest.package);
  const name = text(table.name) ?? 'app';
  const prefix = dir === '' ? '' : `${dir}/`;
  const dependencies = new Set<string>();
  const targets = Object.values(record(manifest.target)).map((one) => record(record(one).dependencies));
  for (const group of [record(manifest.dependencies), ...targets]) {
    for (const [key, value] of Object.entries(group)) {
      const inherited = record(value).workspace === true ? record(shared[key]) : {};
      dependencies.add(text(record(value).package) ?? text(inherited.package) ?? key);
    }
  }
  const crate: Crate = {
    dir,
    name,
    defaultRun: text(table['default-run']),
    binaries: [],
    library: manifest.lib !== undefined || tree.has(`${prefix}src/lib.rs`),
    dependencies,
    rustVersion: text(table['rust-version']),
  };
  const add = (one: string, file: string) => {
    if (!crate.binaries.some((known) => known.name === one || known.file === file))
      crate.binaries.push({ name: one, crate, file });
  };
  for (const item of Array.isArray(manifest.bin) ? manifest.bin : []) {
    const own = text(record(item).name) ?? name;
    const path = text(record(item).path);
    const guesses = [`src/bin/${own}.rs`, `src/bin/${own}/main.rs`, 'src/main.rs'].map((one) => prefix + one);
    const file = path === null ? guesses.find((one) => tree.has(one)) : prefix + clean(path);
    if (file !== undefined && tree.has(file)) add(own, file);
  }
  if (table.autobins !== false) {
    if (tree.has(`${prefix}src/main.rs`)) add(name, `${prefix}src/main.rs`);
    for (const path of tree.all) {
      if (!path.startsWith(`${prefix}src/bin/`)) continue;
      const rest = path.slice(prefix.length + 'src/bin/'.length);
      const own = /^([\w-]+)\.rs$/.exec(rest)?.[1] ?? /^([\w-]+)\/main\.rs$/.exec(rest)?.[1];
      if (own !== undefined) add(own, path);
    }
  }
  return crate;
}

/** Packages that Cargo.lock names, with all that they need. */
export function lockedCrates(tree: Tree): ReadonlySet<string> {
  const lock = tree.read('Cargo.lock') ?? '';
  return new Set([...lock.matchAll(/^name = "([^"]+)"/gm)].map((match) => match[1] ?? ''));
}
