import type { Context } from '../buildpack.ts';
import { type JsToken, jsProperty, jsTokens } from '../lib/js.ts';
import { record, text } from '../lib/json.ts';
import { majorOf, type Package, usedOf, uses } from './package.ts';

/** What a framework makes of an app. */
export type Shape =
  | {
      kind: 'site';
      framework: string;
      /** The build when package.json has no `build` script. */
      build: string | null;
      output: string;
      fallback: boolean;
      env?: Record<string, string>;
    }
  | {
      kind: 'server';
      framework: string;
      build: string | null;
      /** The framework's own production start; null: found by the scripts and the code. */
      start: string | null;
      env?: Record<string, string>;
      /** Its own start is used even where `start` names another spelling of it. */
      own?: RegExp;
      /** Only these folders of the build are needed to run. */
      ship?: { from: string; to: string }[];
      writable?: string[];
      /** Whether a folder of the build only shows whether the own start works. */
      standalone?: boolean;
    };

interface Rule {
  when: readonly string[];
  shape(pkg: Package, ctx: Context): Shape | null;
}

const site = (
  framework: string,
  build: string | null,
  output: string,
  fallback = false,
  env: Record<string, string> = {},
): Shape => ({ kind: 'site', framework, build, output, fallback, env });
const server = (
  framework: string,
  build: string | null,
  start: string | null,
  more: Partial<Extract<Shape, { kind: 'server' }>> = {},
): Shape => ({ kind: 'server', framework, build, start, ...more });

/** In order: a framework that stands on another one comes first. */
const rules: readonly Rule[] = [
  {
    when: ['@keystone-6/core', '@keystone-next/keystone'],
    shape: () => server('keystone', 'keystone build', 'keystone start'),
  },
  {
    when: ['@strapi/strapi', 'strapi'],
    shape: () => server('strapi', 'strapi build', 'strapi start', { env: { HOST: '0.0.0.0' } }),
  },
  { when: ['@medusajs/medusa'], shape: () => server('medusa', 'medusa build', 'medusa start') },
  { when: ['@redwoodjs/core', '@redwoodjs/sdk'], shape: () => server('redwood', null, null) },
  { when: ['blitz'], shape: () => server('blitz', 'blitz build', 'blitz start') },
  { when: ['next'], shape: next },
  { when: ['nuxt', 'nuxt3', 'nuxt-edge', 'nuxt-nightly'], shape: nuxt },
  { when: ['@remix-run/react', '@remix-run/serve', '@remix-run/node', '@remix-run/dev'], shape: remix },
  { when: ['@react-router/dev'], shape: reactRouter },
  {
    when: ['@tanstack/react-start', '@tanstack/start', '@tanstack/solid-start'],
    shape: (pkg) =>
      server('tanstack-start', pkg.scripts.build ?? 'vite build', 'node .output/server/index.mjs', {
        env: { HOST: '0.0.0.0' },
      }),
  },
  {
    when: ['@solidjs/start', 'solid-start'],
    shape: () =>
      server('solid-start', 'vinxi build', 'node .output/server/index.mjs', {
        env: { HOST: '0.0.0.0' },
        own: /^(?:vinxi|solid-start) start\b/,
      }),
  },
  { when: ['@sveltejs/kit'], shape: svelteKit },
  { when: ['astro'], shape: astro },
  { when: ['@builder.io/qwik-city', '@qwik.dev/router'], shape: qwik },
  {
    when: ['vinxi'],
    shape: () =>
      server('vinxi', 'vinxi build', 'node .output/server/index.mjs', { env: { HOST: '0.0.0.0' } }),
  },
  { when: ['vike', 'vite-plugin-ssr'], shape: () => null },
  { when: ['gatsby'], shape: () => site('gatsby', 'gatsby build', 'public') },
  { when: ['@docusaurus/core'], shape: () => site('docusaurus', 'docusaurus build', 'build') },
  { when: ['vitepress'], shape: (pkg, ctx) => press('vitepress', pkg, ctx) },
  { when: ['vuepress', 'vuepress-vite', '@vuepress/cli'], shape: (pkg, ctx) => press('vuepress', pkg, ctx) },
  { when: ['rspress', '@rspress/core'], shape: () => site('rspress', 'rspress build', 'doc_build') },
  { when: ['@11ty/eleventy'], shape: eleventy },
  { when: ['hexo'], shape: () => site('hexo', 'hexo generate', 'public') },
  { when: ['@gridsome/cli', 'gridsome'], shape: () => site('gridsome', 'gridsome build', 'dist') },
  {
    when: ['@adonisjs/core'],
    shape: (pkg) =>
      server(
        'adonis',
        'node ace build',
        (majorOf(pkg, '@adonisjs/core') ?? 6) >= 6 ? 'node build/bin/server.js' : 'node build/server.js',
        { env: { HOST: '0.0.0.0' } },
      ),
  },
  {
    when: ['@nestjs/core'],
    shape: (pkg, ctx) =>
      server('nest', 'nest build', `node ${nestMain(ctx)}`, {
        own: /^nest start\b/,
        ...(pkg.scripts.build === undefined ? {} : {}),
      }),
  },
  { when: ['@midwayjs/core', '@midwayjs/web', '@midwayjs/koa'], shape: () => server('midway', null, null) },
  { when: ['egg'], shape: () => server('egg', null, null) },
  { when: ['sails'], shape: () => server('sails', null, null) },
  { when: ['@feathersjs/feathers'], shape: () => server('feathers', null, null) },
  { when: ['@angular/core'], shape: angular },
];

