import { type Context, type Evidence, evidence, weight } from '../buildpack.ts';
import type { Gemfile } from './gemfile.ts';

/** What a Ruby project is. */
export type App =
  | {
      kind: 'server';
      framework: string | null;
      start: string;
      processes: Record<string, string>;
      evidence: Evidence[];
    }
  | { kind: 'site'; framework: string; build: string; output: string; evidence: Evidence[] }
  | { kind: 'library'; evidence: Evidence[] }
  | { kind: 'tools'; evidence: Evidence[] };

const frameworks = [
  'hanami',
  'hanami-router',
  'padrino',
  'grape',
  'roda',
  'sinatra',
  'cuba',
  'syro',
  'camping',
  'rack-app',
  'rage-rb',
  'agoo',
  'ruby2d',
];

/** Decides what the project is from its gems and files; null when nothing speaks for Ruby. */
export function appOf(ctx: Context, gemfile: Gemfile | null): App | null {
  const { tree } = ctx;
  const has = (name: string) => gemfile?.gems.has(name) === true;
  const reasons = gemfile === null ? [] : [evidence(gemfile.file, 'manifest', 'Bundler', weight.manifest)];
  const specs = tree.in('').filter((file) => file.endsWith('.gemspec'));

  const railsApp =
    tree.has('config/application.rb') && /Rails::Application/.test(tree.read('config/application.rb') ?? '');
  if (railsApp || (tree.has('bin/rails') && tree.has('config.ru') && specs.length === 0)) {
    reasons.push(
      evidence(railsApp ? 'config/application.rb' : 'bin/rails', 'skeleton', 'rails', weight.skeleton),
    );
    const start = `${tree.has('bin/rails') ? 'bin/rails' : 'bundle exec rails'} server -b 0.0.0.0 -p $PORT`;
    return { kind: 'server', framework: 'rails', start, processes: workers(ctx, gemfile), evidence: reasons };
  }

  const site = siteOf(ctx, gemfile, reasons);
  if (site !== null) return site;

  const framework = frameworks.find(has)?.replace(/^hanami-router$/, 'hanami') ?? null;
  const scripts = entryScript(ctx, gemfile);
  const rackup = tree.first('config.ru');
  if (rackup !== null && !(specs.length > 0 && framework === null && !has('puma') && !has('rackup'))) {
    reasons.push(evidence('config.ru', 'entry', 'Rack', gemfile === null ? weight.skeleton : weight.entry));
    const named = framework ?? frameworkIn(ctx, 'config.ru') ?? 'rack';
    reasons.push(evidence(gemfile?.file ?? 'config.ru', 'framework', named, weight.framework));
    return {
      kind: 'server',
      framework: named,
      start: rackStart(ctx, gemfile),
      processes: workers(ctx, gemfile),
      evidence: reasons,
    };
  }
  if (specs.length > 0 && scripts === null) {
    return {
      kind: 'library',
      evidence: [
        ...(gemfile === null ? [evidence(specs[0] ?? '', 'manifest', 'gemspec', weight.manifest)] : reasons),
        evidence(specs[0] ?? '', 'gemspec', 'a gem', weight.sources),
      ],
    };
  }
  if (scripts !== null && specs.length === 0) {
    reasons.push(evidence(scripts.file, 'entry', scripts.framework ?? 'script', weight.entry));
    if (gemfile === null) reasons.push(evidence(scripts.file, 'sources', 'Ruby', weight.sources));
    if (scripts.framework !== null)
      reasons.push(evidence(scripts.file, 'require', scripts.framework, weight.framework));
    const run = `${gemfile === null ? '' : 'bundle exec '}ruby ${scripts.file}`;
    return {
      kind: 'server',
      framework: scripts.framework,
      start: scripts.framework === 'sinatra' ? `${run} -o 0.0.0.0 -p $PORT` : run,
      processes: {},
      evidence: reasons,
    };
  }
  if (specs.length > 0) return { kind: 'library', evidence: reasons };
  if (gemfile === null) {
    const source = tree.withExtension('.rb')[0];
    return source === undefined
      ? null
      : { kind: 'tools', evidence: [evidence(source, 'sources', 'Ruby', weight.sources)] };
  }
  if (
    ctx.procfile.web !== undefined &&
    /\b(bundle|ruby|rackup|puma|rails|thin|unicorn)\b/.test(ctx.procfile.web)
  ) {
    reasons.push(evidence('Procfile', 'web', ctx.procfile.web, weight.entry));
    return { kind: 'server', framework, start: ctx.procfile.web, processes: {}, evidence: reasons };
  }
  return { kind: 'tools', evidence: reasons };
}

/** How a Rack app is served: by the server among its gems. */
export function rackStart(ctx: Context, gemfile: Gemfile | null): string {
  const has = (name: string) => gemfile?.gems.has(name) === true || gemfile?.locked.has(name) === true;
  const run = gemfile === null ? '' : 'bundle exec ';
  if (gemfile?.gems.has('falcon') === true) return `${run}falcon serve -b http://0.0.0.0:$PORT`;
  if (gemfile?.gems.has('iodine') === true) return `${run}iodine -b 0.0.0.0 -p $PORT`;
  if (gemfile?.gems.has('unicorn') === true)
    return `${run}unicorn -p $PORT${ctx.tree.has('config/unicorn.rb') ? ' -c config/unicorn.rb' : ''} config.ru`;
  if (has('puma') || gemfile === null) return `${run}puma -b tcp://0.0.0.0:$PORT config.ru`;
  if (gemfile?.gems.has('thin') === true) return `${run}thin start -a 0.0.0.0 -p $PORT -R config.ru`;
  return `${run}rackup -o 0.0.0.0 -p $PORT config.ru`;
}

