import type { Context } from '../buildpack.ts';
import { type JsToken, jsProperty } from '../lib/js.ts';
import { text } from '../lib/json.ts';
import { configTokens, normalize, stringOf } from './config.ts';
import { type Package, usedOf, uses } from './package.ts';
import { type Shape, site } from './shape.ts';

/** A bundler that makes a single-page app of the sources; null when there is none. Asked last. */
export function bundlerShape(pkg: Package, ctx: Context): Shape | null {
  const { tree } = ctx;
  const builds = Object.values(pkg.scripts).join('\n');
  if (uses(pkg, 'react-scripts') || /\b(?:react-scripts|craco|react-app-rewired) build\b/.test(builds)) {
    const framework = 'create-react-app';
    // CI=true would turn its warnings into errors.
    return site(framework, 'react-scripts build', 'build', true, {
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
  if (uses(pkg, '@slidev/cli')) return site('slidev', 'slidev build', 'dist', true);
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
  return site('vite', 'vite build', normalize(`${at}${out}`), true);
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
