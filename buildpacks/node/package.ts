import { invalid } from '../buildpack.ts';
import { type Json, record, strings, text } from '../lib/json.ts';
import type { Tree } from '../lib/tree.ts';

/** package.json, with what planning asks of it. */
export interface Package {
  name: string | null;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  scripts: Record<string, string>;
  main: string | null;
  private: boolean;
  /** Fields that only a package for others has. */
  published: boolean;
  bin: boolean;
  engines: Record<string, string>;
  devEngines: Record<string, Json>;
  volta: Record<string, string>;
  packageManager: string | null;
  workspaces: string[];
  type: string | null;
  raw: Record<string, Json>;
}

/** Where there is no package.json. */
export const emptyPackage: Package = {
  name: null,
  dependencies: {},
  devDependencies: {},
  optionalDependencies: {},
  scripts: {},
  main: null,
  private: true,
  published: false,
  bin: false,
  engines: {},
  devEngines: {},
  volta: {},
  packageManager: null,
  workspaces: [],
  type: null,
  raw: {},
};

/** Reads package.json of a folder of the tree; null when absent. Throws PlanError for a bad one. */
export function readPackage(tree: Tree, dir = ''): Package | null {
  const path = dir === '' ? 'package.json' : `${dir}/package.json`;
  const value = tree.json(path);
  if (value === null) {
    if (tree.has(path))
      throw invalid(
        tree.root === '' ? path : `${tree.root}/${path}`,
        1,
        `${path} holds no object.`,
        'Write a package.json, for example with: npm init',
      );
    return null;
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw invalid(
      path,
      1,
      `${path} must hold an object.`,
      'Write a package.json, for example with: npm init',
    );
  }
  const workspaces = Array.isArray(value.workspaces)
    ? strings(value.workspaces)
    : strings(record(value.workspaces).packages);
  return {
    name: text(value.name),
    dependencies: words(value.dependencies),
    devDependencies: words(value.devDependencies),
    optionalDependencies: words(value.optionalDependencies),
    scripts: words(value.scripts),
    main: text(value.main),
    private: value.private === true,
    published: [
      'module',
      'exports',
      'types',
      'typings',
      'files',
      'publishConfig',
      'peerDependencies',
      'umd:main',
      'unpkg',
      'jsdelivr',
      'sideEffects',
    ].some((key) => value[key] !== undefined),
    bin: value.bin !== undefined,
    engines: words(value.engines),
    devEngines: record(value.devEngines),
    volta: words(value.volta),
    packageManager: text(value.packageManager),
    workspaces,
    type: text(value.type),
    raw: value,
  };
}

function words(value: Json | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record(value)).flatMap(([key, item]) => (typeof item === 'string' ? [[key, item]] : [])),
  );
}

/** Whether the package asks for a module, at run time or for development. */
export function uses(pkg: Package, ...names: string[]): boolean {
  return names.some(
    (name) => name in pkg.dependencies || name in pkg.devDependencies || name in pkg.optionalDependencies,
  );
}

/** The first module of the list that the package asks for. */
export function usedOf(pkg: Package, names: readonly string[]): string | null {
  return names.find((name) => uses(pkg, name)) ?? null;
}

/** The lowest major version that a module's range allows; null when it says none. */
export function majorOf(pkg: Package, name: string): number | null {
  const range = pkg.dependencies[name] ?? pkg.devDependencies[name];
  const major = /(\d+)/.exec(range ?? '')?.[1];
  return major === undefined ? null : Number(major);
}
