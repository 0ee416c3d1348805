import { assetStage, buildScript } from '../assets.ts';
import {
  type Buildpack,
  type Context,
  nothingToRun,
  type StackPlan,
  type Stage,
  type Step,
  type Warning,
} from '../buildpack.ts';
import { devServer } from '../lib/devserver.ts';
import { images } from '../lib/images.ts';
import { readPackage } from '../node/package.ts';
import { apacheSteps, serve } from './apache.ts';
import { type App, appOf } from './app.ts';
import { type Composer, phpVersion, readComposer, requires } from './composer.ts';
import { extensionStep, extensionsOf } from './extensions.ts';

/** PHP: Composer's packages, served by Apache with mod_php. */
export const php: Buildpack = {
  stack: 'php',

  detect(ctx) {
    const composer = readComposer(ctx);
    const app = appOf(ctx, composer);
    if (app === null) return null;
    const nothing = app.root === null && app.program === null;
    const tools = nothing && ctx.tree.withExtension('.php').length === 0;
    return { role: tools ? 'tools' : 'server', evidence: app.evidence };
  },

  plan(ctx) {
    const composer = readComposer(ctx);
    const app = appOf(ctx, composer);
    const { version, warnings } = phpVersion(ctx, composer);
    const given = ctx.settings.start ?? ctx.settings.processes.web ?? ctx.procfile.web ?? null;
    if (
      app === null ||
      (app.root === null && app.program === null && given === null && Object.keys(ctx.procfile).length === 0)
    ) {
      throw nothingToRun(
        'There is no page to serve (index.php, public/index.php) and no program to start: this is a PHP library.',
        'Add public/index.php, or name the folder with output = "…" or the command with start = "…" in landfall.toml.',
        composer === null ? null : ctx.at('composer.json'),
      );
    }
    return image(ctx, composer, app, { version, warnings, given });
  },
};

interface Facts {
  version: NonNullable<StackPlan['version']>;
  warnings: Warning[];
  given: string | null;
}

const heroku = /heroku-php-(?:apache2|nginx)\b/;

function image(
  ctx: Context,
  composer: Composer | null,
  app: App,
  { version, warnings, given }: Facts,
): StackPlan {
  const { names, unknown } = extensionsOf(ctx, composer, app.framework);
  const committed = ctx.tree.has('vendor/autoload.php');
  const installs = composer !== null && !committed;
  const dev = given === null ? null : devServer(given);
  const start = app.program ?? serve;
  const own = given === null || dev !== null || heroku.test(given) ? start : given;
  const assets = assetsOf(ctx, installs);
  const base: Stage = {
    name: 'base',
    from: images.php(version.value),
    why: 'PHP with the extensions that the app needs, and Apache for a port and a user of its own.',
    steps: [...extensionStep(names), ...apacheSteps(app.root ?? '', app.framework)],
  };
  const env = environment(app.framework);
  return {
    framework: app.framework,
    packageManager: composer === null ? null : 'composer',
    version,
    static: false,
    start: app.root === null && app.program === null && given === null ? null : own,
    processes: requires(composer, 'laravel/horizon') ? { worker: 'php artisan horizon' } : {},
    ...(given !== null && heroku.test(given)
      ? { rewrite: (command: string) => (heroku.test(command) ? start : command) }
      : {}),
    ...(dev === null
      ? {}
      : {
          rejectStart: {
            code: 'development-server',
            message: `"${given}" runs ${dev}, which only serves development; ${start} is used.`,
          },
        }),
    stages: [
      base,
      ...(installs ? [vendorStage(ctx, composer)] : []),
      ...(assets === null ? [] : [assets.stage]),
      {
        name: 'build',
        from: installs ? 'vendor' : 'base',
        why: 'The sources with what was installed and built.',
        steps: [
          ...(installs ? [] : [{ do: 'workdir', path: '/app' } as const]),
          { do: 'copy', paths: [ctx.dir === '' ? '.' : `${ctx.dir}/`], to: './' },
          ...(assets === null ? [] : [assets.copy]),
          ...finish(ctx, composer, app, installs, env),
        ],
      },
      {
        name: 'runtime',
        from: 'base',
        why: 'No package manager, no sources of extensions: what serves.',
        steps: [
          { do: 'workdir', path: '/app' },
          ...(Object.keys(env).length === 0 ? [] : [{ do: 'env', values: env } as const]),
          { do: 'copy', from: 'build', paths: ['/app/'], to: './' },
        ],
      },
    ],
    writable: writable(ctx, app.framework),
    ...(committed ? { ignore: ['!vendor'] } : {}),
    warnings: [
      ...warnings,
      ...(assets?.warnings ?? []),
      ...(unknown.length === 0
        ? []
        : [
            {
              code: 'extension-unknown',
              message: `composer asks for ${unknown.map((one) => `ext-${one}`).join(', ')}, which Landfall does not know how to install.`,
            },
          ]),
      ...(composer !== null &&
      !composer.lock &&
      installs &&
      Object.keys(composer.requires).some((one) => one.includes('/'))
        ? [
            {
              code: 'no-lock-file',
              message:
                'There is no composer.lock, so each build may get other versions. Run composer update and commit it.',
            },
          ]
        : []),
      ...(app.framework === 'laravel'
        ? [
            {
              code: 'needs-variable',
              message:
                "Laravel needs APP_KEY: set it in the app's config (php artisan key:generate --show makes one).",
            },
          ]
        : []),
    ],
  };
}

