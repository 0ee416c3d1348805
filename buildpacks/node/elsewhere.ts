import type { Context } from '../buildpack.ts';
import { type Json, record } from '../lib/json.ts';
import { entryFile } from './entry.ts';
import { serverLibrary } from './frameworks.ts';
import { type Package, uses } from './package.ts';
import { lastPart } from './start.ts';

/** Code that another platform calls: it never listens itself. */
function serverLess(ctx: Context): string | null {
  if (
    ctx.tree.first('wrangler.toml', 'wrangler.json', 'wrangler.jsonc') !== null &&
    entryFile(ctx, null)?.serves !== true &&
    frameworkShapeFiles(ctx)
  ) {
    return 'it is a Cloudflare Worker, which that platform calls';
  }
  return null;
}

/** No page and no framework's configuration beside it. */
function frameworkShapeFiles(ctx: Context): boolean {
  return (
    ctx.tree.first(
      'index.html',
      'next.config.js',
      'next.config.mjs',
      'next.config.ts',
      'nuxt.config.ts',
      'astro.config.mjs',
      'astro.config.ts',
      'svelte.config.js',
      'vite.config.ts',
      'vite.config.js',
      'react-router.config.ts',
      'remix.config.js',
    ) === null
  );
}

/** Packages that run somewhere else than on a server. */
export function notAServer(pkg: Package, ctx: Context): string | null {
  if (ctx.tree.hasFolder('.meteor')) return 'it is a Meteor app, whose build needs the meteor tool';
  if (serverLess(ctx) !== null && pkg.scripts.start === undefined) return serverLess(ctx);
  if (
    uses(pkg, 'electron') &&
    (/electron/.test(pkg.scripts.start ?? 'electron') || pkg.scripts.start === undefined)
  )
    return 'it is a desktop app (electron)';
  if (uses(pkg, 'react-native') && !uses(pkg, 'react-native-web') && serverLibrary(pkg) === null)
    return 'it is a mobile app (react-native)';
  if (uses(pkg, 'expo') && !uses(pkg, 'react-native-web')) return 'it is a mobile app (expo)';
  if (ctx.tree.first('action.yml', 'action.yaml') !== null && serverLibrary(pkg) === null)
    return 'it is a GitHub action';
  const extension = ctx.tree.first(
    'manifest.json',
    'public/manifest.json',
    'src/manifest.json',
    'static/manifest.json',
  );
  if (
    extension !== null &&
    serverLibrary(pkg) === null &&
    record(readJson(ctx, extension)).manifest_version !== undefined
  )
    return 'it is a browser extension';
  if (pkg.engines.vscode !== undefined) return 'it is an extension of Visual Studio Code';
  if (uses(pkg, 'nativescript', '@nativescript/core')) return 'it is a mobile app (nativescript)';
  return null;
}

/** Programs that no module brings and no image of Node has: for phones, desktops, other platforms, other languages. */
const elsewhere =
  /^(?:docker|docker-compose|podman|make|meteor|cordova|tns|ns|ionic|react-native|expo|electron|electron-forge|electronmon|electron-vite|nw|open|xdg-open|code|python[23]?|php|java|mvn|gradle|\.\/gradlew|\.\/mvnw|go|cargo|ruby|bundle|rails|dotnet|deno|gitbook|vagrant|heroku|firebase|func|sam|sls|serverless|netlify|vercel|now|wrangler|ask|truffle|hardhat|ganache|forge|k6|jest|mocha|ava|tap|cypress|playwright|karma|testem|storybook|exit|echo|true|false|test|error|web-ext|plasmo|wxt|turbo|nx|lerna)$/;

/** The program of a start command that cannot run in the image; null when it can. */
export function programElsewhere(start: string): string | null {
  const word = lastPart(start).split(' ')[0] ?? '';
  return elsewhere.test(word) ? word : null;
}

/** A side file: one that cannot be read says nothing. */
function readJson(ctx: Context, path: string): Json {
  try {
    return ctx.tree.json(path);
  } catch {
    return null;
  }
}
