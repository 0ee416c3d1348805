import { devServer } from '../lib/devserver.ts';
import type { Tree } from '../lib/tree.ts';
import { type Code, type DenoConfig, entryFiles, readCode, readConfig } from './config.ts';

/** Tasks that may start the app in production, the likeliest first. */
const tasks = [
  'start',
  'serve',
  'prod',
  'production',
  'start:prod',
  'server',
  'preview',
  'run',
  'main',
  'web',
];

export interface DenoStart {
  command: string;
  /** The task or file that it comes from. */
  source: string;
  /** The script that runs; null when the command does not say. */
  entry: string | null;
}

/** The command of a task with the tasks that it names put in place. Bounded against tasks that name each other. */
export function expandTask(command: string, config: DenoConfig, depth = 0): string {
  return command.replace(/\bdeno task(?: -q| --quiet)? ([\w:.@/-]+)/g, (whole, name: string) => {
    const task = config.tasks[name];
    return task === undefined || depth > 5 ? whole : expandTask(task, config, depth + 1);
  });
}

/** How the app is started; null when nothing says so. `rejected`: a task that only serves development. */
export function findStart(
  tree: Tree,
  config: DenoConfig | null,
): { start: DenoStart | null; rejected: string | null } {
  let rejected: string | null = null;
  if (config !== null) {
    for (const name of tasks) {
      const task = config.tasks[name];
      if (task === undefined) continue;
      const command = expandTask(task, config);
      if (watches(command)) {
        rejected ??= `${name} (${task})`;
        continue;
      }
      if (
        !/\bdeno (run|serve|-A|-R|--allow)|\bdeno(?= \S+\.[jt]sx?)|\b(vite|npm:\S+) preview\b/.test(command)
      )
        continue;
      return {
        start: { command: simple(command, name), source: `tasks.${name}`, entry: scriptOf(command) },
        rejected,
      };
    }
  }
  const code = entryCode(tree, config);
  if (code === null) return { start: null, rejected };
  const entry = code.file;
  const command = servesByDefault(code) ? `deno serve -A ${entry}` : `deno run -A ${entry}`;
  return { start: { command, source: entry, entry }, rejected };
}

/** The file that is the app: the likeliest name that serves, else the likeliest that uses Deno and is no module for others. */
export function entryCode(tree: Tree, config: DenoConfig | null): Code | null {
  const found = [watched(config), ...entryFiles(tree)]
    .filter((file) => file !== null && tree.has(file))
    .map((file) => readCode(tree, file ?? ''));
  const serving = found.find((code) => code.serves && (config !== null || code.deno));
  if (serving !== undefined) return serving;
  if (config?.published === true) return null;
  return (
    found.find(
      (code) =>
        (config !== null || code.deno) && !/^(src\/)?(mod|index)\./.test(code.file) && !onlyExports(code),
    ) ?? null
  );
}

/** The file that the task for development runs. */
function watched(config: DenoConfig | null): string | null {
  const task = config?.tasks.dev ?? config?.tasks.start;
  const file = task === undefined ? null : scriptOf(task);
  return file === null || /(^|\/)dev\.[jt]sx?$/.test(file) ? null : file;
}

/** `export default { fetch }`, without a server of its own: for `deno serve`. */
function servesByDefault(code: Code): boolean {
  const words = code.tokens.map((token) => token.text);
  const listens = words.some(
    (word, index) => /^(serve|listen|listenAndServe)$/.test(word) && words[index + 1] === '(',
  );
  return (
    !listens &&
    words.some(
      (word, index) =>
        word === 'ServeDefaultExport' ||
        (word === 'default' && words[index + 1] === '{' && words[index + 2] === 'fetch'),
    )
  );
}

/** It only exports: nothing happens when it is run. */
function onlyExports(code: Code): boolean {
  const words = code.tokens.map((token) => token.text);
  return (
    words.includes('export') &&
    !words.includes('Deno') &&
    !words.some((word, index) => word === 'main' && words[index - 1] === '.')
  );
}

export function watches(command: string): boolean {
  return (
    devServer(command) !== null ||
    /(^|\s)--(watch|hmr|watch-hmr)(=|\s|$)/.test(command) ||
    /\bdeno run\b.*\bdev\.[jt]sx?(\s*$|\s+(?!build))/.test(command)
  );
}

/** One plain `deno` command runs as it is, so that signals reach it; anything more is left to `deno task`. */
function simple(command: string, task: string): string {
  return /^deno (run|serve|-\S+|\S+\.[jt]sx?)[^&|;<>*?$"'`()]*$/.test(command)
    ? command.trim()
    : `deno task ${task}`;
}

/** The script of `deno run [flags] script`; null when none is named. */
export function scriptOf(command: string): string | null {
  const words = command.split(/\s+/);
  const script = words.find((word) => /^[\w./@-]+\.(?:[cm]?[jt]sx?)$/.test(word) && !word.startsWith('-'));
  return script === undefined ? null : script.replace(/^\.\//, '');
}

/** Whether Deno, and not Node, runs what Node would take for its own: `start` says so, or a file where deno.json is. */
export function denoRuns(tree: Tree, app: { source: string; start: string }): boolean {
  if (/^(?:\w+=\S+ )*deno\b/.test(app.start)) return true;
  if (app.source.startsWith('scripts.') || !app.start.startsWith('node ')) return false;
  const config = readConfig(tree);
  return config?.runs === true && findStart(tree, config).start !== null;
}
