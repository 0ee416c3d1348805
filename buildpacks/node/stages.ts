import type { StackPlan, Stage, Step, Warning } from '../buildpack.ts';
import { apt } from '../lib/apt.ts';
import { images } from '../lib/images.ts';
import { serveStage, sitePlan, staticJson } from '../lib/serve.ts';
import type { App, ServerApp } from './app.ts';
import { devOnlyImports } from './entry.ts';
import { type Base, buildSteps, home, installSteps, ownHooks, sourceSteps } from './install.ts';
import { cacheOf, pruneCommand } from './manager.ts';
import { type Package, uses } from './package.ts';
import { systemNeeds } from './system.ts';

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
