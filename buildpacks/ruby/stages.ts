import { buildScript } from '../assets.ts';
import type { Context, Stage, Step, Warning } from '../buildpack.ts';
import { apt } from '../lib/apt.ts';
import { images } from '../lib/images.ts';
import { nodeTools } from '../lib/nodetools.ts';
import {
  cacheOf,
  installCommand,
  managerEnv,
  managerOf,
  manifestFiles,
  manifestFolders,
  setup,
} from '../node/manager.ts';
import { readPackage } from '../node/package.ts';
import { nodeVersion } from '../node/version.ts';
import type { Gemfile } from './gemfile.ts';

/** Gems that bind to C libraries: what Debian has to compile them, and to run them. */
const needC: readonly [string, string[], string[]][] = [
  ['pg', ['libpq-dev'], ['libpq5']],
  ['mysql2', ['default-libmysqlclient-dev'], ['libmariadb3']],
  ['trilogy', ['libssl-dev'], []],
  ['sqlite3', ['libsqlite3-dev'], ['libsqlite3-0']],
  ['rmagick', ['libmagickwand-dev', 'imagemagick'], ['imagemagick', 'libmagickwand-7.q16-10']],
  ['mini_magick', [], ['imagemagick']],
  ['ruby-vips', [], ['libvips42t64']],
  ['charlock_holmes', ['libicu-dev'], ['libicu76']],
  ['psych', ['libyaml-dev'], []],
  ['ffi', ['libffi-dev'], []],
  ['curb', ['libcurl4-openssl-dev'], ['libcurl4t64']],
  ['rugged', ['cmake', 'libssl-dev'], []],
  ['wkhtmltopdf-binary', [], []],
  ['poppler', ['libpoppler-glib-dev'], ['libpoppler-glib8t64']],
];

export const bundleEnv = {
  GEM_HOME: '/usr/local/bundle',
  BUNDLE_APP_CONFIG: '/usr/local/bundle',
  BUNDLE_SILENCE_ROOT_WARNING: '1',
  BUNDLE_WITHOUT: 'development:test',
  PATH: '/usr/local/bundle/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  RACK_ENV: 'production',
} as const;

export interface Parts {
  /** Stages before the build. */
  before: Stage[];
  /** Up to the installed gems and modules, before the sources are copied. */
  steps: Step[];
  runtime: Step[];
  /** Node's modules were installed; they are taken out after the build. */
  modules: boolean;
  warnings: Warning[];
}

/** Whether the build of the assets calls Node. */
export function needsNode(ctx: Context, gemfile: Gemfile | null): boolean {
  const any = (...names: string[]) =>
    names.some((name) => gemfile?.gems.has(name) || gemfile?.locked.has(name));
  const pkg = readPackage(ctx.tree);
  // A package.json without anything to build is there for formatters.
  const bundler = any(
    'jsbundling-rails',
    'cssbundling-rails',
    'vite_rails',
    'vite_ruby',
    'bridgetown',
    'react_on_rails',
  );
  if (pkg !== null && (bundler || buildScript(pkg) !== null)) return true;
  return any('execjs', 'webpacker', 'shakapacker') && !any('mini_racer', 'therubyracer', 'duktape');
}

/** The gems, and Node's modules where the assets need them: manifests first, so that code installs nothing again. */
export function install(ctx: Context, gemfile: Gemfile | null, extra: readonly string[]): Parts {
  const used = needC.filter(([gem]) => gemfile?.gems.has(gem) || gemfile?.locked.has(gem));
  const build = used.flatMap(([, packages]) => packages);
  const run = used.flatMap(([, , packages]) => packages);
  const node = needsNode(ctx, gemfile) ? nodeParts(ctx) : null;
  const warnings: Warning[] = [...(node?.warnings ?? [])];
  const steps: Step[] = [
    { do: 'workdir', path: '/app' },
    {
      do: 'env',
      values: { ...bundleEnv, ...(gemfile?.lock === null || gemfile === null ? {} : { BUNDLE_FROZEN: '1' }) },
    },
    ...(build.length === 0 ? [] : [apt([...new Set(build)], 'Libraries that gems are compiled with.')]),
    ...(node?.tools ?? []),
    ...(gemfile === null ? [] : bundle(ctx, gemfile, warnings)),
    ...(extra.length === 0
      ? []
      : [{ do: 'run', commands: [`gem install --no-document ${extra.join(' ')}`], network: true } as const]),
    ...(node?.install ?? []),
  ];
  const runtime = run.length === 0 ? [] : [apt([...new Set(run)], 'Libraries that gems need to run.')];
  return {
    before: node === null ? [] : [node.stage],
    steps,
    runtime,
    modules: node?.modules === true,
    warnings,
  };
}

