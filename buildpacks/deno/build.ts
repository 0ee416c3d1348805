import type { Context, Step } from '../buildpack.ts';
import { record } from '../lib/json.ts';
import type { Tree } from '../lib/tree.ts';
import type { DenoConfig } from './config.ts';

/** The steps that bring source and imports to /app. */
export function steps(
  ctx: Context,
  config: DenoConfig | null,
  version: string,
  entry: string | null,
  build: string | null,
): Step[] {
  const { tree, repo } = ctx;
  // A member of a workspace needs the root's deno.json and its neighbours.
  const member = ctx.dir !== '' && repo.first('deno.json', 'deno.jsonc') !== null;
  const root = member ? '' : ctx.dir;
  const locked = tree.has('deno.lock') || (member && repo.has('deno.lock'));
  const frozen = locked ? ' --frozen' : '';
  const manifests =
    member || config === null || config.workspace.length > 0
      ? []
      : ['deno.json', 'deno.jsonc', 'deno.lock', 'package.json', 'import_map.json'].filter((name) =>
          tree.has(name),
        );
  const own = 'find /deno-dir ! -user 1000 -exec chown 1000:1000 {} +';
  const list: Step[] = [
    { do: 'workdir', path: '/app' },
    { do: 'env', values: { DENO_DIR: '/deno-dir', DENO_NO_UPDATE_CHECK: '1' } },
  ];
  if (
    config !== null &&
    manifests.length > 0 &&
    version.startsWith('2') &&
    (Object.values(config.imports).some(remote) || modules(tree)) &&
    !usesMap(tree, config)
  ) {
    list.push({
      do: 'copy',
      paths: manifests.map(ctx.at),
      to: './',
      why: 'Manifests before source: an edit of the source fetches nothing again.',
    });
    list.push({ do: 'run', commands: [`deno install${frozen}`, 'mkdir -p /deno-dir', own], network: true });
  }
  list.push({ do: 'copy', paths: [root === '' ? '.' : `${root}/`], to: './', owned: true });
  if (member) list.push({ do: 'workdir', path: `/app/${ctx.dir}` });
  const commands = [
    ...(entry === null ? [] : [`deno cache${frozen} ${entry}`]),
    ...(build === null ? [] : [build]),
  ];
  const place = member ? `/app/${ctx.dir}` : '/app';
  list.push({
    do: 'run',
    commands: [
      ...commands,
      'mkdir -p /deno-dir',
      own,
      `chown 1000:1000 /app${member ? ` ${place}` : ''}`,
      ...(build === null
        ? []
        : [`find ${place} -path '*/node_modules' -prune -o ! -user 1000 -exec chown 1000:1000 {} +`]),
    ],
    network: true,
  });
  return list;
}

/** package.json asks for modules: Deno looks for them in node_modules. */
function modules(tree: Tree): boolean {
  if (!tree.has('package.json')) return false;
  const table = record(tree.json('package.json') ?? {});
  return [table.dependencies, table.devDependencies].some((one) => Object.keys(record(one)).length > 0);
}

/** Whether an import is fetched. */
export function remote(target: string): boolean {
  return /^(jsr:|npm:|https?:)/.test(target);
}

function usesMap(tree: Tree, config: DenoConfig): boolean {
  return /"importMap"\s*:/.test(tree.read(config.file) ?? '');
}
