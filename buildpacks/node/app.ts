import type { Context, Warning } from '../buildpack.ts';
import { commandParts, devServer } from '../lib/devserver.ts';
import { jsTokens } from '../lib/js.ts';
import { entryFile, resolveFile, runFile, servesHttp } from './entry.ts';
import { bundlerShape, frameworkShape, normalize, type Shape, serverLibrary } from './frameworks.ts';
import { type Package, readPackage, uses } from './package.ts';
import { expand, type Folders, fileServer, splitStart, watchedFile } from './scripts.ts';

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
  const foreign = notAServer(pkg);
  if (foreign !== null && given === null) return { kind: 'none', library: true, why: foreign };
  const shape = frameworkShape(pkg, ctx);
  const script = given ?? pkg.scripts.start ?? null;
  const source = given === null ? 'scripts.start' : 'the given start command';
  const expanded = script === null ? null : tidy(expand(script, pkg.scripts, foldersOf(ctx)));
  const dev = expanded === null ? null : devServer(expanded);
  const warnings: Warning[] =
    dev === null
      ? []
      : [
          {
            code: 'development-server',
            message: `${source} ("${script}") runs ${dev}, which only serves development; it is not used.`,
          },
        ];
  const usable = expanded !== null && dev === null ? splitStart(expanded) : null;
  const serving = usable?.start ?? null;

  if (shape?.kind === 'site' && (serving === null || !runsOwnServer(serving)))
    return siteOf(shape, `${shape.framework} builds files`, pkg, warnings);
  if (shape?.kind === 'server') {
    const own =
      serving === null || shape.own?.test(lastPart(serving)) === true || fileServer(serving) !== null;
    if (!own && serving !== null)
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
  if (entry !== null && (entry.serves || watched !== null)) return fromFile(ctx, pkg, entry.file, warnings);

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
  const compiled = uncompiled(ctx, pkg, start);
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

function fromFile(ctx: Context, pkg: Package, file: string, warnings: Warning[]): ServerApp {
  const run = runFile(ctx, pkg, file);
  const app = serverOf(ctx, pkg, run.start, file, run.build, null, warnings);
  return {
    ...app,
    serves: app.serves || servesHttp(jsTokens(ctx.tree.read(file) ?? '')),
    keepDev: app.keepDev || run.keepDev,
  };
}

/** `ts-node src/a.ts` where the project also compiles: the compiled file. */
function uncompiled(ctx: Context, pkg: Package, start: string) {
  const file =
    /^(?:ts-node|tsx|babel-node|swc-node|node (?:-r|--require|--loader|--import) (?:ts-node|tsx|esbuild|@swc-node)\S*)(?:\s+-\S+(?:\s+tsconfig\S*)?)*\s+([\w./@-]+\.[cm]?tsx?)$/.exec(
      start.trim(),
    )?.[1];
  const path = file === undefined ? null : resolveFile(ctx, file);
  if (path === null) return null;
  const run = runFile(ctx, pkg, path);
  // Its own loader stays as the owner wrote it, flags included.
  return run.keepDev || run.build.length > 0
    ? null
    : { ...run, start: run.start.endsWith('.ts') ? start : run.start, keepDev: run.start.endsWith('.ts') };
}

/** A port written into the command would hide the one that the app is told. */
function fixedPort(start: string): { start: string; warnings: Warning[] } {
  const free = start
    .replace(/(^|\s)PORT=\d+\s+/g, '$1')
    .replace(/(\s(?:-p|--port|-l|--listen)[= ])\d{2,5}\b/g, '$1$PORT');
  return free === start
    ? { start, warnings: [] }
    : {
        start: free,
        warnings: [
          {
            code: 'fixed-port',
            message: `The start command fixes a port ("${start}"); the one that the app is told is used instead.`,
          },
        ],
      };
}

/** The scripts of packages in folders of the app. */
export function foldersOf(ctx: Context): Folders {
  return (dir) =>
    ctx.tree.has(`${normalize(dir)}/package.json`)
      ? (readPackage(ctx.tree, normalize(dir))?.scripts ?? null)
      : null;
}

/** Forms of a command that only work on a developer's machine, or leave the foreground. */
function tidy(command: string): string {
  return command
    .replace(/\bnode --env-file=/g, 'node --env-file-if-exists=')
    .replace(/\bpm2 start\b/g, 'pm2-runtime')
    .replace(/\bforever start\b|\bforever\b(?=\s+\S+\.js)/g, 'node')
    .replace(/^sudo\s+/, '')
    .replace(/\bnodejs\b/g, 'node');
}

const otherNames = [
  'start:prod',
  'start:production',
  'start-prod',
  'start:server',
  'serve:prod',
  'production',
  'prod',
  'server',
  'serve',
  'start:api',
  'start:bot',
  'bot',
  'run',
];

function otherScript(ctx: Context, pkg: Package): { name: string; start: string; build: string[] } | null {
  for (const name of otherNames) {
    const script = pkg.scripts[name];
    if (script === undefined) continue;
    const expanded = tidy(expand(script, pkg.scripts, foldersOf(ctx)));
    if (devServer(expanded) !== null || fileServer(expanded) !== null) continue;
    const { start, build } = splitStart(expanded);
    if (
      start !== null &&
      /^(?:\w+=\S+\s+)*(?:node|tsx|ts-node|pm2-runtime|nest|next)\b/.test(lastPart(start))
    )
      return { name, start, build };
  }
  return null;
}

/** The server in a command that watches: `nodemon server.js`, `concurrently "nodemon api/index.js" "vite"`. */
function watchedServer(
  ctx: Context,
  pkg: Package,
  command: string,
): { file: string; serves: boolean } | null {
  const parts = [...command.matchAll(/"([^"]+)"|'([^']+)'/g)].map((match) =>
    tidy(expand(match[1] ?? match[2] ?? '', pkg.scripts, foldersOf(ctx))),
  );
  for (const part of [...parts.flatMap(commandParts), ...commandParts(command)]) {
    if (!/^(?:nodemon|ts-node-dev|tsnd|node-dev|supervisor|node|tsx|bun|babel-watch|esrun)\b/.test(part))
      continue;
    const named = watchedFile(part);
    const bare = part.split(' ').findLast((word, index) => index > 0 && !word.startsWith('-')) ?? '';
    const file =
      named === null
        ? resolveFile(
            ctx,
            bare === '' || /^(?:nodemon|ts-node)$/.test(bare) ? (pkg.main ?? 'index.js') : bare,
          )
        : resolveFile(ctx, named);
    if (file !== null && /\.[cm]?[jt]sx?$/.test(file)) return { file, serves: true };
  }
  return null;
}

