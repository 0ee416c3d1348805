import type { Context } from '../buildpack.ts';
import { record, text } from '../lib/json.ts';
import { languages } from '../lib/languages.ts';
import { toolVersion, versionFile } from '../lib/toolfiles.ts';
import type { Tree } from '../lib/tree.ts';
import { resolveVersion, type VersionRequest } from '../lib/versions.ts';
import type { Package } from './package.ts';

/** The Node of an app: setting, version files (its own folder, then the repository's), then package.json. */
export function nodeVersion(ctx: Context, packages: readonly Package[]) {
  const requests: (VersionRequest | null)[] = [
    ctx.settings.version === null ? null : { value: ctx.settings.version, source: 'landfall.toml version' },
    ...(ctx.dir === '' ? [ctx.tree] : [ctx.tree, ctx.repo]).flatMap((tree) => files(tree)),
    ...packages.flatMap((pkg) => manifest(pkg)),
  ];
  return resolveVersion(languages.node, requests);
}

function files(tree: Tree): (VersionRequest | null)[] {
  return [
    ...['.nvmrc', '.node-version'].map((file) => versionFile(tree, file)),
    toolVersion(tree, 'nodejs', 'node'),
  ];
}

function manifest(pkg: Package): (VersionRequest | null)[] {
  const runtimes = Array.isArray(pkg.devEngines.runtime)
    ? pkg.devEngines.runtime
    : [pkg.devEngines.runtime ?? null];
  const runtime = runtimes.map(record).find((one) => text(one.name) === 'node');
  const asked = (value: string | null | undefined, source: string): VersionRequest | null =>
    value === null || value === undefined ? null : { value, source };
  return [
    asked(pkg.volta.node, 'package.json volta.node'),
    asked(pkg.engines.node, 'package.json engines.node'),
    asked(runtime === undefined ? null : text(runtime.version), 'package.json devEngines.runtime'),
  ];
}
