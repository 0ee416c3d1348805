import type { Context, Warning } from '../buildpack.ts';
import { devServer } from '../lib/devserver.ts';
import { jsTokens } from '../lib/js.ts';
import { record, text } from '../lib/json.ts';
import { bundlerShape } from './bundlers.ts';
import { normalize } from './config.ts';
import { notAServer, programElsewhere } from './elsewhere.ts';
import { entryFile, resolveFile, runFile, servesHttp } from './entry.ts';
import { frameworkShape, serverLibrary } from './frameworks.ts';
import { type Package, uses } from './package.ts';
import { expand, fileServer, splitStart } from './scripts.ts';
import type { Shape } from './shape.ts';
import {
  fixedPort,
  foldersOf,
  lastPart,
  leadingSteps,
  otherScript,
  runsOwnServer,
  tidy,
  untangle,
  watchedServer,
} from './start.ts';

/** What a package is, once its scripts and code were read. */
export type App =
  | {
      kind: 'site';
      framework: string | null;
      build: string | null;
      output: string;
      fallback: boolean;
      env: Record<string, string>;
      why: string;
      warnings: Warning[];
    }
  | ServerApp
  /** Nothing of it runs by itself; `library`: it is made for other packages. */
  | { kind: 'none'; library: boolean; why: string };

export interface ServerApp {
  kind: 'server';
  framework: string | null;
  /** A library that serves or listens is asked for. */
  serves: boolean;
  /** Where the start command comes from. */
  source: string;
  start: string;
  /** Commands of the build beyond the `build` script. */
  extraBuild: string[];
  /** The build when there is no `build` script. */
  build: string | null;
  env: Record<string, string>;
  keepDev: boolean;
  shape: Extract<Shape, { kind: 'server' }> | null;
  warnings: Warning[];
}

/** Reads a package as an app. `given`: a start command from the settings or the Procfile, which comes before `start`. */
export function appOf(ctx: Context, pkg: Package, given: string | null): App {
  const foreign = notAServer(pkg, ctx);
  if (foreign !== null && given === null) return { kind: 'none', library: true, why: foreign };
  const shape = frameworkShape(pkg, ctx);
  const bad = given !== null && devServer(expand(given, pkg.scripts, foldersOf(ctx))) !== null;
  const own =
    bad &&
    pkg.scripts.start !== undefined &&
    devServer(expand(pkg.scripts.start, pkg.scripts, foldersOf(ctx))) === null;
  const script = (own ? null : given) ?? pkg.scripts.start ?? null;
  const source = given === null || own ? 'scripts.start' : 'the given start command';
  const expanded =
    script === null
      ? null
      : untangle(tidy(expand(script, pkg.scripts, foldersOf(ctx))), pkg.scripts, foldersOf(ctx));
  const dev = expanded === null ? null : devServer(expanded);
  const refused = own ? devServer(expand(given ?? '', pkg.scripts, foldersOf(ctx))) : dev;
  const warnings: Warning[] =
    refused === null
      ? []
      : [
          {
            code: 'development-server',
            message: `${own ? 'the given start command' : source} ("${own ? given : script}") runs ${refused}, which only serves development; it is not used.`,
          },
        ];
  const usable = expanded !== null && dev === null ? splitStart(expanded) : null;
  const elsewhere =
    usable?.start === null || usable === null || given !== null ? null : programElsewhere(usable.start);
  if (elsewhere !== null) {
    warnings.push({
      code: 'start-not-used',
      message: `${source} ("${script}") runs ${elsewhere}, which is not in the image; it is not used.`,
    });
  }
  const serving = elsewhere === null ? (usable?.start ?? null) : null;

  if (shape?.kind === 'site' && (serving === null || !runsOwnServer(serving)))
    return siteOf(shape, `${shape.framework} builds files`, pkg, warnings);
  if (shape?.kind === 'server') {
    const framework =
      serving === null || shape.own?.test(lastPart(serving)) === true || fileServer(serving) !== null;
    if (!framework && serving !== null)
      return serverOf(ctx, pkg, serving, source, usable?.build ?? [], shape, warnings);
    const leading = serving === null ? [] : leadingSteps(serving);
    if (shape.start !== null) {
      return serverOf(
        ctx,
        pkg,
        [...leading, shape.start].join(' && '),
        `${shape.framework}'s own start`,
        [],
        shape,
        warnings,
      );
    }
  }
  if (serving !== null && fileServer(serving) === null)
    return serverOf(ctx, pkg, serving, source, usable?.build ?? [], null, warnings);

  if (serving === null && dev === null && !pkg.private && shape === null) {
    if (pkg.bin)
      return { kind: 'none', library: true, why: 'it is a command-line tool (bin) without a start script' };
    if (pkg.published) {
      return { kind: 'none', library: true, why: 'it is a library for other packages, with no start script' };
    }
  }
  const other = otherScript(ctx, pkg);
  if (other !== null && (serverLibrary(pkg) !== null || bundlerShape(pkg, ctx) === null)) {
    return serverOf(ctx, pkg, other.start, `scripts.${other.name}`, other.build, null, warnings);
  }
  const watched = dev === null || expanded === null ? null : watchedServer(ctx, pkg, expanded);
  const entry = watched ?? entryFile(ctx, pkg);
  if (entry !== null && (entry.serves || watched !== null))
    return fromFile(ctx, pkg, entry.file, warnings, watched?.babel);

  const bundle = bundlerShape(pkg, ctx);
  if (bundle?.kind === 'site') return siteOf(bundle, `${bundle.framework} builds a page`, pkg, warnings);
  const served = serving === null ? null : fileServer(serving);
  if (served !== null && pkg.scripts.build !== undefined) {
    return siteOf(
      {
        kind: 'site',
        framework: 'files',
        build: null,
        output: served === '' ? 'dist' : served,
        fallback: /(?:^|\s)-s\b|--single/.test(serving ?? ''),
      },
      `${script} serves files`,
      pkg,
      warnings,
    );
  }
  const built =
    pkg.main === null
      ? null
      : /^(?:\.\/)?(?:dist|build|out)\//.test(pkg.main) && resolveFile(ctx, pkg.main) === null
        ? pkg.main
        : null;
  if (built !== null && pkg.scripts.build !== undefined && serverLibrary(pkg) !== null) {
    return serverOf(ctx, pkg, `node ${built}`, 'main, made by the build', [], null, warnings);
  }
  if (
    entry !== null &&
    (serverLibrary(pkg) !== null ||
      (!pkg.published && Object.keys(pkg.dependencies).length > 0 && entry.file !== 'index.html'))
  ) {
    return fromFile(ctx, pkg, entry.file, warnings);
  }
  return {
    kind: 'none',
    library: pkg.main !== null && resolveFile(ctx, pkg.main) !== null,
    why: 'it has no start script, no main file that serves and no build to files',
  };
}