const servers: readonly [string, string][] = [
  ['express', 'express'],
  ['fastify', 'fastify'],
  ['koa', 'koa'],
  ['@hono/node-server', 'hono'],
  ['hono', 'hono'],
  ['@hapi/hapi', 'hapi'],
  ['hapi', 'hapi'],
  ['restify', 'restify'],
  ['polka', 'polka'],
  ['h3', 'h3'],
  ['@apollo/server', 'apollo'],
  ['apollo-server', 'apollo'],
  ['graphql-yoga', 'graphql-yoga'],
  ['@trpc/server', 'trpc'],
  ['socket.io', 'socket.io'],
  ['json-server', 'json-server'],
  ['parse-server', 'parse-server'],
  ['probot', 'probot'],
  ['ws', 'ws'],
  ['micro', 'micro'],
  ['moleculer-web', 'moleculer'],
  ['moleculer', 'moleculer'],
  ['@elysiajs/node', 'elysia'],
  ['hyper-express', 'hyper-express'],
  ['uWebSockets.js', 'uwebsockets'],
  ['connect', 'connect'],
  ['loopback', 'loopback'],
  ['@loopback/core', 'loopback'],
  ['total.js', 'total.js'],
  ['total4', 'total.js'],
  ['meteor-node-stubs', 'meteor'],
  ['peer', 'peer'],
  ['ghost', 'ghost'],
  ['node-red', 'node-red'],
  ['nodebb', 'nodebb'],
  ['directus', 'directus'],
  ['payload', 'payload'],
  ['actionhero', 'actionhero'],
  ['discord.js', 'discord.js'],
  ['eris', 'eris'],
  ['telegraf', 'telegraf'],
  ['grammy', 'grammy'],
  ['node-telegram-bot-api', 'telegram'],
  ['@slack/bolt', 'bolt'],
  ['botbuilder', 'botbuilder'],
  ['bullmq', 'bullmq'],
  ['agenda', 'agenda'],
  ['whatsapp-web.js', 'whatsapp'],
  ['tmi.js', 'tmi'],
];

/** The library that serves or listens, at run time; null when none of the known ones is asked for. */
export function serverLibrary(pkg: Package): string | null {
  return servers.find(([name]) => name in pkg.dependencies)?.[1] ?? null;
}

/** The framework that decides how the app is built and run; null: a plain program. */
export function frameworkShape(pkg: Package, ctx: Context): Shape | null {
  for (const rule of rules) {
    if (usedOf(pkg, rule.when) === null) continue;
    const shape = rule.shape(pkg, ctx);
    if (shape !== null) return shape;
  }
  return null;
}

