import type { Context, StackPlan, Step } from '../buildpack.ts';
import { images } from '../lib/images.ts';
import type { Tree } from '../lib/tree.ts';
import { buildScript } from '../node/app.ts';
import { cacheOf, type Manager, manifestFiles, manifestFolders } from '../node/manager.ts';
import { type Package, uses } from '../node/package.ts';
import type { Workspace } from '../node/workspace.ts';
import type { BunStart } from './start.ts';

/** The stages that install, build and run; the last one runs. */
export function stages(
  ctx: Context,
  pkg: Package | null,
  manager: Manager,
  workspace: Workspace | null,
  version: string,
  start: BunStart,
): StackPlan['stages'] {
  const image = images.bun(version);
  const root = workspace?.dir ?? ctx.dir;
  const at = (path: string) => (root === '' ? path : path === '' ? root : `${root}/${path}`);
  const what: Install = { tree: workspace?.tree ?? ctx.tree, at, workspace, pkg, manager };
  const place = ctx.dir === root ? '/app' : `/app/${root === '' ? ctx.dir : ctx.dir.slice(root.length + 1)}`;
  const source: Step = { do: 'copy', paths: [root === '' ? '.' : `${root}/`], to: './' };
  const end: Step[] = [
    ...(place === '/app' ? [] : [{ do: 'workdir', path: place } as const]),
    { do: 'run', commands: [`chown 1000:1000 /app${place === '/app' ? '' : ` ${place}`}`] },
  ];
  const script =
    pkg === null
      ? null
      : ctx.settings.build !== null
        ? ctx.settings.build
        : buildScript(pkg) === null
          ? null
          : `bun run ${buildScript(pkg)}`;
  const commands = [
    ...(pkg !== null && uses(pkg, 'prisma', '@prisma/client') && ctx.tree.has('prisma/schema.prisma')
      ? ['bunx prisma generate']
      : []),
    ...(script === null ? [] : [script]),
    ...start.build,
  ];
  const env: Step = { do: 'env', values: { NODE_ENV: 'production' } };
  if (commands.length === 0) {
    const steps = pkg === null ? [{ do: 'workdir', path: '/app' } as const] : install(what, true);
    return [
      {
        name: 'runtime',
        from: image,
        why: 'Bun runs the source as it is.',
        steps: [...steps, env, { ...source, owned: true }, ...end],
      },
    ];
  }
  return [
    {
      name: 'build',
      from: image,
      why: 'Builds with all modules.',
      steps: [
        ...install(what, false),
        source,
        {
          do: 'run',
          commands: [...(place === '/app' ? [] : [`cd ${place}`]), ...commands],
          network: true,
          caches: [cacheOf({ ...manager, name: 'bun' })],
        },
      ],
    },
    {
      name: 'runtime',
      from: image,
      why: 'What runs: the built app and its modules.',
      steps: [
        { do: 'workdir', path: '/app' },
        env,
        { do: 'copy', from: 'build', paths: ['/app/'], to: './', owned: true },
        ...end,
      ],
    },
  ];
}

const forDevelopers =
  /^(?:bunx |npx )?(?:husky|lefthook|simple-git-hooks)\b|^(?:git config|echo|true)\b|only-allow/;

interface Install {
  tree: Tree;
  at(path: string): string;
  workspace: Workspace | null;
  pkg: Package | null;
  manager: Manager;
}

/** Manifests first: an edit of the source installs nothing again. */
function install({ tree, at, workspace, pkg, manager }: Install, production: boolean): Step[] {
  const all = [workspace?.pkg ?? pkg, ...(workspace?.members.map((member) => member.pkg) ?? [])];
  const hooks = all.flatMap((one) =>
    ['preinstall', 'install', 'postinstall', 'prepare'].flatMap((hook) => one?.scripts[hook] ?? []),
  );
  const needed = hooks.filter((hook) => !forDevelopers.test(hook));
  const locked = manager.name === 'bun' && manager.lock !== null ? ' --frozen-lockfile' : '';
  const flags = `${locked}${production ? ' --production' : ''}${hooks.length > 0 && needed.length === 0 ? ' --ignore-scripts' : ''}`;
  const run: Step = {
    do: 'run',
    commands: [`bun install${flags}`],
    network: true,
    caches: [cacheOf({ ...manager, name: 'bun' })],
  };
  const inner = (dir: string) =>
    workspace === null || workspace.dir === '' ? dir : dir.slice(workspace.dir.length + 1);
  const copy: Step[] =
    needed.length > 0
      ? [
          {
            do: 'copy',
            paths: [at('') === '' ? '.' : `${at('')}/`],
            to: './',
            why: 'Its install scripts may read any file.',
          },
        ]
      : [
          {
            do: 'copy',
            paths: ['package.json', ...manifestFiles(tree, manager)].map(at),
            to: './',
            why: 'The manifests first: an edit of the source installs nothing again.',
          },
          ...manifestFolders(tree).map(
            (folder): Step => ({ do: 'copy', paths: [`${at(folder)}/`], to: `./${folder}/` }),
          ),
          ...(workspace?.members ?? []).map(
            ({ dir }): Step => ({ do: 'copy', paths: [`${dir}/package.json`], to: `./${inner(dir)}/` }),
          ),
        ];
  return [{ do: 'workdir', path: '/app' }, ...copy, run];
}
