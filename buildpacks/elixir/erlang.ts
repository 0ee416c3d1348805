import { type Context, type Evidence, evidence, nothingToRun, type StackPlan, weight } from '../buildpack.ts';
import { images } from '../lib/images.ts';
import type { Tree } from '../lib/tree.ts';
import { languages } from '../lib/versions.ts';

/** A rebar3 project with a release. Elixir's images hold Erlang and rebar3. */
export function erlangEvidence(tree: Tree): Evidence[] {
  if (!tree.has('rebar.config')) return [];
  const release = releaseOf(tree);
  return [
    evidence('rebar.config', 'manifest', 'rebar3', weight.manifest),
    ...(release === null
      ? [evidence('rebar.config', 'relx', 'no release: a library', weight.sources)]
      : [evidence('rebar.config', 'relx', release, weight.entry)]),
  ];
}

export function planErlang(ctx: Context): StackPlan {
  const release = releaseOf(ctx.tree);
  if (release === null) {
    throw nothingToRun(
      'rebar.config describes no release (relx): this is an Erlang library, or a program for the command line.',
      'Add {relx, […]} to rebar.config, or a Dockerfile.',
      ctx.at('rebar.config'),
    );
  }
  const version = languages.elixir.preferred;
  const text = code(ctx.tree);
  const framework =
    ['cowboy', 'elli', 'nova', 'yaws', 'mochiweb'].find((name) =>
      new RegExp(`[{,\\s[]${name}\\b`).test(text),
    ) ?? null;
  const command = `bin/${release} foreground`;
  const start = ctx.settings.start ?? (framework === null ? null : command);
  const locks = ctx.tree.has('rebar.lock') ? ['rebar.lock'] : [];
  return {
    framework,
    packageManager: 'rebar3',
    version: null,
    static: false,
    start,
    processes: start === null ? { worker: command } : {},
    stages: [
      {
        name: 'build',
        from: images.elixirBuild(version),
        why: 'Elixir’s image holds Erlang and rebar3.',
        steps: [
          { do: 'workdir', path: '/src' },
          {
            do: 'copy',
            paths: ['rebar.config', ...locks].map(ctx.at),
            to: './',
            why: 'Dependencies before source.',
          },
          {
            do: 'run',
            commands: ['rebar3 as prod get-deps'],
            network: true,
            caches: [{ id: 'hex', target: '/root/.cache/rebar3' }],
          },
          { do: 'copy', paths: [ctx.dir === '' ? '.' : `${ctx.dir}/`], to: './' },
          {
            do: 'run',
            commands: ['rebar3 as prod release', `cp -rL _build/prod/rel/${release} /release`],
            network: true,
            caches: [{ id: 'hex', target: '/root/.cache/rebar3' }],
          },
        ],
      },
      {
        name: 'runtime',
        from: images.elixir(version),
        why: 'Only the release.',
        steps: [
          { do: 'workdir', path: '/app' },
          { do: 'env', values: { LANG: 'C.UTF-8', RELX_OUT_FILE_PATH: '/tmp' } },
          { do: 'copy', from: 'build', paths: ['/release/'], to: './', owned: true },
        ],
      },
    ],
    warnings: [],
  };
}

/** The name in `{relx, [{release, {name, "1.0.0"}, …`. */
function releaseOf(tree: Tree): string | null {
  return /\{\s*relx\s*,[\s\S]*?\{\s*release\s*,\s*\{\s*'?(\w+)'?\s*,/.exec(code(tree))?.[1] ?? null;
}

/** rebar.config without comments. */
function code(tree: Tree): string {
  return (tree.manifest('rebar.config') ?? '').replace(/%[^\n]*/g, '');
}