/** Packages that run somewhere else than on a server. */
function notAServer(pkg: Package): string | null {
  if (
    uses(pkg, 'electron') &&
    (/electron/.test(pkg.scripts.start ?? 'electron') || pkg.scripts.start === undefined)
  )
    return 'it is a desktop app (electron)';
  if (uses(pkg, 'react-native') && !uses(pkg, 'react-native-web') && serverLibrary(pkg) === null)
    return 'it is a mobile app (react-native)';
  if (uses(pkg, 'expo') && !uses(pkg, 'react-native-web')) return 'it is a mobile app (expo)';
  if (pkg.engines.vscode !== undefined) return 'it is an extension of Visual Studio Code';
  if (uses(pkg, 'nativescript', '@nativescript/core')) return 'it is a mobile app (nativescript)';
  return null;
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
    if (/^(?:docker|electron-builder|electron-forge|pkg|podman|echo|exit|true|eas)\b/.test(script.trim()))
      continue;
    return name;
  }
  return null;
}

function lastPart(command: string): string {
  return commandParts(command).at(-1) ?? '';
}

/** The steps before the last one: migrations and their like stay in front of a framework's own start. */
function leadingSteps(command: string): string[] {
  return command.split(/\s*&&\s*/).slice(0, -1);
}

/** A start command that runs a program of the repository, not the framework's own one. */
function runsOwnServer(command: string): boolean {
  return (
    fileServer(command) === null && /^(?:node|tsx|ts-node|bun|deno|pm2-runtime)\b/.test(lastPart(command))
  );
}