function siteOf(
  shape: Extract<Shape, { kind: 'site' }>,
  why: string,
  pkg: Package,
  warnings: Warning[],
): App {
  return {
    kind: 'site',
    framework: shape.framework === 'files' ? null : shape.framework,
    build: buildScript(pkg) === null ? shape.build : null,
    output: shape.output,
    fallback: shape.fallback,
    env: shape.env ?? {},
    why,
    warnings,
  };
}

function serverOf(
  ctx: Context,
  pkg: Package,
  start: string,
  source: string,
  extraBuild: string[],
  shape: Extract<Shape, { kind: 'server' }> | null,
  warnings: Warning[],
): ServerApp {
  const compiled = uncompiled(ctx, pkg, start) ?? unbuilt(ctx, pkg, start);
  const fixed = fixedPort(compiled?.start ?? start);
  return {
    kind: 'server',
    framework: shape?.framework ?? serverLibrary(pkg),
    serves: shape !== null || serverLibrary(pkg) !== null || uses(pkg, 'next', 'nuxt', 'vite'),
    source,
    start: fixed.start,
    extraBuild: [...extraBuild, ...(compiled?.build ?? [])],
    build: shape?.build ?? null,
    env: shape?.env ?? {},
    keepDev:
      compiled?.keepDev ??
      /^(?:tsx|ts-node|babel-node|swc-node|vite|jiti|esno|sucrase-node)\b/.test(lastPart(start)),
    shape: start === shape?.start ? shape : shape === null ? null : { ...shape, ship: [], standalone: false },
    warnings: [...warnings, ...fixed.warnings],
  };
}

function fromFile(ctx: Context, pkg: Package, file: string, warnings: Warning[], babel = false): ServerApp {
  const run = runFile(ctx, pkg, file, babel);
  const app = serverOf(ctx, pkg, run.start, file, run.build, null, warnings);
  return {
    ...app,
    serves: app.serves || servesHttp(jsTokens(ctx.tree.read(file) ?? '')),
    keepDev: app.keepDev || run.keepDev,
  };
}

/** `node dist/a.js` that no script builds, where the compiler would put it: it is compiled here. */
function unbuilt(ctx: Context, pkg: Package, start: string) {
  if (buildScript(pkg) !== null || !uses(pkg, 'typescript') || !ctx.tree.has('tsconfig.json')) return null;
  const file = /^(?:\w+=\S+\s+)*node\s+(?:-\S+\s+)*([\w./@-]+)$/.exec(lastPart(start))?.[1];
  const out = text(record(record(ctx.tree.json('tsconfig.json')).compilerOptions).outDir);
  if (
    file === undefined ||
    out === null ||
    resolveFile(ctx, file) !== null ||
    !normalize(file).startsWith(`${normalize(out)}/`)
  )
    return null;
  return { start, build: ['tsc'], keepDev: false };
}

/** `ts-node src/a.ts` where the project also compiles: the compiled file. */
function uncompiled(ctx: Context, pkg: Package, start: string) {
  const file =
    /^(?:ts-node|tsx|babel-node|swc-node|node (?:-r|--require|--loader|--import) (?:ts-node|tsx|esbuild|@swc-node)\S*)(?:\s+-\S+(?:\s+tsconfig\S*)?)*\s+([\w./@-]+\.[cm]?[jt]sx?)$/.exec(
      start.trim(),
    )?.[1];
  const path = file === undefined ? null : resolveFile(ctx, file);
  if (path === null) return null;
  const babel = start.includes('babel-node');
  if (!babel && !/tsx?$/.test(path)) return null;
  const run = runFile(ctx, pkg, path, babel);
  // Its own loader stays as the owner wrote it, flags included.
  return run.keepDev || run.build.length > 0
    ? null
    : { ...run, start: run.start.endsWith('.ts') ? start : run.start, keepDev: run.start.endsWith('.ts') };
}

/** The script that builds, by its usual names; null when there is none to run. */
export function buildScript(pkg: Package): string | null {
  for (const name of [
    'build',
    'heroku-postbuild',
    'gcp-build',
    'render-build',
    'vercel-build',
    'build:prod',
    'build:production',
  ]) {
    const script = pkg.scripts[name];
    if (script === undefined) continue;
    if (/^(?:docker|electron-builder|electron-forge|pkg|podman|eas)\b/.test(script.trim())) continue;
    // A stand-in that does nothing. What goes on after an echo, or fails, is meant.
    if (/^(?:true|exit 0|echo\b[^&|;]*(?:&& exit 0)?)$/.test(script.trim())) continue;
    return name;
  }
  return null;
}
