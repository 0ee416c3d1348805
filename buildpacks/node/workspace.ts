import type { Context } from '../buildpack.ts';
import { record, strings } from '../lib/json.ts';
import { isAside, Tree } from '../lib/tree.ts';
import { type Package, readPackage } from './package.ts';

export interface Member {
  /** In the repository. */
  dir: string;
  pkg: Package;
}

/** A workspace root: where dependencies are installed for all its members. */
export interface Workspace {
  /** In the repository, '' for the root. */
  dir: string;
  tree: Tree;
  pkg: Package;
  members: Member[];
}

/** The workspace whose root is the app's folder, or that the app's folder is a member of; null when it stands alone. */
export function workspaceOf(ctx: Context): Workspace | null {
  for (let dir = ctx.dir; ; dir = dir.includes('/') ? dir.slice(0, dir.lastIndexOf('/')) : '') {
    const tree = dir === ctx.dir ? ctx.tree : dir === '' ? ctx.repo : Tree.of(ctx.repo.source, dir);
    const patterns = patternsOf(tree);
    if (patterns.length > 0) {
      const members = membersOf(tree, dir, patterns);
      const pkg = readPackage(tree);
      if (
        pkg !== null &&
        members.length > 0 &&
        (dir === ctx.dir || members.some((member) => member.dir === ctx.dir))
      ) {
        return { dir, tree, pkg, members };
      }
    }
    if (dir === '') return null;
  }
}

function patternsOf(tree: Tree): string[] {
  const pnpm = tree.has('pnpm-workspace.yaml')
    ? strings(record(tree.yaml('pnpm-workspace.yaml') ?? {}).packages)
    : [];
  const own = tree.has('package.json') ? (readPackage(tree)?.workspaces ?? []) : [];
  const lerna =
    tree.has('lerna.json') && own.length === 0 && pnpm.length === 0
      ? strings(record(tree.json('lerna.json') ?? {}).packages)
      : [];
  return [...pnpm, ...own, ...lerna];
}

function membersOf(tree: Tree, dir: string, patterns: readonly string[]): Member[] {
  const positive = patterns.filter((pattern) => !pattern.startsWith('!')).map(globToRegex);
  const negative = patterns
    .filter((pattern) => pattern.startsWith('!'))
    .map((pattern) => globToRegex(pattern.slice(1)));
  const members: Member[] = [];
  for (const path of tree.all) {
    if (!path.endsWith('/package.json') || path.includes('node_modules/')) continue;
    const folder = path.slice(0, -'/package.json'.length);
    if (!positive.some((pattern) => pattern.test(folder)) || negative.some((pattern) => pattern.test(folder)))
      continue;
    const pkg = readPackage(tree, folder);
    if (pkg !== null) members.push({ dir: dir === '' ? folder : `${dir}/${folder}`, pkg });
  }
  return members;
}

function globToRegex(pattern: string): RegExp {
  const clean = pattern.replace(/^\.\//, '').replace(/\/+$/, '');
  const body = clean
    .split(/(\*\*\/?|\*|\{[^}]*\})/)
    .map((part) => {
      if (part.startsWith('**')) return part.endsWith('/') ? '(?:.*/)?' : '.*';
      if (part === '*') return '[^/]+';
      if (part.startsWith('{')) return `(?:${part.slice(1, -1).split(',').map(escape).join('|')})`;
      return escape(part);
    })
    .join('');
  return new RegExp(`^${body}$`);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The members that a member needs, itself last, each after what it needs. Cycles are cut. */
export function closure(workspace: Workspace, dir: string): Member[] {
  const byName = new Map(
    workspace.members.flatMap((member) =>
      member.pkg.name === null ? [] : [[member.pkg.name, member] as const],
    ),
  );
  const order: Member[] = [];
  const seen = new Set<string>();
  const visit = (member: Member | undefined): void => {
    if (member === undefined || seen.has(member.dir)) return;
    seen.add(member.dir);
    for (const name of Object.keys({ ...member.pkg.dependencies, ...member.pkg.devDependencies }))
      visit(byName.get(name));
    order.push(member);
  };
  visit(workspace.members.find((member) => member.dir === dir));
  return order;
}

/** A member lies in a folder of examples, tests or documentation: it is not what is deployed unless named. */
export function isSideMember(workspace: Workspace, member: Member): boolean {
  const inner = workspace.dir === '' ? member.dir : member.dir.slice(workspace.dir.length + 1);
  return isAside(`${inner}/package.json`);
}
