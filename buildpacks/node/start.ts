import type { Context, Warning } from '../buildpack.ts';
import { commandParts, devServer } from '../lib/devserver.ts';
import { normalize } from './config.ts';
import { resolveFile } from './entry.ts';
import { type Package, readPackage } from './package.ts';
import { expand, type Folders, fileServer, splitChain, splitStart, watchedFile } from './scripts.ts';

/** A port written into the command would hide the one that the app is told. */
export function fixedPort(start: string): { start: string; warnings: Warning[] } {
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
export function tidy(command: string): string {
  return (
    command
      .replace(/\bnode --env-file=/g, 'node --env-file-if-exists=')
      .replace(/\bpm2 start\b/g, 'pm2-runtime')
      .replace(/\bforever start\b|\bforever\b(?=\s+\S+\.js)/g, 'node')
      .replace(/^sudo\s+/, '')
      // It binds to localhost unless told otherwise.
      .replace(/\bjson-server\b(?!.*--host)/, 'json-server --host 0.0.0.0')
      .replace(/\bjson-server\b(?!.*(?:--port|-p)\b)/, 'json-server --port $PORT')
      .replace(/\bnodejs\b/g, 'node')
  );
}

/**
 * A command that runs several things at once (`concurrently "a" "b"`, `a & b`): what remains without the ones that watch
 * or serve development, when that is one thing; the command itself else.
 */
export function untangle(
  command: string,
  scripts: Readonly<Record<string, string>>,
  folders: Folders,
): string {
  const part = commandParts(command)[0] ?? '';
  const quoted = /^(?:concurrently|run-p|npm-run-all)\b/.test(part);
  const inner = quoted
    ? [...command.matchAll(/"([^"]+)"|'([^']+)'|(?<=\s)npm:([\w:.-]+)/g)].map((match) =>
        match[3] === undefined ? (match[1] ?? match[2] ?? '') : `npm run ${match[3]}`,
      )
    : splitChain(command).some(({ joint }) => joint === ' & ')
      ? splitChain(command).map((one) => one.part)
      : [];
  if (inner.length < 2) return command;
  const kept = inner
    .map((one) => tidy(expand(one.replace(/^npm:([\w:.-]+)$/, 'npm run $1'), scripts, folders)))
    .filter((one) => devServer(one) === null && fileServer(one) === null && splitStart(one).start !== null);
  const [only] = kept;
  return kept.length === 1 && only !== undefined ? only : command;
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

export function otherScript(
  ctx: Context,
  pkg: Package,
): { name: string; start: string; build: string[] } | null {
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
export function watchedServer(
  ctx: Context,
  pkg: Package,
  command: string,
): { file: string; serves: boolean; babel: boolean } | null {
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
    if (file !== null && /\.[cm]?[jt]sx?$/.test(file))
      return { file, serves: true, babel: /\bbabel-(?:node|watch)\b/.test(part) };
  }
  return null;
}

export function lastPart(command: string): string {
  return commandParts(command).at(-1) ?? '';
}

/** The steps before the last one: migrations and their like stay in front of a framework's own start. */
export function leadingSteps(command: string): string[] {
  return command.split(/\s*&&\s*/).slice(0, -1);
}

/** A start command that runs a program of the repository, not the framework's own one. */
export function runsOwnServer(command: string): boolean {
  return (
    fileServer(command) === null && /^(?:node|tsx|ts-node|bun|deno|pm2-runtime)\b/.test(lastPart(command))
  );
}