/** A bundler that makes a single-page app of the sources; null when there is none. Asked last. */
export function bundlerShape(pkg: Package, ctx: Context): Shape | null {
  const { tree } = ctx;
  const builds = Object.values(pkg.scripts).join('\n');
  if (uses(pkg, 'react-scripts') || /\b(?:react-scripts|craco|react-app-rewired) build\b/.test(builds)) {
    const framework = 'create-react-app';
    // CI=true would turn its warnings into errors.
    return site(framework, 'react-scripts build', text(null) ?? 'build', true, {
      CI: 'false',
      GENERATE_SOURCEMAP: 'false',
    });
  }
  if (uses(pkg, '@vue/cli-service')) {
    const config = configTokens(ctx, 'vue.config');
    return site('vue-cli', 'vue-cli-service build', stringOf(config, 'outputDir') ?? 'dist', true);
  }
  if (uses(pkg, '@quasar/app-vite', '@quasar/app', '@quasar/app-webpack'))
    return site('quasar', 'quasar build', 'dist/spa', true);
  if (uses(pkg, '@ionic/angular') && !uses(pkg, 'vite')) return site('ionic', 'ng build', 'www', true);
  if (uses(pkg, '@stencil/core') && tree.has('src/index.html'))
    return site('stencil', 'stencil build', 'www', true);
  if (uses(pkg, 'preact-cli')) return site('preact', 'preact build', 'build', true);
  if (uses(pkg, 'ember-cli')) return site('ember', 'ember build --environment=production', 'dist', true);
  if (uses(pkg, 'umi', '@umijs/max'))
    return site('umi', uses(pkg, '@umijs/max') ? 'max build' : 'umi build', 'dist', true);
  if (uses(pkg, 'expo') && uses(pkg, 'react-native-web'))
    return site('expo', 'expo export --platform web', 'dist', true);
  if (uses(pkg, '@rsbuild/core')) return site('rsbuild', 'rsbuild build', 'dist', true);
  if (uses(pkg, 'vite', 'rolldown-vite') || /\bvite build\b/.test(builds)) return vite(pkg, ctx);
  if (uses(pkg, 'parcel', 'parcel-bundler')) return parcel(pkg, ctx);
  if (uses(pkg, 'elm', 'create-elm-app') && tree.has('elm.json')) return null;
  if (uses(pkg, 'snowpack')) return site('snowpack', 'snowpack build', 'build', true);
  if (
    uses(pkg, 'webpack', '@rspack/core', '@rspack/cli') &&
    (uses(pkg, 'html-webpack-plugin', 'copy-webpack-plugin', '@rspack/cli') ||
      /webpack/.test(pkg.scripts.build ?? ''))
  ) {
    return bundled(
      uses(pkg, 'webpack') ? 'webpack' : 'rspack',
      uses(pkg, 'webpack') ? 'webpack --mode production' : 'rspack build',
      ctx,
    );
  }
  if (uses(pkg, 'rollup') && tree.has('public/index.html') && pkg.scripts.build !== undefined)
    return site('rollup', null, 'public', true);
  if (
    uses(pkg, 'esbuild', 'bun', 'browserify', 'laravel-mix', 'gulp', 'grunt') &&
    pkg.scripts.build !== undefined
  ) {
    const page = tree.first('public/index.html', 'dist/index.html', 'www/index.html', 'build/index.html');
    if (page !== null)
      return site(
        usedOf(pkg, ['esbuild', 'browserify', 'gulp', 'grunt']) ?? 'bundler',
        null,
        page.slice(0, page.indexOf('/')),
        true,
      );
  }
  return null;
}

/** The tokens of a configuration file with any of the usual extensions, in a folder of the app. */
export function configTokens(ctx: Context, name: string): JsToken[] | null {
  const file = ['js', 'mjs', 'cjs', 'ts', 'mts', 'cts']
    .map((extension) => `${name}.${extension}`)
    .find((path) => ctx.tree.has(path));
  return file === undefined ? null : jsTokens(ctx.tree.read(file) ?? '');
}

export function stringOf(tokens: readonly JsToken[] | null, key: string): string | null {
  const value = tokens === null ? undefined : jsProperty(tokens, key)?.value;
  return typeof value === 'string' && value !== 'other' ? value.replace(/^\.\/|\/+$/g, '') : null;
}

function next(pkg: Package, ctx: Context): Shape {
  const config = configTokens(ctx, 'next.config');
  const output = config === null ? undefined : jsProperty(config, 'output');
  const exports =
    output?.value === 'export' || (output === undefined && /\bnext export\b/.test(pkg.scripts.build ?? ''));
  const env = { NEXT_TELEMETRY_DISABLED: '1' };
  if (exports) return site('next', 'next build', stringOf(config, 'distDir') ?? 'out', false, env);
  const modern = (majorOf(pkg, 'next') ?? 99) >= 13;
  const dist = stringOf(config, 'distDir') ?? '.next';
  return server('next', 'next build', modern ? 'node server.js' : 'next start -p $PORT', {
    own: /^next start\b|^node \.next\/standalone\/server\.js$/,
    env: { ...env, HOSTNAME: '0.0.0.0' },
    standalone: modern,
    writable: modern ? [] : [`/app/${dist}/cache`],
  });
}

