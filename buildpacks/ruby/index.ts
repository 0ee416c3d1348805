import { buildScript } from '../assets.ts';
import {
  type Buildpack,
  type Context,
  nothingToRun,
  type StackPlan,
  type Step,
  type Warning,
} from '../buildpack.ts';
import { images } from '../lib/images.ts';
import { serveStage, sitePlan } from '../lib/serve.ts';
import { readPackage } from '../node/package.ts';
import { type App, appOf } from './app.ts';
import { type Gemfile, readGemfile, rubyVersion } from './gemfile.ts';
import { bundleEnv, install, needsNode } from './stages.ts';

/** Ruby: Bundler's gems, the server that the app has among them; sites are built to files. */
export const ruby: Buildpack = {
  stack: 'ruby',

  detect(ctx) {
    const app = appOf(ctx, readGemfile(ctx.tree));
    if (app === null) return null;
    const role = app.kind === 'site' ? 'files' : app.kind === 'tools' ? 'tools' : 'server';
    return { role, evidence: app.evidence };
  },

  plan(ctx) {
    const gemfile = readGemfile(ctx.tree);
    const app = appOf(ctx, gemfile);
    const { version, warnings } = rubyVersion(ctx, gemfile);
    const facts = { ctx, gemfile, version: version.value, versionOf: version, warnings };
    if (app?.kind === 'site') return site(facts, app);
    if (app?.kind === 'server') {
      // A script that the Procfile starts under another name is a worker, not a second time the web.
      const worker = app.framework === null && startedAside(ctx, app.start);
      return worker ? { ...server(facts, app), start: null } : server(facts, app);
    }
    const given = ctx.settings.start ?? ctx.settings.processes.web ?? ctx.procfile.web;
    if (given !== undefined && given !== null)
      return server(facts, { kind: 'server', framework: null, start: given, processes: {}, evidence: [] });
    if (Object.keys(ctx.procfile).length > 0 && app?.kind === 'tools')
      return {
        ...server(facts, { kind: 'server', framework: null, start: '', processes: {}, evidence: [] }),
        start: null,
      };
    throw nothingToRun(
      app?.kind === 'library'
        ? 'This is a gem (a gemspec, and no config.ru or app to start): a library.'
        : 'Ruby is here, but nothing says what to start: no config.ru, no Rails, no app.rb.',
      'Add config.ru, a Procfile with a web line, or start = "…" in landfall.toml.',
      gemfile === null ? null : ctx.at(gemfile.file),
    );
  },
};

/** The Procfile has no `web`, and one of its processes runs this very command. */
function startedAside(ctx: Context, start: string): boolean {
  const bare = (command: string) => command.replace(/^bundle exec /, '').trim();
  return (
    ctx.procfile.web === undefined &&
    Object.values(ctx.procfile).some((command) => bare(command) === bare(start))
  );
}

interface Facts {
  ctx: Context;
  gemfile: Gemfile | null;
  version: string;
  versionOf: StackPlan['version'];
  warnings: Warning[];
}

function server(
  { ctx, gemfile, version, versionOf, warnings }: Facts,
  app: Extract<App, { kind: 'server' }>,
): StackPlan {
  const rails = app.framework === 'rails';
  const has = (...names: string[]) =>
    names.some((name) => gemfile?.gems.has(name) || gemfile?.locked.has(name));
  const parts = install(ctx, gemfile, gemfile === null ? bare(app) : []);
  const env = {
    ...bundleEnv,
    LANG: 'C.UTF-8',
    MALLOC_ARENA_MAX: '2',
    ...(gemfile?.lock === null || gemfile === null ? {} : { BUNDLE_FROZEN: '1' }),
    ...(rails
      ? {
          RAILS_ENV: 'production',
          RAILS_LOG_TO_STDOUT: '1',
          RAILS_SERVE_STATIC_FILES: '1',
          PIDFILE: '/tmp/server.pid',
        }
      : {}),
    ...(rails && has('bootsnap') ? { BOOTSNAP_READONLY: '1' } : {}),
    ...(app.framework === 'sinatra' ? { APP_ENV: 'production' } : {}),
    ...(app.framework === 'hanami' ? { HANAMI_ENV: 'production' } : {}),
  };
  return {
    framework: app.framework,
    packageManager: gemfile === null ? null : 'bundler',
    version: versionOf,
    static: false,
    start: app.start,
    processes: app.processes,
    stages: [
      ...parts.before,
      {
        name: 'build',
        from: images.rubyBuild(version),
        why: 'Gems are compiled and assets are built here.',
        steps: [
          ...parts.steps,
          { do: 'copy', paths: [ctx.dir === '' ? '.' : `${ctx.dir}/`], to: './' },
          ...compile(ctx, gemfile, rails, parts.modules),
        ],
      },
      {
        name: 'runtime',
        from: images.ruby(version),
        why: 'Ruby, the gems and the app, without compilers.',
        steps: [
          { do: 'workdir', path: '/app' },
          { do: 'env', values: env },
          ...parts.runtime,
          { do: 'copy', from: 'build', paths: ['/usr/local/bundle/'], to: '/usr/local/bundle/' },
          { do: 'copy', from: 'build', paths: ['/app/'], to: './' },
        ],
      },
    ],
    writable: writable(ctx, rails, has('sqlite3')),
    warnings: [
      ...warnings,
      ...parts.warnings,
      ...(rails ? secrets(ctx) : []),
      ...(gemfile?.gems.has('solid_queue') === true && rails && ctx.procfile.worker === undefined
        ? [solidQueue]
        : []),
    ],
  };
}

