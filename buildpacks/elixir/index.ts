import {
  type Buildpack,
  type Context,
  type Evidence,
  evidence,
  nothingToRun,
  type StackPlan,
  weight,
} from '../buildpack.ts';
import { images } from '../lib/images.ts';
import { toolVersion, versionFile } from '../lib/toolfiles.ts';
import { Tree } from '../lib/tree.ts';
import { languages, resolveVersion } from '../lib/versions.ts';
import { buildStages } from './build.ts';
import { isLibrary, mainOf, releaseName, webLibraries } from './choose.ts';
import { erlangEvidence, planErlang } from './erlang.ts';
import { type Mix, readMix, readUmbrella } from './mix.ts';
import { fixedPort, frozenSecrets, variableWarnings } from './runtime.ts';
import { configVersion, plainVersion, requirement } from './versions.ts';

/** Mix projects that run: Phoenix, Plug, and other applications; rebar3 projects with a release. */
export const elixir: Buildpack = {
  stack: 'elixir',

  detect(ctx) {
    const root = readMix(ctx.tree);
    if (root === null) {
      const erlang = erlangEvidence(ctx.tree);
      if (erlang.length > 0) return { role: 'server', evidence: erlang };
      // A project in a folder is found there.
      if (ctx.tree.withExtension('.exs').some((path) => path.endsWith('/mix.exs'))) return null;
      const [first] = [...ctx.tree.withExtension('.ex'), ...ctx.tree.withExtension('.exs')];
      return first === undefined
        ? null
        : { role: 'server', evidence: [evidence(first, 'sources', 'Elixir', weight.sources)] };
    }
    const all = [root, ...readUmbrella(ctx.tree, root)];
    const reasons: Evidence[] = [
      evidence('mix.exs', 'app', root.app ?? root.appsPath ?? 'unnamed', weight.manifest),
    ];
    if (ctx.tree.has('mix.lock')) reasons.push(evidence('mix.lock', 'lock', 'mix', weight.hint));
    const framework = frameworkOf(all);
    if (framework !== null)
      reasons.push(
        evidence(
          `${framework.mix.dir === '' ? '' : `${framework.mix.dir}/`}mix.exs`,
          'deps',
          framework.name,
          weight.framework,
        ),
      );
    const running = all.find((mix) => mix.mod !== null);
    if (running !== undefined && !isLibrary(ctx, root))
      reasons.push(evidence('mix.exs', 'mod', running.mod ?? '', weight.entry));
    // A library is still what the repository is.
    else reasons.push(evidence('mix.exs', 'project', 'library', weight.sources));
    return { role: 'server', evidence: reasons };
  },

  plan(ctx) {
    const umbrella = parentUmbrella(ctx);
    return umbrella === null ? planMix(ctx, null) : planMix(umbrella.ctx, umbrella.app);
  },
};

function planMix(ctx: Context, only: string | null): StackPlan {
  const root = readMix(ctx.tree);
  if (root === null) {
    if (erlangEvidence(ctx.tree).length > 0) return planErlang(ctx);
    throw nothingToRun(
      'There are Elixir files, but no mix.exs that says how to build them.',
      'Make a project with mix new, or add a Dockerfile.',
    );
  }
  const members = readUmbrella(ctx.tree, root);
  const main = members.find((mix) => mix.dir === only) ?? mainOf(ctx, root, members);
  const framework = frameworkOf([main, root, ...members]);
  const { version, warnings } = resolveVersion(languages.elixir, [
    ctx.settings.version === null ? null : { value: ctx.settings.version, source: 'landfall.toml version' },
    plainVersion(toolVersion(ctx.tree, 'elixir')),
    plainVersion(versionFile(ctx.tree, '.elixir-version')),
    plainVersion(configVersion(ctx)),
    root.elixir === null ? null : { value: requirement(root.elixir), source: 'mix.exs elixir' },
  ]);
  const phoenix = framework?.name === 'phoenix';
  const web = framework !== null;
  const mixRuns = frozenSecrets(ctx.tree) && root.releases.length === 0;
  const release = mixRuns ? null : releaseName(ctx, root, main);
  const command =
    release !== null ? `bin/${release} start` : phoenix ? 'mix phx.server' : 'mix run --no-halt';
  const stages = buildStages(ctx, {
    root,
    members,
    main,
    release,
    version: version.value,
    build: ctx.settings.build,
  });
  const start = ctx.settings.start ?? (web ? command : null);
  const port = web ? fixedPort(ctx.tree) : null;
  const plan: StackPlan = {
    framework: framework?.name ?? null,
    packageManager: 'mix',
    version,
    static: false,
    start,
    processes: { ...(start === null ? { worker: command } : {}), ...migrations(ctx, main, release) },
    stages: release === null ? inPlace(stages, phoenix) : [...stages, runtimeStage(version.value, phoenix)],
    warnings: [...warnings, ...variableWarnings(ctx.tree, phoenix), ...lockWarning(ctx, root)],
  };
  return port === null ? plan : { ...plan, port };
}