function nuxt(pkg: Package, ctx: Context): Shape {
  const config = configTokens(ctx, 'nuxt.config');
  if (uses(pkg, 'nuxt') && majorOf(pkg, 'nuxt') === 2) {
    const spa =
      config !== null &&
      (jsProperty(config, 'target')?.value === 'static' || /nuxt generate/.test(pkg.scripts.build ?? ''));
    return spa
      ? site('nuxt', 'nuxt generate', 'dist', true)
      : server('nuxt', 'nuxt build', 'nuxt start', { env: { HOST: '0.0.0.0' } });
  }
  const ssr = config === null ? undefined : jsProperty(config, 'ssr')?.value;
  const preset = stringOf(config, 'preset');
  if (
    /\b(?:nuxt|nuxi) generate\b/.test(pkg.scripts.build ?? '') ||
    preset === 'static' ||
    preset === 'github-pages'
  )
    return site('nuxt', 'nuxt generate', '.output/public', ssr === false);
  if (ssr === false) return site('nuxt', 'nuxt generate', '.output/public', true);
  return server('nuxt', 'nuxt build', 'node .output/server/index.mjs', {
    env: { HOST: '0.0.0.0', NUXT_TELEMETRY_DISABLED: '1', NITRO_PRESET: 'node-server' },
    own: /^(?:nuxt|nuxi) (?:start|preview)\b/,
    ship: [{ from: '.output', to: '.output' }],
  });
}

function remix(pkg: Package, ctx: Context): Shape | null {
  const config = configTokens(ctx, 'vite.config') ?? configTokens(ctx, 'remix.config');
  if (!uses(pkg, '@remix-run/dev')) return null;
  const viteBased = configTokens(ctx, 'vite.config') !== null;
  if (config !== null && jsProperty(config, 'ssr')?.value === false)
    return site('remix', 'remix vite:build', 'build/client', true);
  return server(
    'remix',
    viteBased ? 'remix vite:build' : 'remix build',
    viteBased ? 'remix-serve build/server/index.js' : 'remix-serve build/index.js',
    { env: { HOST: '0.0.0.0' } },
  );
}

function reactRouter(_pkg: Package, ctx: Context): Shape {
  const config = configTokens(ctx, 'react-router.config');
  if (config !== null && jsProperty(config, 'ssr')?.value === false) {
    return site(
      'react-router',
      'react-router build',
      `${stringOf(config, 'buildDirectory') ?? 'build'}/client`,
      true,
    );
  }
  return server(
    'react-router',
    'react-router build',
    `react-router-serve ./${stringOf(config, 'buildDirectory') ?? 'build'}/server/index.js`,
    { env: { HOST: '0.0.0.0' } },
  );
}

function svelteKit(pkg: Package, ctx: Context): Shape {
  const config = configTokens(ctx, 'svelte.config');
  if (uses(pkg, '@sveltejs/adapter-static')) {
    return site(
      'sveltekit',
      'vite build',
      stringOf(config, 'pages') ?? 'build',
      stringOf(config, 'fallback') !== null,
    );
  }
  const bun = uses(pkg, 'svelte-adapter-bun');
  // adapter-auto chooses adapter-node where this variable is set.
  return server(
    'sveltekit',
    'vite build',
    bun ? 'bun ./build/index.js' : `node ${stringOf(config, 'out') ?? 'build'}`,
    { env: { GCP_BUILDPACKS: 'true', HOST: '0.0.0.0' }, own: /^vite preview\b/ },
  );
}

function astro(pkg: Package, ctx: Context): Shape {
  const config = configTokens(ctx, 'astro.config');
  const adapter = usedOf(pkg, [
    '@astrojs/node',
    '@astrojs/vercel',
    '@astrojs/netlify',
    '@astrojs/cloudflare',
    '@astrojs/deno',
    'astro-bun-adapter',
    '@nurodev/astro-bun',
  ]);
  const out = stringOf(config, 'outDir') ?? 'dist';
  const called = config === null ? false : config.some((token) => token.text === 'adapter');
  if (adapter === '@astrojs/node' && called) {
    return server('astro', 'astro build', `node ./${out}/server/entry.mjs`, {
      env: { HOST: '0.0.0.0', ASTRO_TELEMETRY_DISABLED: '1' },
      own: /^astro preview\b/,
    });
  }
  return site('astro', 'astro build', out, false, { ASTRO_TELEMETRY_DISABLED: '1' });
}

