import type { Context } from '../buildpack.ts';
import { jsProperty } from '../lib/js.ts';
import { record, text } from '../lib/json.ts';
import { configTokens, normalize, stringOf } from './config.ts';
import { majorOf, type Package, usedOf, uses } from './package.ts';
import { type Shape, server, site } from './shape.ts';

export function next(pkg: Package, ctx: Context): Shape {
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

export function nuxt(pkg: Package, ctx: Context): Shape {
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

export function remix(pkg: Package, ctx: Context): Shape | null {
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

export function reactRouter(_pkg: Package, ctx: Context): Shape {
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

export function svelteKit(pkg: Package, ctx: Context): Shape {
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

export function astro(pkg: Package, ctx: Context): Shape {
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

export function qwik(pkg: Package, ctx: Context): Shape | null {
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

/** Where nest puts main.js: `dist/main`, or below it when more than `src` is compiled. */
export function nestMain(ctx: Context): string {
  const cli = record(ctx.tree.json('nest-cli.json') ?? {});
  const entry = text(cli.entryFile) ?? 'main';
  const config = record(ctx.tree.has('tsconfig.json') ? ctx.tree.json('tsconfig.json') : {});
  const out = normalize(text(record(config.compilerOptions).outDir) ?? 'dist');
  const monorepo = cli.monorepo === true ? text(cli.root) : null;
  if (monorepo !== null) return `${out}/${monorepo}/${entry}.js`;
  return `${out}/${entry}.js`;
}
