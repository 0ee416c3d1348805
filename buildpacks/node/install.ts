import type { Context, Step, Version } from '../buildpack.ts';
import { apt } from '../lib/apt.ts';
import { buildScript } from './app.ts';
import {
  cacheOf,
  installCommand,
  type Manager,
  managerEnv,
  manifestFiles,
  manifestFolders,
  runScript,
  setup,
} from './manager.ts';
import { majorOf, type Package, uses } from './package.ts';
import { expand } from './scripts.ts';
import { systemNeeds } from './system.ts';
import { closure, type Workspace } from './workspace.ts';

export interface Base {
  ctx: Context;
  pkg: Package;
  manager: Manager;
  /** The workspace that the app is a member of, or the root of; null: it stands alone. */
  workspace: Workspace | null;
  version: Version;
}

/** Scripts that only serve the developer's machine: git hooks, checks of the package manager. */
const forDevelopers =
  /husky|lefthook|simple-git-hooks|only-allow|pinst|yorkie|git config|githooks|pre-commit|^echo\b|^exit\b|^true$|check-engine|check-node-version|ngcc/;

const hooks = ['preinstall', 'postinstall', 'prepare', 'prepublish'] as const;

/** The app's folder in the build. */
export function home({ ctx, workspace }: Base): string {
  const inner =
    workspace === null ? '' : workspace.dir === '' ? ctx.dir : ctx.dir.slice(workspace.dir.length + 1);
  return inner === '' ? '/app' : `/app/${inner}`;
}

/** Manager, manifests, modules: one layer that only the manifests decide. */
export function installSteps(base: Base, production: boolean, env: Record<string, string>): Step[] {
  const { ctx, pkg, manager, workspace } = base;
  const tree = workspace?.tree ?? ctx.tree;
  const at = (path: string) =>
    workspace === null ? ctx.at(path) : workspace.dir === '' ? path : `${workspace.dir}/${path}`;
  const members = (workspace?.members ?? []).map((member) =>
    workspace?.dir === '' ? member.dir : member.dir.slice((workspace?.dir.length ?? 0) + 1),
  );
  const manifests = [
    { dir: '', pkg: workspace?.pkg ?? pkg },
    ...members.map((dir, index) => ({ dir, pkg: workspace?.members[index]?.pkg ?? pkg })),
  ];
  const strip = manifests.flatMap(({ dir, pkg: one }) => {
    const present = hooks.filter((hook) => one.scripts[hook] !== undefined).map((hook) => `scripts.${hook}`);
    if (present.length === 0) return [];
    const command = `npm pkg delete ${present.join(' ')}`;
    return [dir === '' ? command : `(cd ${dir} && ${command})`];
  });
  const values = { ...managerEnv(manager), ...legacyEnv(pkg), ...env };
  const prepare = setup(manager);
  const needs = systemNeeds(pkg);
  const nothing =
    Object.keys({ ...pkg.dependencies, ...pkg.devDependencies, ...pkg.optionalDependencies }).length === 0 &&
    workspace === null;
  return [
    { do: 'workdir', path: '/app' },
    ...(Object.keys(values).length === 0 ? [] : [{ do: 'env', values } as const]),
    ...(needs.build.length === 0 ? [] : [apt(needs.build, 'Headers that the modules are compiled with.')]),
    ...(prepare === null || nothing
      ? []
      : [
          {
            do: 'run',
            commands: [prepare],
            network: true,
            caches: [{ id: 'npm', target: '/root/.npm' }],
          } as const,
        ]),
    ...(nothing
      ? []
      : [
          {
            do: 'copy',
            paths: ['package.json', ...manifestFiles(tree, manager)].map(at),
            to: './',
            why: 'The manifests first: an edit of the source installs nothing again.',
          } as const,
          ...manifestFolders(tree).map(
            (folder): Step => ({ do: 'copy', paths: [`${at(folder)}/`], to: `./${folder}/` }),
          ),
          ...members.map(
            (dir): Step => ({ do: 'copy', paths: [at(`${dir}/package.json`)], to: `./${dir}/` }),
          ),
          {
            do: 'run',
            commands: [...strip, installCommand(manager, production)],
            network: true,
            caches: [cacheOf(manager)],
            ...(strip.length === 0
              ? {}
              : { why: "The package's own hooks need its source: they run below, where they are needed." }),
          } as const,
        ]),
  ];
}