function qwik(pkg: Package, ctx: Context): Shape | null {
  if (ctx.tree.hasFolder('adapters/static')) return site('qwik', null, 'dist');
  const entry = ctx.tree.first(
    'src/entry.express.tsx',
    'src/entry.fastify.tsx',
    'src/entry.node-server.tsx',
    'src/entry.node-server.ts',
  );
  const name = entry === null ? null : (/entry\.([\w-]+)/.exec(entry)?.[1] ?? null);
  return server(
    'qwik',
    pkg.scripts.build ?? 'qwik build',
    name === null ? null : `node server/entry.${name}`,
  );
}

function press(name: string, pkg: Package, ctx: Context): Shape {
  const script = Object.values(pkg.scripts).find((one) => one.includes(`${name} build`)) ?? '';
  const named = new RegExp(`${name} build(?: +([\\w./-]+))?`).exec(script)?.[1];
  const folder = (
    named ??
    ['docs', 'doc', 'src', 'website'].find((one) => ctx.tree.hasFolder(`${one}/.${name}`)) ??
    ''
  ).replace(/^\.\/?|\/+$/g, '');
  const at = folder === '' ? '' : `${folder}/`;
  const tokens = configTokens(ctx, `${at}.${name}/config`) ?? configTokens(ctx, `${at}.${name}/config/index`);
  const out = stringOf(tokens, 'outDir');
  const output = out === null ? `${at}.${name}/dist` : normalize(`${at}${out}`);
  return site(name, script === '' ? `${name} build ${folder}`.trim() : script, output);
}

function eleventy(_pkg: Package, ctx: Context): Shape {
  const tokens = configTokens(ctx, '.eleventy') ?? configTokens(ctx, 'eleventy.config');
  let output = stringOf(tokens, 'output');
  const set = tokens?.findIndex((token) => token.text === 'setOutputDirectory') ?? -1;
  if (set >= 0) output = tokens?.[set + 2]?.text ?? output;
  const flag = /--output[= ]([\w./-]+)/.exec(Object.values(_pkg.scripts).join('\n'))?.[1];
  return site('eleventy', 'eleventy', normalize(flag ?? output ?? '_site'));
}

function angular(pkg: Package, ctx: Context): Shape | null {
  const workspace = record(ctx.tree.json('angular.json') ?? {});
  const projects = Object.entries(record(workspace.projects)).filter(
    ([name, project]) => record(project).projectType !== 'library' && !name.endsWith('-e2e'),
  );
  const named = text(workspace.defaultProject);
  const [name, project] = projects.find(([one]) => one === named) ?? projects[0] ?? [];
  if (name === undefined) return ctx.tree.has('angular.json') ? null : null;
  const targets = record(record(project).architect ?? record(project).targets);
  const build = record(targets.build);
  const options = record(build.options);
  const builder = text(build.builder) ?? '';
  const path =
    typeof options.outputPath === 'string'
      ? options.outputPath
      : (text(record(options.outputPath).base) ?? `dist/${name}`);
  const modern = /:application$/.test(builder);
  const browser = text(record(options.outputPath).browser) ?? 'browser';
  const base = normalize(path);
  const rendered = options.server !== undefined || targets.server !== undefined;
  if (
    rendered &&
    (modern
      ? text(options.outputMode) !== 'static' && options.ssr !== undefined && options.ssr !== false
      : uses(pkg, '@nguniversal/express-engine', '@angular/ssr'))
  ) {
    const entry = modern ? `${base}/server/server.mjs` : `dist/${name}/server/main.js`;
    return server('angular', 'ng build', `node ${entry}`, { own: /^ng serve\b|serve:ssr/ });
  }
  return site('angular', `ng build`, modern ? normalize(`${base}/${browser}`) : base, true, {
    NG_CLI_ANALYTICS: 'false',
  });
}

