import type { Context, Stage, Step } from '../buildpack.ts';
import { images } from '../lib/images.ts';
import { nodeStage, nodeTools } from '../lib/nodetools.ts';
import type { Mix } from './mix.ts';

export interface BuildOptions {
  root: Mix;
  members: readonly Mix[];
  /** The part that is released: the root, or the web app of an umbrella. */
  main: Mix;
  /** The release to make; null: none, mix itself starts the app. */
  release: string | null;
  version: string;
  build: string | null;
}

const hex = { id: 'hex', target: '/root/.hex/packages' };

/** The stages that make a release (or a compiled tree) in /src. */
export function buildStages(ctx: Context, options: BuildOptions): Stage[] {
  const { root, members, main, version } = options;
  const { tree } = ctx;
  const all = [root, ...members];
  const assets = main.dir === '' ? 'assets' : `${main.dir}/assets`;
  const npm = tree.has(`${assets}/package.json`);
  const early = all.some((mix) => mix.needsSource);
  const source: Step = { do: 'copy', paths: [ctx.dir === '' ? '.' : `${ctx.dir}/`], to: './' };
  const manifests = ['mix.exs', ...(tree.has('mix.lock') ? ['mix.lock'] : [])].map(ctx.at);
  const compileTime = ['config/config.exs', 'config/prod.exs'].filter((file) => tree.has(file));
  const locked = tree.has('mix.lock') ? ' --check-locked' : '';
  const hexed = all.some((mix) => mix.asksHex);
  const get: Step = {
    do: 'run',
    commands: [`mix deps.get --only prod${locked}`],
    network: true,
    caches: [hex],
  };
  const fetch = hexed ? [get] : [];
  const steps: Step[] = [
    { do: 'workdir', path: '/src' },
    { do: 'env', values: { MIX_ENV: 'prod', LANG: 'C.UTF-8' } },
    ...(hexed
      ? [
          {
            do: 'run',
            commands: ['mix local.hex --force --if-missing', 'mix local.rebar --force --if-missing'],
            network: true,
          } as const,
        ]
      : []),
    ...(npm ? nodeTools : []),
    ...(early
      ? [{ ...source, why: 'mix.exs refers to other files of the repository.' }, ...fetch]
      : [
          {
            do: 'copy',
            paths: manifests,
            to: './',
            why: 'Dependencies before source: an edit of the source compiles none of them.',
          } as const,
          ...members.map(
            (mix) => ({ do: 'copy', paths: [ctx.at(`${mix.dir}/mix.exs`)], to: `${mix.dir}/` }) as const,
          ),
          ...fetch,
          ...(compileTime.length === 0
            ? []
            : [{ do: 'copy', paths: compileTime.map(ctx.at), to: 'config/' } as const]),
          // Configuration that imports files beside it cannot be read before they are there.
          ...(importsOthers(ctx) || !hexed
            ? []
            : [{ do: 'run', commands: ['mix deps.compile'], network: true } as const]),
          source,
        ]),
    ...(npm ? [npmInstall(ctx, assets)] : []),
    { do: 'run', commands: compile(ctx, options, assets, npm), network: true },
  ];
  const build: Stage = {
    name: 'build',
    from: images.elixirBuild(version),
    why: 'Compiles for production.',
    steps,
  };
  return npm ? [nodeStage, build] : [build];
}

function npmInstall(ctx: Context, assets: string): Step {
  const has = (name: string) => ctx.tree.has(`${assets}/${name}`);
  const commands = has('yarn.lock')
    ? ['npm install -g yarn@1', `cd ${assets}`, 'yarn install --frozen-lockfile']
    : has('pnpm-lock.yaml')
      ? ['npm install -g pnpm@10', `cd ${assets}`, 'pnpm install --frozen-lockfile']
      : [`npm ${has('package-lock.json') ? 'ci' : 'install'} --prefix ${assets} --no-audit --no-fund`];
  return { do: 'run', commands, network: true, caches: [{ id: 'npm', target: '/root/.npm' }] };
}

function compile(
  ctx: Context,
  { root, main, release, build }: BuildOptions,
  assets: string,
  npm: boolean,
): string[] {
  const aliases = new Set([...root.aliases, ...main.aliases]);
  const inMain = main.dir !== '' && !root.aliases.has('assets.deploy') ? [`cd ${main.dir}`] : [];
  const scripts = npm ? (ctx.tree.read(`${assets}/package.json`) ?? '') : '';
  const own =
    build !== null
      ? [build]
      : aliases.has('assets.deploy')
        ? [...(aliases.has('assets.setup') ? ['mix assets.setup'] : []), 'mix assets.deploy']
        : [
            ...(/"deploy"\s*:/.test(scripts)
              ? [`npm run deploy --prefix ${assets}`]
              : /"build"\s*:/.test(scripts)
                ? [`npm run build --prefix ${assets}`]
                : []),
            ...(main.deps.has('phoenix') &&
            ctx.tree.hasFolder(main.dir === '' ? 'priv/static' : `${main.dir}/priv/static`)
              ? ['mix phx.digest']
              : []),
          ];
  // An umbrella without releases of its own: the release of its web app.
  const place =
    release !== null && main.dir !== '' && root.releases.length === 0
      ? [`cd /src/${main.dir}`]
      : inMain.length > 0
        ? ['cd /src']
        : [];
  const name =
    release !== null && (root.releases.length > 1 || main.releases.length > 1) ? ` ${release}` : '';
  return [
    'mix compile',
    ...(own.length === 0 ? [] : [...inMain, ...own]),
    ...(release === null ? [] : [...place, `mix release${name} --overwrite --path /release`]),
  ];
}

function importsOthers(ctx: Context): boolean {
  const read = ['config/config.exs', 'config/prod.exs'].map((file) => ctx.tree.read(file) ?? '').join('\n');
  return [...read.matchAll(/import_config\s*\(?\s*"([^"]*)"/g)].some(
    ([, file = '']) =>
      file !== '#{config_env()}.exs' && file !== '#{Mix.env()}.exs' && file !== '#{Mix.env}.exs',
  );
}