export function sourceSteps(base: Base): Step[] {
  const { ctx, workspace } = base;
  const from = workspace === null ? ctx.dir : workspace.dir;
  return [{ do: 'copy', paths: [from === '' ? '.' : `${from}/`], to: './' }];
}

/** The hooks of the app's own package that its modules or build need. */
export function ownHooks({ pkg, workspace }: Base): string[] {
  if (workspace !== null) return [];
  return hooks.filter((hook) => {
    const script = pkg.scripts[hook];
    if (script === undefined || forDevelopers.test(expand(script, pkg.scripts))) return false;
    // A prepare that builds would only build twice.
    return !(hook.startsWith('prep') && buildScript(pkg) !== null);
  });
}

export function buildSteps(base: Base, fallback: string | null, extra: readonly string[]): Step[] {
  const { ctx, pkg, manager, workspace } = base;
  const at = home(base);
  const commands: string[] = [];
  if (
    uses(pkg, 'prisma', '@prisma/client') &&
    ctx.tree.first('prisma/schema.prisma', 'schema.prisma') !== null
  )
    commands.push(inPlace('prisma generate'));
  commands.push(...ownHooks(base).map((hook) => runScript(manager, hook)));
  const script = buildScript(pkg);
  if (ctx.settings.build !== null) commands.push(ctx.settings.build);
  else if (script !== null) commands.push(runScript(manager, script));
  else if (fallback !== null) commands.push(inPlace(fallback));
  commands.push(...extra.map(inPlace));
  const before = workspace === null ? [] : memberBuilds(base);
  if (commands.length === 0 && before.length === 0) return [];
  const steps = at === '/app' ? commands : commands.length === 0 ? [] : [`cd ${at}`, ...commands];
  return [
    {
      do: 'run',
      commands: [...before, ...steps],
      network: true,
      caches: [cacheOf(manager)],
      ...(before.length === 0 ? {} : { why: 'The members that the app needs, then the app.' }),
    },
  ];
}

/** A program of node_modules, where no script of package.json calls it. */
function inPlace(command: string): string {
  return command.startsWith('node ') || command.includes('/')
    ? `PATH="$PWD/node_modules/.bin:/app/node_modules/.bin:$PATH" ${command}`.replace(
        /^PATH=\S+ (?=node )/,
        '',
      )
    : `PATH="$PWD/node_modules/.bin:/app/node_modules/.bin:$PATH" ${command}`;
}

function memberBuilds({ ctx, manager, workspace }: Base): string[] {
  if (workspace === null || workspace.dir === ctx.dir) return [];
  return closure(workspace, ctx.dir).flatMap((member) => {
    if (member.dir === ctx.dir) return [];
    const script = buildScript(member.pkg);
    const inner = workspace.dir === '' ? member.dir : member.dir.slice(workspace.dir.length + 1);
    return script === null ? [] : [`(cd /app/${inner} && ${runScript(manager, script)})`];
  });
}

/** Old webpack hashes with an algorithm that OpenSSL 3 has retired. */
function legacyEnv(pkg: Package): Record<string, string> {
  const old = (
    [
      ['react-scripts', 4],
      ['webpack', 4],
      ['@vue/cli-service', 4],
      ['next', 11],
      ['gatsby', 3],
      ['nuxt', 2],
      ['@angular/cli', 11],
    ] as const
  ).some(([name, last]) => uses(pkg, name) && (majorOf(pkg, name) ?? 99) <= last);
  return old ? { NODE_OPTIONS: '--openssl-legacy-provider' } : {};
}