function vite(pkg: Package, ctx: Context): Shape | null {
  const config = configTokens(ctx, 'vite.config');
  if (config !== null && hasLib(config)) return null;
  const script = Object.values(pkg.scripts).find((one) => /\bvite build\b/.test(one)) ?? '';
  const positional = /\bvite build(?: +([\w./-]+))/.exec(script)?.[1];
  const root = normalize(
    stringOf(config, 'root') ?? (positional !== undefined && !positional.startsWith('-') ? positional : ''),
  );
  const at = root === '' ? '' : `${root}/`;
  const page = ctx.tree.first(
    `${at}index.html`,
    'index.html',
    'src/index.html',
    'client/index.html',
    'public/index.html',
    'app/index.html',
    'web/index.html',
  );
  if (page === null) return null;
  const flag = /--outDir[= ]([\w./-]+)/.exec(script)?.[1];
  const out = flag ?? stringOf(config, 'outDir') ?? 'dist';
  return site(viteFramework(pkg), 'vite build', normalize(`${at}${out}`), true);
}

function viteFramework(pkg: Package): string {
  return 'vite' + (usedOf(pkg, []) ?? '');
}

/** `build: { lib: … }`: the bundle is a library, not a page. */
function hasLib(tokens: readonly JsToken[]): boolean {
  return tokens.some(
    (token, index) =>
      token.text === 'lib' && tokens[index + 1]?.text === ':' && tokens[index + 2]?.text === '{',
  );
}

function parcel(pkg: Package, ctx: Context): Shape | null {
  const script =
    [pkg.scripts.build, ...Object.values(pkg.scripts)].find((one) =>
      /\bparcel(?: build)?\b/.test(one ?? ''),
    ) ?? '';
  const entry =
    /([\w./-]+\.html)\b/.exec(script)?.[1] ??
    text(pkg.raw.source) ??
    ctx.tree.first('src/index.html', 'index.html', 'public/index.html');
  if (entry === null || entry === undefined || !/html$|pug$/.test(entry)) return null;
  const out = /(?:--dist-dir|--out-dir|-d)[= ]([\w./-]+)/.exec(script)?.[1] ?? 'dist';
  return site('parcel', `parcel build ${entry}`, normalize(out), true);
}

function bundled(framework: string, build: string, ctx: Context): Shape | null {
  const files = [
    'webpack.config',
    'webpack.prod',
    'webpack.config.prod',
    'webpack.common',
    'webpack.production',
    'config/webpack.prod',
    'config/webpack.common',
    'config/webpack.config.prod',
    'build/webpack.prod.conf',
    'webpack/webpack.common',
    'webpack/webpack.prod',
    'rspack.config',
  ];
  let output: string | null = null;
  let known = false;
  for (const file of files) {
    const tokens = configTokens(ctx, file);
    if (tokens === null) continue;
    known = true;
    if (jsProperty(tokens, 'target')?.value === 'node') return null;
    const path = tokens.findIndex((token, index) => token.text === 'path' && tokens[index + 1]?.text === ':');
    const names =
      path < 0
        ? []
        : tokens
            .slice(path + 2, path + 14)
            .filter((token) => token.kind === 'string')
            .map((token) => token.text.replace(/^\.?\/+/, ''));
    output ??= names.find((name) => name !== '' && name !== '..' && !name.startsWith('..')) ?? null;
  }
  const page = ctx.tree.first(
    'public/index.html',
    'src/index.html',
    'index.html',
    'dist/index.html',
    'src/public/index.html',
    'app/index.html',
    'src/template.html',
    'static/index.html',
    'src/index.ejs',
    'src/index.pug',
    'public/index.ejs',
  );
  return page === null && !known
    ? null
    : page === null && output === null
      ? null
      : site(framework, build, normalize(output ?? 'dist'), true);
}

/** `a/./b/../c` → `a/c`; never leaves the app. */
export function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

/** Where nest puts main.js: `dist/main`, or below it when more than `src` is compiled. */
function nestMain(ctx: Context): string {
  const cli = record(ctx.tree.json('nest-cli.json') ?? {});
  const entry = text(cli.entryFile) ?? 'main';
  const config = record(ctx.tree.has('tsconfig.json') ? ctx.tree.json('tsconfig.json') : {});
  const out = normalize(text(record(config.compilerOptions).outDir) ?? 'dist');
  const monorepo = cli.monorepo === true ? text(cli.root) : null;
  if (monorepo !== null) return `${out}/${monorepo}/${entry}.js`;
  return `${out}/${entry}.js`;
}
