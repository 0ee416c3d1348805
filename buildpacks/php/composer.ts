import semver from 'semver';
import type { Context, Warning } from '../buildpack.ts';
import { type Json, record, strings, text } from '../lib/json.ts';
import { toolVersion, versionFile } from '../lib/toolfiles.ts';
import { languages, resolveVersion, type VersionRequest } from '../lib/versions.ts';

/** composer.json and its lock, with what planning asks of them. */
export interface Composer {
  requires: Record<string, string>;
  /** Packages that the lock installs in production. */
  locked: Record<string, string>;
  /** Extensions without `ext-`, of the app and of all that it installs. */
  extensions: string[];
  lock: boolean;
  type: string | null;
  /** Names of the scripts that composer knows. */
  scripts: string[];
  php: string | null;
  platform: string | null;
  /** What the installed packages allow. */
  allowed: string[];
  /** Repositories of the tree itself. */
  paths: boolean;
}

/** Reads composer.json; null when absent. Throws PlanError for bad JSON. */
export function readComposer(ctx: Context): Composer | null {
  const value = ctx.tree.json('composer.json');
  if (value === null) return null;
  const manifest = record(value);
  const requires = words(manifest.require);
  const lock = record(ctx.tree.json('composer.lock') ?? null);
  const packages = Array.isArray(lock.packages) ? lock.packages.map(record) : [];
  const locked = Object.fromEntries(packages.map((one) => [text(one.name) ?? '', text(one.version) ?? '']));
  const all = [requires, ...packages.map((one) => words(one.require))];
  const repositories = Array.isArray(manifest.repositories)
    ? manifest.repositories
    : Object.values(record(manifest.repositories));
  return {
    requires,
    locked,
    extensions: [
      ...new Set(
        all.flatMap((one) =>
          Object.keys(one).flatMap((name) => (/^ext-/.test(name) ? [name.slice(4).toLowerCase()] : [])),
        ),
      ),
    ].sort(),
    lock: ctx.tree.has('composer.lock'),
    type: text(manifest.type),
    scripts: Object.keys(record(manifest.scripts)),
    php: requires.php ?? requires['php-64bit'] ?? null,
    platform: text(record(record(manifest.config).platform).php),
    allowed: packages.map((one) => words(one.require).php).filter((one) => one !== undefined),
    paths:
      repositories.some((one) => text(record(one).type) === 'path') ||
      strings(record(manifest.autoload).files).length > 50,
  };
}

function words(value: Json | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record(value)).flatMap(([key, item]) => (typeof item === 'string' ? [[key, item]] : [])),
  );
}

/** Whether the app asks for a package, itself or through another. */
export function requires(composer: Composer | null, ...names: (string | RegExp)[]): boolean {
  const all = composer === null ? [] : Object.keys(composer.requires);
  return all.some((one) => names.some((name) => (typeof name === 'string' ? one === name : name.test(one))));
}

/** Composer's ranges in npm's words: `~8.1` allows 8.9, one bar is "or". */
function range(value: string): string {
  return value
    .replace(/\s*\|\|?\s*/g, ' || ')
    .replace(/~\s*(\d+\.\d+)(?![\d.])/g, '^$1')
    .replace(/@\w+/g, '')
    .replace(/(\d)\s*,\s*/g, '$1 ')
    .replace(/!=\s*[\d.*]+/g, '')
    .trim();
}

/** The PHP version: setting, version files, composer's platform, what it requires and what is installed allows. */
export function phpVersion(ctx: Context, composer: Composer | null) {
  const trees = ctx.dir === '' ? [ctx.tree] : [ctx.tree, ctx.repo];
  const minor = (value: string | undefined) => /^\d+\.\d+/.exec(value ?? '')?.[0];
  const platform = minor(composer?.platform ?? undefined);
  const asked = composer?.php === null || composer === null ? null : range(composer.php);
  const requests: (VersionRequest | null)[] = [
    ctx.settings.version === null ? null : { value: ctx.settings.version, source: 'landfall.toml version' },
    ...trees.flatMap((tree) => [versionFile(tree, '.php-version'), toolVersion(tree, 'php')]),
    platform === undefined ? null : { value: platform, source: 'composer.json config.platform.php' },
    common(asked, composer?.allowed ?? []),
    asked === null ? null : { value: asked, source: 'composer.json require.php' },
  ];
  const resolved: { version: { value: string; source: string }; warnings: Warning[] } = resolveVersion(
    languages.php,
    requests,
  );
  return resolved;
}

/** Where the preferred version meets the app's range but not those of what it installs: the newest that meets all. */
function common(asked: string | null, allowed: readonly string[]): VersionRequest | null {
  const ranges = allowed.map(range).filter((one) => semver.validRange(one) !== null);
  if (asked === null || semver.validRange(asked) === null || ranges.length === 0) return null;
  const meets = (latest: string, all: readonly string[]) => all.every((one) => semver.satisfies(latest, one));
  const { lines, preferred } = languages.php;
  const first = lines.find((line) => line.line === preferred);
  if (first === undefined || !meets(first.latest, [asked]) || meets(first.latest, ranges)) return null;
  const best = [...lines].reverse().find((line) => meets(line.latest, [asked, ...ranges]));
  return best === undefined ? null : { value: best.line, source: 'composer.lock (what the packages allow)' };
}
