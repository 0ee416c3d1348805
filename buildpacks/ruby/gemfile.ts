import type { Context } from '../buildpack.ts';
import { toolVersion, versionFile } from '../lib/toolfiles.ts';
import type { Tree } from '../lib/tree.ts';
import { languages, resolveVersion, type VersionRequest } from '../lib/versions.ts';

/** What planning reads of Gemfile and its lock. */
export interface Gemfile {
  file: string;
  lock: string | null;
  /** Gems that the app gets in production: asked for outside of development and test. */
  gems: ReadonlySet<string>;
  /** Every gem that the lock names, with what they need. */
  locked: ReadonlyMap<string, string>;
  ruby: VersionRequest | null;
  /** `gemspec`: the Gemfile belongs to a gem. */
  gemspec: boolean;
  /** Folders of `path:` gems. */
  paths: string[];
  platforms: string[];
}

/** Reads Gemfile (or gems.rb) and its lock; null when absent. A Gemfile is a program: only its usual forms are understood. */
export function readGemfile(tree: Tree): Gemfile | null {
  const file = tree.first('Gemfile', 'gems.rb');
  if (file === null) return null;
  const lockFile = file === 'Gemfile' ? 'Gemfile.lock' : 'gems.locked';
  const text = (tree.manifest(file) ?? '').replace(/^=begin[\s\S]*?^=end/gm, '');
  const lock = tree.manifest(lockFile);
  const gems = new Set<string>();
  const paths: string[] = [];
  let ruby: VersionRequest | null = null;
  let gemspec = false;
  const open: boolean[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.replace(/(^|\s)#(?!\{).*$/, '').trim();
    const aside =
      /\bgroups?:?\s*(?:=>\s*)?\(?\s*\[?\s*:(?:development|test|dev|ci|deployment|debug|docs?)\b/.test(
        line,
      ) || /^group\b.*["'](development|test)["']/.test(line);
    const production = /:production\b|:default\b/.test(line);
    const name = /^gem\s*\(?\s*["']([\w.-]+)["']/.exec(line)?.[1];
    if (name !== undefined && !open.includes(true) && !(aside && !production)) gems.add(name);
    const path = /^gem\b.*\bpath(?::|\s*=>)\s*["']([^"']+)["']/.exec(line)?.[1];
    if (path !== undefined && !path.startsWith('..')) paths.push(path.replace(/^\.\/|\/$/g, ''));
    if (/^gemspec\b/.test(line)) gemspec = true;
    const asked = /^ruby\s*\(?\s*((?:["'][^"']+["']\s*,?\s*)+)/.exec(line)?.[1];
    if (asked !== undefined)
      ruby = {
        value: range([...asked.matchAll(/["']([^"']+)["']/g)].map((match) => match[1] ?? '')),
        source: `${file} ruby`,
      };
    if (/^end\b/.test(line)) open.pop();
    else if (/\bdo\b(?:\s*\|[^|]*\|)?$/.test(line) || /^(?:if|unless|case|begin|def)\b/.test(line))
      open.push(/^group\b/.test(line) && aside && !production);
  }
  const locked = new Map(
    [...(lock ?? '').matchAll(/^ {4}([\w.-]+) \(([^)]+)\)/gm)].map((match) => [
      match[1] ?? '',
      match[2] ?? '',
    ]),
  );
  const platforms =
    /^PLATFORMS\r?\n((?: {2}.+\r?\n?)+)/m
      .exec(lock ?? '')?.[1]
      ?.split(/\r?\n/)
      .map((one) => one.trim())
      .filter((one) => one !== '') ?? [];
  return { file, lock: lock === null ? null : lockFile, gems, locked, ruby, gemspec, paths, platforms };
}

/** Ruby's `~> 3.2` allows 3.9, unlike npm's. */
function range(parts: readonly string[]): string {
  return parts
    .map((part) => {
      const [, below] = /^~>\s*(\d+(?:\.\d+)*)/.exec(part) ?? [];
      if (below === undefined) return part.replace(/^=\s*/, '').trim();
      const numbers = below.split('.').map(Number);
      const upper =
        numbers.length < 3 ? `<${(numbers[0] ?? 0) + 1}` : `<${numbers[0]}.${(numbers[1] ?? 0) + 1}`;
      return `>=${below} ${upper}`;
    })
    .join(' ');
}

/** The Ruby version: setting, version files, Gemfile, its lock. */
export function rubyVersion(ctx: Context, gemfile: Gemfile | null) {
  const trees = ctx.dir === '' ? [ctx.tree] : [ctx.tree, ctx.repo];
  const lock =
    gemfile?.lock === null || gemfile === null
      ? null
      : (/^RUBY VERSION\r?\n\s+ruby (\d+\.\d+\.\d+)/m.exec(ctx.tree.read(gemfile.lock) ?? '')?.[1] ?? null);
  const clean = (one: VersionRequest | null): VersionRequest | null =>
    one === null
      ? null
      : { ...one, value: one.value.replace(/^(?:ruby|mri)-?/, '').replace(/-p\d+$|p\d+$|@.*$/g, '') };
  return resolveVersion(languages.ruby, [
    ctx.settings.version === null ? null : { value: ctx.settings.version, source: 'landfall.toml version' },
    ...trees.flatMap((tree) => [clean(versionFile(tree, '.ruby-version')), clean(toolVersion(tree, 'ruby'))]),
    // A range is met by what the lock was made with.
    lock !== null && /[<>~^]/.test(gemfile?.ruby?.value ?? '')
      ? { value: lock, source: `${gemfile?.lock ?? ''} RUBY VERSION` }
      : null,
    clean(gemfile?.ruby ?? null),
    lock === null ? null : { value: lock, source: `${gemfile?.lock ?? ''} RUBY VERSION` },
  ]);
}