/** Packages without autoloader and scripts: those need the sources. */
function vendorStage(ctx: Context, composer: Composer): Stage {
  const files = ['composer.json', 'composer.lock', 'symfony.lock', 'auth.json']
    .filter((file) => ctx.tree.has(file))
    .map((file) => ctx.at(file));
  const whole: Step = {
    do: 'copy',
    paths: [ctx.dir === '' ? '.' : `${ctx.dir}/`],
    to: './',
    why: 'A repository of the tree itself is installed from it.',
  };
  return {
    name: 'vendor',
    from: 'base',
    why: 'Composer installs what the lock says.',
    steps: [
      { do: 'workdir', path: '/app' },
      {
        do: 'env',
        values: {
          COMPOSER_ALLOW_SUPERUSER: '1',
          COMPOSER_NO_INTERACTION: '1',
          COMPOSER_CACHE_DIR: '/root/.composer/cache',
        },
      },
      {
        do: 'run',
        commands: [
          'if ! command -v composer >/dev/null; then apt-get update -qq && apt-get install -y -qq --no-install-recommends git unzip >/dev/null && curl -fsSL -o /usr/local/bin/composer https://getcomposer.org/download/latest-2.x/composer.phar && chmod 755 /usr/local/bin/composer; fi',
        ],
        network: true,
        why: 'The official image has no Composer.',
      },
      composer.paths ? whole : { do: 'copy', paths: files, to: './' },
      {
        do: 'run',
        commands: ['composer install --no-dev --prefer-dist --no-progress --no-scripts --no-autoloader'],
        network: true,
        caches: [{ id: 'composer', target: '/root/.composer/cache' }],
      },
    ],
  };
}

/** Vite, Encore or Mix beside the app. Its style sheets may import from vendor/. */
function assetsOf(ctx: Context, installs: boolean) {
  const pkg = readPackage(ctx.tree);
  const script = pkg === null ? null : buildScript(pkg);
  if (pkg === null || script === null) return null;
  const extra: Step[] = installs
    ? [{ do: 'copy', from: 'vendor', paths: ['/app/vendor/'], to: '/src/vendor/' }]
    : [];
  return assetStage(ctx, {
    folder: '',
    script,
    whole: true,
    why: 'Scripts and styles, built by package.json.',
    extra,
  });
}

function finish(
  ctx: Context,
  composer: Composer | null,
  app: App,
  installs: boolean,
  env: Record<string, string>,
): Step[] {
  const commands: string[] = [];
  if (installs)
    commands.push(
      `composer dump-autoload --no-dev --optimize${app.framework === 'laravel' ? '' : ' --no-scripts'}`,
    );
  if (ctx.settings.build !== null) commands.push(ctx.settings.build);
  if (app.framework === 'laravel')
    commands.push(
      'mkdir -p storage/framework/cache/data storage/framework/sessions storage/framework/views storage/logs storage/app/public bootstrap/cache',
      '{ [ -e public/storage ] || ln -s ../storage/app/public public/storage; }',
    );
  if (app.framework === 'symfony' && requires(composer, 'symfony/asset-mapper'))
    commands.push('php bin/console importmap:install', 'php bin/console asset-map:compile');
  if (app.framework === 'symfony') commands.push('rm -rf var/cache', 'mkdir -p var/log');
  return commands.length === 0
    ? []
    : [
        ...(Object.keys(env).length === 0 ? [] : [{ do: 'env', values: env } as const]),
        { do: 'run', commands, network: true },
      ];
}

function environment(framework: string | null): Record<string, string> {
  if (framework === 'laravel' || framework === 'lumen')
    return { APP_ENV: 'production', APP_DEBUG: 'false', LOG_CHANNEL: 'stderr' };
  if (framework === 'symfony') return { APP_ENV: 'prod', APP_DEBUG: '0' };
  if (framework === 'codeigniter') return { CI_ENVIRONMENT: 'production' };
  return {};
}

function writable(ctx: Context, framework: string | null): string[] {
  switch (framework) {
    case 'laravel':
    case 'lumen':
      return [
        'storage',
        'storage/app',
        'storage/app/public',
        'storage/framework',
        'storage/framework/cache',
        'storage/framework/cache/data',
        'storage/framework/sessions',
        'storage/framework/views',
        'storage/logs',
        'bootstrap/cache',
        'database',
      ].map((one) => `/app/${one}`);
    case 'symfony':
      return ['/app/var', '/app/var/log', '/app/var/cache'];
    case 'wordpress':
      return ctx.tree.hasFolder('web/app')
        ? ['/app/web/app/uploads']
        : ['/app/wp-content', '/app/wp-content/uploads'];
    case 'codeigniter':
      return ctx.tree.hasFolder('writable')
        ? ['cache', 'logs', 'session', 'uploads', 'debugbar'].map((one) => `/app/writable/${one}`)
        : ['/app/application/cache', '/app/application/logs'];
    case 'cakephp':
      return ['/app/tmp', '/app/logs'];
    case 'yii':
      return ['/app/runtime', '/app/web/assets'];
    case 'drupal':
      return ['/app/web/sites/default/files'];
    case 'craft':
      return ['/app/storage', '/app/web/cpresources', '/app/config/project'];
    default:
      return ['storage', 'cache', 'tmp', 'logs', 'uploads', 'var', 'data']
        .filter((folder) => ctx.tree.hasFolder(folder))
        .map((folder) => `/app/${folder}`);
  }
}