function writable(ctx: Context, rails: boolean, sqlite: boolean): string[] {
  if (!rails) return sqlite ? ['/app', ...(ctx.tree.hasFolder('db') ? ['/app/db'] : [])] : [];
  return [
    '/app/log',
    '/app/storage',
    '/app/tmp',
    '/app/tmp/cache',
    '/app/tmp/pids',
    '/app/tmp/sockets',
    ...(sqlite ? ['/app/db'] : []),
  ];
}

const solidQueue: Warning = {
  code: 'worker',
  message:
    'Solid Queue is among the gems. To run its jobs, add a Procfile with: worker: bin/jobs (and web), or set SOLID_QUEUE_IN_PUMA=1.',
};

/** What Rails refuses to start without. */
function secrets(ctx: Context): Warning[] {
  const encrypted =
    ctx.tree.has('config/credentials.yml.enc') || ctx.tree.has('config/credentials/production.yml.enc');
  if (ctx.tree.has('config/master.key') || ctx.tree.has('config/credentials/production.key')) return [];
  const name = encrypted ? 'RAILS_MASTER_KEY' : 'SECRET_KEY_BASE';
  return [
    {
      code: 'needs-variable',
      message: `Rails needs ${name} to start in production: set it in the app's config${encrypted ? ' (it is in config/master.key of your working copy)' : ' (bin/rails secret makes one)'}.`,
    },
  ];
}

/** Gems that a project without Gemfile needs. */
function bare(app: Extract<App, { kind: 'server' }>): string[] {
  if (app.framework === 'sinatra') return ['sinatra', 'rackup', 'puma'];
  if (app.framework === 'webrick') return ['webrick'];
  return /puma|rackup/.test(app.start)
    ? ['rack', 'rackup', 'puma', ...(app.framework === 'roda' ? ['roda'] : [])]
    : [];
}

/** After the sources are there: assets and compiled caches. */
function compile(ctx: Context, gemfile: Gemfile | null, rails: boolean, modules: boolean): Step[] {
  const has = (...names: string[]) =>
    names.some((name) => gemfile?.gems.has(name) || gemfile?.locked.has(name));
  const pkg = modules ? readPackage(ctx.tree) : null;
  const script = pkg === null ? null : buildScript(pkg);
  const commands: string[] = [];
  if (ctx.settings.build !== null) commands.push(ctx.settings.build);
  else if (rails) {
    const pipeline = has(
      'sprockets-rails',
      'sprockets',
      'propshaft',
      'webpacker',
      'shakapacker',
      'vite_rails',
      'vite_ruby',
      'jsbundling-rails',
      'cssbundling-rails',
      'tailwindcss-rails',
      'dartsass-rails',
      'importmap-rails',
    );
    if (has('bootsnap'))
      commands.push(
        `bundle exec bootsnap precompile ${['app/', 'lib/'].filter((folder) => ctx.tree.hasFolder(folder.slice(0, -1))).join(' ')}`.trim(),
      );
    const bundled = has(
      'jsbundling-rails',
      'cssbundling-rails',
      'webpacker',
      'shakapacker',
      'vite_rails',
      'vite_ruby',
    );
    if (script !== null && !bundled) commands.push(`npm run ${script}`);
    const task = ctx.tree.has('bin/rails') ? 'bin/rails' : 'bundle exec rake';
    const known = pipeline || (gemfile?.lock === null && ctx.tree.hasFolder('app/assets'));
    if (known && !ctx.tree.all.some((path) => /^public\/assets\/\.?(sprockets-)?manifest/.test(path))) {
      commands.push(
        `RAILS_ENV=production SECRET_KEY_BASE_DUMMY=1 SECRET_KEY_BASE=precompile ${task} assets:precompile`,
      );
    }
  } else if (script !== null) commands.push(`npm run ${script}`);
  if (modules && commands.length > 0) commands.push('rm -rf node_modules');
  if (rails) commands.push('mkdir -p tmp log storage');
  const crlf = ctx.tree.has('bin/rails') ? ['chmod +x bin/*', "sed -i 's/\\r$//' bin/*"] : [];
  return commands.length + crlf.length === 0
    ? []
    : [
        {
          do: 'run',
          commands: [...crlf, ...commands],
          network: needsNode(ctx, gemfile),
          why: rails ? 'A key of its own only for this: precompiling needs one and uses none.' : '',
        },
      ];
}

function site(
  { ctx, gemfile, version, versionOf, warnings }: Facts,
  app: Extract<App, { kind: 'site' }>,
): StackPlan {
  const parts = install(
    ctx,
    gemfile,
    gemfile === null
      ? ['jekyll', 'minima', 'kramdown-parser-gfm', 'jekyll-feed', 'jekyll-seo-tag', 'jekyll-sitemap']
      : [],
  );
  const output = ctx.settings.output ?? app.output;
  return sitePlan({
    framework: app.framework,
    packageManager: gemfile === null ? null : 'bundler',
    version: versionOf,
    stages: [
      ...parts.before,
      {
        name: 'build',
        from: images.rubyBuild(version),
        why: `${app.framework} builds the site.`,
        steps: [
          ...parts.steps,
          {
            do: 'env',
            values: {
              JEKYLL_ENV: 'production',
              BRIDGETOWN_ENV: 'production',
              BUNDLE_WITHOUT: 'test',
              LANG: 'C.UTF-8',
            },
          },
          { do: 'copy', paths: [ctx.dir === '' ? '.' : `${ctx.dir}/`], to: './' },
          { do: 'run', commands: [ctx.settings.build ?? app.build], network: true },
        ],
      },
      serveStage({
        from: 'build',
        path: `/app/${output}`,
        fallback: false,
        tree: ctx.tree,
        why: 'The built site.',
      }),
    ],
    warnings: [...warnings, ...parts.warnings],
  });
}