function bundle(ctx: Context, gemfile: Gemfile, warnings: Warning[]): Step[] {
  const { tree } = ctx;
  const files = [
    gemfile.file,
    ...(gemfile.lock === null ? [] : [gemfile.lock]),
    ...['.ruby-version', '.tool-versions'].filter((file) => tree.has(file)),
  ];
  const specs = tree.in('').filter((file) => file.endsWith('.gemspec'));
  const folders = [
    ...gemfile.paths.filter((path) => tree.hasFolder(path)),
    ...(tree.hasFolder('vendor/cache') ? ['vendor/cache'] : []),
    ...(gemfile.gemspec && tree.hasFolder('lib') ? ['lib'] : []),
  ];
  const foreign =
    gemfile.lock !== null &&
    gemfile.platforms.length > 0 &&
    !gemfile.platforms.some((one) => one === 'ruby' || /linux/.test(one));
  if (foreign)
    warnings.push({
      code: 'lock-platform',
      message: `${gemfile.lock} was made for ${gemfile.platforms.join(', ')} only. Run: bundle lock --add-platform x86_64-linux`,
    });
  if (gemfile.lock === null)
    warnings.push({
      code: 'no-lock-file',
      message:
        'There is no Gemfile.lock, so each build may get other versions. Run bundle install and commit it.',
    });
  return [
    {
      do: 'copy',
      paths: [...files, ...(gemfile.gemspec ? specs : [])].map((file) => ctx.at(file)),
      to: './',
    },
    ...folders.map((folder): Step => ({ do: 'copy', paths: [`${ctx.at(folder)}/`], to: `./${folder}/` })),
    {
      do: 'run',
      commands: [
        ...(foreign ? ['BUNDLE_FROZEN=0 bundle lock --add-platform x86_64-linux'] : []),
        gemfile.lock === null
          ? '{ bundle install --local >/dev/null 2>&1 || bundle install --jobs 4 --retry 2; }'
          : 'bundle install --jobs 4 --retry 2',
        'mkdir -p /usr/local/bundle && rm -rf /usr/local/bundle/cache/*.gem',
        ...(gemfile.locked.has('bootsnap') || gemfile.gems.has('bootsnap')
          ? ['bundle exec bootsnap precompile --gemfile']
          : []),
      ],
      network: true,
    },
  ];
}

function nodeParts(ctx: Context) {
  const pkg = readPackage(ctx.tree);
  const manager = managerOf(ctx.tree, pkg, null);
  const { version, warnings } = nodeVersion(
    { ...ctx, settings: { ...ctx.settings, version: null } },
    pkg === null ? [] : [pkg],
  );
  const ready = setup(manager);
  const stage: Stage = {
    name: 'node',
    from: images.nodeBuild(version.value),
    why: 'Its programs build the assets.',
    steps: [],
  };
  const copies: Step[] = [
    {
      do: 'copy',
      paths: ['package.json', ...manifestFiles(ctx.tree, manager)].map((file) => ctx.at(file)),
      to: './',
    },
    ...manifestFolders(ctx.tree).map(
      (folder): Step => ({ do: 'copy', paths: [`${ctx.at(folder)}/`], to: `./${folder}/` }),
    ),
    ...(Object.keys(managerEnv(manager)).length === 0
      ? []
      : [{ do: 'env', values: managerEnv(manager) } as const]),
    {
      do: 'run',
      commands: [...(ready === null ? [] : [ready]), installCommand(manager, false)],
      network: true,
      caches: [cacheOf(manager)],
    },
  ];
  const early = ['preinstall', 'install', 'postinstall', 'prepare'].some(
    (name) => pkg?.scripts[name] !== undefined,
  );
  // With install scripts that read the sources, the assets task installs them itself, after the sources are there.
  return {
    stage,
    tools: nodeTools,
    install: pkg === null || early ? [] : copies,
    modules: pkg !== null,
    warnings: [...manager.warnings, ...warnings],
  };
}