/** Job runners that are chosen on purpose. Solid Queue is in every new Rails app, used or not, so it is only mentioned. */
function workers(ctx: Context, gemfile: Gemfile | null): Record<string, string> {
  const has = (name: string) => gemfile?.gems.has(name) === true;
  const rails = ctx.tree.has('config/application.rb');
  if (has('sidekiq') && rails) return { worker: 'bundle exec sidekiq' };
  if (has('good_job')) return { worker: 'bundle exec good_job start' };
  if (has('delayed_job_active_record') || has('delayed_job')) return { worker: 'bundle exec rake jobs:work' };
  if (has('resque') && rails) return { worker: "QUEUE='*' bundle exec rake resque:work" };
  return {};
}

function siteOf(ctx: Context, gemfile: Gemfile | null, reasons: Evidence[]): App | null {
  const { tree } = ctx;
  const has = (name: string) =>
    gemfile?.gems.has(name) === true || (gemfile?.gemspec === true && gemfile.locked.has(name));
  const run = gemfile === null ? '' : 'bundle exec ';
  const site = (framework: string, file: string, build: string, output: string, certain: boolean): App => ({
    kind: 'site',
    framework,
    build,
    output,
    evidence: [
      ...reasons,
      evidence(file, 'skeleton', framework, certain ? weight.skeleton : weight.entry + weight.sources),
    ],
  });
  const config = tree.first('_config.yml', '_config.yaml', '_config.toml');
  const folders = ['_posts', '_layouts', '_includes', '_data', '_sass'].filter((folder) =>
    tree.hasFolder(folder),
  );
  const theme = tree.in('').some((file) => file.endsWith('.gemspec'));
  if (
    has('bridgetown') &&
    tree.first('bridgetown.config.yml', 'config/initializers.rb', 'bridgetown.config.yaml') !== null
  ) {
    return site('bridgetown', gemfile?.file ?? 'Gemfile', `${run}bridgetown build`, 'output', true);
  }
  if (has('middleman') || (has('middleman-core') && tree.has('config.rb')))
    return site('middleman', gemfile?.file ?? 'Gemfile', `${run}middleman build`, 'build', true);
  if (has('nanoc') && tree.first('nanoc.yaml', 'config.yaml') !== null)
    return site('nanoc', 'nanoc.yaml', `${run}nanoc compile`, 'output', true);
  const jekyll = has('jekyll') || has('github-pages');
  // A theme's gem holds a sample of a site; Hexo's _config.yml stands beside package.json.
  if (
    config !== null &&
    (jekyll || (folders.length > 0 && !tree.has('package.json'))) &&
    !(theme && !tree.hasFolder('_posts'))
  ) {
    const destination = /^destination:\s*["']?([\w./-]+)/m.exec(tree.read(config) ?? '')?.[1];
    return site(
      'jekyll',
      config,
      `${run}jekyll build`,
      destination?.replace(/^\.?\/+|\/+$/g, '') ?? '_site',
      jekyll,
    );
  }
  return null;
}

/** A file that is run by itself, and what it serves with. */
function entryScript(
  ctx: Context,
  gemfile: Gemfile | null,
): { file: string; framework: string | null } | null {
  const { tree } = ctx;
  const names = [
    'app.rb',
    'main.rb',
    'server.rb',
    'application.rb',
    'web.rb',
    'bot.rb',
    'run.rb',
    'start.rb',
    'index.rb',
    'hello.rb',
    'src/app.rb',
    'src/main.rb',
    'lib/app.rb',
    'bin/server',
    'app/app.rb',
  ];
  const root = tree.in('').filter((file) => file.endsWith('.rb'));
  const serving = [...names.filter((file) => tree.has(file)), ...root].map((file) => ({
    file,
    framework: frameworkIn(ctx, file),
  }));
  const served = serving.find((one) => one.framework !== null);
  if (served !== undefined) return served;
  const entry =
    names.find((file) => tree.has(file)) ??
    (root.length === 1 && gemfile !== null && root[0] !== 'Rakefile.rb' ? root[0] : undefined);
  return entry === undefined ? null : { file: entry, framework: null };
}

function frameworkIn(ctx: Context, file: string): string | null {
  const code = ctx.tree.read(file) ?? '';
  if (
    /^\s*require\s*\(?["']sinatra(?:\/base)?["']/m.test(code) &&
    (/require\s*\(?["']sinatra["']/.test(code) || /\brun!/.test(code) || file === 'config.ru')
  )
    return 'sinatra';
  if (
    /^\s*require\s*\(?["'](webrick|socket|agoo|async\/http\S*)["']/m.test(code) &&
    /Server|serve|listen/i.test(code)
  )
    return /webrick/.test(code) ? 'webrick' : null;
  if (file === 'config.ru')
    return /Hanami/.test(code)
      ? 'hanami'
      : /Rails\.application/.test(code)
        ? 'rails'
        : /Roda/.test(code)
          ? 'roda'
          : null;
  return null;
}