/** The umbrella that the chosen folder is an app of: it is built as a whole. */
function parentUmbrella(ctx: Context): { ctx: Context; app: string } | null {
  const parts = ctx.dir.split('/');
  if (parts.length < 2) return null;
  const dir = parts.slice(0, -2).join('/');
  const tree = Tree.of(ctx.repo.source, dir);
  const app = parts.slice(-2).join('/');
  if (readMix(tree)?.appsPath !== parts.at(-2)) return null;
  return {
    app,
    ctx: { ...ctx, dir, tree, at: (path) => (dir === '' ? path : path === '' ? dir : `${dir}/${path}`) },
  };
}

function frameworkOf(all: readonly Mix[]): { name: string; mix: Mix } | null {
  for (const name of ['phoenix', ...webLibraries]) {
    const mix = all.find((one) => one.deps.has(name));
    if (mix !== undefined) return { name: name === 'plug_cowboy' || name === 'bandit' ? 'plug' : name, mix };
  }
  return null;
}

function runtimeStage(version: string, phoenix: boolean) {
  return {
    name: 'runtime',
    from: images.elixir(version),
    why: 'Only the release, which carries its own Erlang.',
    steps: [
      { do: 'workdir', path: '/app' },
      {
        do: 'env',
        values: {
          LANG: 'C.UTF-8',
          RELEASE_TMP: '/tmp',
          RELEASE_DISTRIBUTION: 'none',
          ...(phoenix ? { PHX_SERVER: 'true' } : {}),
        },
      },
      { do: 'copy', from: 'build', paths: ['/release/'], to: './', owned: true },
    ],
  } as const;
}

/** Mix starts the app in the tree that was compiled. */
function inPlace(stages: ReturnType<typeof buildStages>, phoenix: boolean): ReturnType<typeof buildStages> {
  const why =
    'Its configuration reads variables while it is compiled, so mix itself starts it, with the variables of then.';
  return stages.map((stage) =>
    stage.name !== 'build'
      ? stage
      : {
          ...stage,
          why,
          steps: [
            ...stage.steps.map((step) =>
              step.do === 'env'
                ? {
                    ...step,
                    values: {
                      ...step.values,
                      MIX_HOME: '/opt/mix',
                      ...(phoenix ? { PHX_SERVER: 'true' } : {}),
                    },
                  }
                : step,
            ),
            { do: 'run', commands: ['chown -R 1000:1000 /src/_build', 'chown 1000:1000 /src'] },
          ],
        },
  );
}

/** `MyApp.Release.migrate/0` is what Phoenix generates for releases. */
function migrations(ctx: Context, main: Mix, release: string | null): Record<string, string> {
  if (release === null)
    return main.deps.has('ecto_sql') && ctx.tree.hasFolder('priv/repo/migrations')
      ? { release: 'mix ecto.migrate' }
      : {};
  if (ctx.tree.has('rel/overlays/bin/migrate')) return { release: 'bin/migrate' };
  const file = ctx.tree
    .withExtension('.ex')
    .find((path) => path.endsWith('/release.ex') && /\bdef\s+migrate\b/.test(ctx.tree.read(path) ?? ''));
  const module = /\bdefmodule\s+([\w.]+)/.exec(file === undefined ? '' : (ctx.tree.read(file) ?? ''))?.[1];
  return module === undefined ? {} : { release: `bin/${release} eval ${module}.migrate` };
}

function lockWarning(ctx: Context, root: Mix) {
  if (ctx.tree.has('mix.lock') || !root.asksHex) return [];
  return [
    {
      code: 'no-lock-file',
      message:
        'There is no mix.lock: each build may get other versions. Commit the one that mix deps.get writes.',
    },
  ];
}
