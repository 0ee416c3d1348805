import type { Context, StackPlan, Stage, Step, Version, Warning } from '../buildpack.ts';
import { apt } from '../lib/apt.ts';
import { images } from '../lib/images.ts';
import { serveStage, sitePlan, staticJson } from '../lib/serve.ts';
import { type App, buildScript, type ServerApp } from './app.ts';
import { devOnlyImports } from './entry.ts';
import {
  cacheOf,
  installCommand,
  type Manager,
  managerEnv,
  manifestFiles,
  manifestFolders,
  pruneCommand,
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

/** A site: built in one stage, its files served in the next. */
export function sitePlanOf(base: Base, app: Extract<App, { kind: 'site' }>): StackPlan {
  const output = base.ctx.settings.output ?? app.output;
  const steps = [
    ...installSteps(base, false, app.env),
    ...sourceSteps(base),
    ...buildSteps(base, app.build, []),
  ];
  return sitePlan({
    framework: app.framework,
    packageManager: base.manager.name,
    version: base.version,
    stages: [
      {
        name: 'build',
        from: images.nodeBuild(base.version.value),
        why: `Builds the files (${app.why}).`,
        steps,
      },
      serveStage({
        from: 'build',
        path: `${home(base)}${output === '' ? '' : `/${output}`}`,
        fallback: app.fallback || staticJson(base.ctx.tree).fallback,
        tree: base.ctx.tree,
        hashed: true,
        why: 'Only the files, served as they are: no process of the app.',
      }),
    ],
    warnings: [],
  });
}

/** A server: modules and build in the build image, then only what runs in the slim one. */
export function serverPlan(base: Base, app: ServerApp): StackPlan {
  const { ctx, pkg, manager, version } = base;
  const needs = systemNeeds(pkg);
  const build = buildSteps(base, app.build, app.extraBuild);
  const own = ownHooks(base);
  const production = Object.keys({ ...pkg.dependencies, ...pkg.optionalDependencies }).length > 0;
  const dev = Object.keys(pkg.devDependencies).length > 0;
  const builds = build.length > 0 || own.length > 0;
  const kept = dev ? (app.keepDev ? ['the start command'] : devOnlyImports(ctx, pkg)) : [];
  const warnings: Warning[] = [];
  if (kept.length > 0 && !app.keepDev) {
    warnings.push({
      code: 'dev-dependencies-kept',
      message: `The code imports ${kept.slice(0, 5).join(', ')}, listed under devDependencies: these are kept in the image. Move them to dependencies.`,
    });
  }
  const start: Step[] = [
    { do: 'workdir', path: '/app' },
    {
      do: 'env',
      values: {
        NODE_ENV: 'production',
        PATH: `${home(base) === '/app' ? '' : `${home(base)}/node_modules/.bin:`}/app/node_modules/.bin:$PATH`,
        ...needs.env,
        ...app.env,
      },
    },
    ...(needs.run.length === 0 ? [] : [apt(needs.run, 'Programs and libraries that the modules need.')]),
  ];
  const runtime = (steps: readonly Step[], why: string): Stage => ({
    name: 'runtime',
    from: images.node(version.value),
    why,
    steps: [...start, ...steps],
  });
  const result = (stages: readonly Stage[], writable: readonly string[] = []): StackPlan => ({
    framework: app.framework,
    packageManager: manager.name,
    version,
    static: false,
    start: app.start,
    stages,
    writable: [...(app.shape?.writable ?? []), ...writable],
    warnings,
  });
  const end: Step[] = home(base) === '/app' ? [] : [{ do: 'workdir', path: home(base) }];
  const sources: Step = {
    do: 'copy',
    paths: [base.workspace === null && ctx.dir !== '' ? `${ctx.dir}/` : '.'],
    to: './',
    owned: true,
  };

  if (!production && kept.length === 0 && !builds && base.workspace === null) {
    return result([runtime([sources, ownFolder], 'Nothing to install and nothing to build.')]);
  }
  const image = images.nodeBuild(version.value);
  if (!builds && base.workspace === null) {
    const install = installSteps(base, kept.length === 0, needs.buildEnv);
    return result([
      {
        name: 'modules',
        from: image,
        why: `The modules${kept.length === 0 && dev ? ', without those for development' : ''}: made again only when the manifests change.`,
        steps: install,
      },
      runtime(
        [
          { do: 'copy', from: 'modules', paths: ['/app/node_modules'], to: './node_modules' },
          sources,
          ownFolder,
        ],
        'What runs: the modules and the source.',
      ),
    ]);
  }
  const buildStage = (more: readonly Step[]): Stage => ({
    name: 'build',
    from: image,
    why: 'Builds the app, with the modules for development.',
    steps: [
      ...installSteps(base, false, {
        ...needs.buildEnv,
        ...buildEnvOf(app.env),
        ...(app.shape?.standalone === true ? { NEXT_PRIVATE_STANDALONE: 'true' } : {}),
      }),
      ...sourceSteps(base),
      ...build,
      ...more,
    ],
  });
  if (app.shape?.standalone === true) {
    return result([
      buildStage([standalone(base)]),
      runtime(
        [{ do: 'copy', from: 'build', paths: ['/out/'], to: './', owned: true }, ...end],
        "Next's standalone output: the server and the modules that it traced.",
      ),
    ]);
  }
  const ship = app.shape?.ship ?? [];
  if (ship.length > 0) {
    return result([
      buildStage([]),
      runtime(
        [
          ...ship.map(
            ({ from, to }): Step => ({
              do: 'copy',
              from: 'build',
              paths: [`${home(base)}/${from}`],
              to: `${home(base)}/${to}`,
              owned: true,
            }),
          ),
          ...end,
        ],
        'The build holds all that it needs.',
      ),
    ]);
  }
  if (dev && kept.length === 0 && !production && base.workspace === null) {
    return result([
      buildStage([{ do: 'run', commands: ['rm -rf node_modules'] }]),
      runtime(
        [{ do: 'copy', from: 'build', paths: ['/app/'], to: './', owned: true }, ownFolder],
        'What runs: the built app. It needs no modules.',
      ),
    ]);
  }
  const clean = own.length === 0 && !generatesModules(pkg) && base.workspace === null;
  if (dev && kept.length === 0 && clean) {
    return result([
      {
        name: 'modules',
        from: image,
        why: 'The modules without those for development.',
        steps: installSteps(base, true, needs.buildEnv),
      },
      buildStage([{ do: 'run', commands: ['rm -rf node_modules'] }]),
      runtime(
        [
          { do: 'copy', from: 'modules', paths: ['/app/node_modules'], to: './node_modules' },
          { do: 'copy', from: 'build', paths: ['/app/'], to: './', owned: true },
          ownFolder,
        ],
        'What runs: the modules and the built app.',
      ),
    ]);
  }
  const prune = dev && kept.length === 0 && base.workspace === null ? pruneCommand(manager) : null;
  return result([
    buildStage(
      prune === null
        ? []
        : [
            {
              do: 'run',
              commands: [prune],
              caches: [cacheOf(manager)],
              network: true,
              why: 'The modules for development are not needed any more.',
            },
          ],
    ),
    runtime(
      [{ do: 'copy', from: 'build', paths: ['/app/'], to: './', owned: true }, ownFolder, ...end],
      'What runs: the built app and its modules.',
    ),
  ]);
}

const ownFolder: Step = { do: 'run', commands: ['chown 1000:1000 /app'] };

/** The app's folder in the build. */
function home({ ctx, workspace }: Base): string {
  const inner =
    workspace === null ? '' : workspace.dir === '' ? ctx.dir : ctx.dir.slice(workspace.dir.length + 1);
  return inner === '' ? '/app' : `/app/${inner}`;
}

/** Manager, manifests, modules: one layer that only the manifests decide. */
function installSteps(base: Base, production: boolean, env: Record<string, string>): Step[] {
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

function sourceSteps(base: Base): Step[] {
  const { ctx, workspace } = base;
  const from = workspace === null ? ctx.dir : workspace.dir;
  return [{ do: 'copy', paths: [from === '' ? '.' : `${from}/`], to: './' }];
}

/** The hooks of the app's own package that its modules or build need. */
function ownHooks({ pkg, workspace }: Base): string[] {
  if (workspace !== null) return [];
  return hooks.filter((hook) => {
    const script = pkg.scripts[hook];
    if (script === undefined || forDevelopers.test(expand(script, pkg.scripts))) return false;
    // A prepare that builds would only build twice.
    return !(hook.startsWith('prep') && buildScript(pkg) !== null);
  });
}

function buildSteps(base: Base, fallback: string | null, extra: readonly string[]): Step[] {
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

/** Variables of a server that its build reads too. */
function buildEnvOf(env: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(?:HOST|HOSTNAME|PORT)$/.test(name)));
}

/** Something in the build writes into node_modules: they cannot come from a stage of their own. */
function generatesModules(pkg: Package): boolean {
  return uses(pkg, 'prisma', '@prisma/client', 'patch-package', 'zenstack');
}

function standalone(base: Base): Step {
  const inner = home(base).slice('/app'.length).replace(/^\//, '');
  const to = inner === '' ? '/out' : `/out/${inner}`;
  return {
    do: 'run',
    why: 'The standalone server does not hold the static files: they belong beside it.',
    commands: [
      `mkdir -p ${to}/.next`,
      'cp -a .next/standalone/. /out/',
      `cp -a .next/static ${to}/.next/`,
      `if [ -d public ]; then cp -a public ${to}/; fi`,
    ],
  };
}
