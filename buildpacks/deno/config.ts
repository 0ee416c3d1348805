import { type JsToken, jsTokens } from '../lib/js.ts';
import { type Json, record, strings, text } from '../lib/json.ts';
import type { Tree } from '../lib/tree.ts';

/** deno.json or deno.jsonc, with what planning asks of it. */
export interface DenoConfig {
  file: string;
  /** Task → command line; the dependencies of a task are put before it. */
  tasks: Record<string, string>;
  /** What the import map leads to: `jsr:@hono/hono@^4`, `npm:express`, `https://…`. */
  imports: Record<string, string>;
  /** It has a name and exports: a package for others. */
  published: boolean;
  /** The file that the package exports as `.`. */
  exported: string | null;
  workspace: string[];
  /** It says something of how code is run, not only of lint, fmt and the compiler. */
  runs: boolean;
}

/** Null when there is none. Throws PlanError for a file that is no JSON. */
export function readConfig(tree: Tree): DenoConfig | null {
  const file = tree.first('deno.json', 'deno.jsonc');
  const scripts = nodeScripts(tree);
  if (file === null) {
    if (Object.keys(scripts).length === 0) return null;
    return {
      file: 'package.json',
      tasks: scripts,
      imports: {},
      published: false,
      exported: null,
      workspace: [],
      runs: true,
    };
  }
  const value = record(tree.json(file) ?? {});
  const tasks: Record<string, string> = { ...scripts };
  for (const [name, task] of Object.entries(record(value.tasks))) tasks[name] = taskCommand(task);
  const map = text(value.importMap);
  const shared = map === null || /^\w+:/.test(map) ? {} : record(tree.json(map.replace(/^\.\//, '')) ?? {});
  const imports: Record<string, string> = {};
  for (const [name, target] of Object.entries({ ...record(shared.imports), ...record(value.imports) })) {
    if (typeof target === 'string') imports[name] = target;
  }
  return {
    file,
    tasks,
    imports,
    published: text(value.name) !== null && value.exports !== undefined,
    exported: text(value.exports) ?? text(record(value.exports)['.']),
    workspace: Array.isArray(value.workspace)
      ? strings(value.workspace)
      : strings(record(value.workspace).members),
    runs: ['tasks', 'imports', 'importMap', 'name', 'exports', 'workspace', 'deploy', 'unstable'].some(
      (key) => value[key] !== undefined,
    ),
  };
}

/** Scripts of package.json that run Deno; `deno task` knows them too. */
function nodeScripts(tree: Tree): Record<string, string> {
  const scripts = tree.has('package.json') ? record(record(tree.json('package.json') ?? {}).scripts) : {};
  return Object.fromEntries(
    Object.entries(scripts).flatMap(([name, script]) =>
      typeof script === 'string' && /\bdeno (run|serve|task)\b/.test(script) ? [[name, script]] : [],
    ),
  );
}

function taskCommand(task: Json): string {
  if (typeof task === 'string') return task;
  const command = text(record(task).command);
  const before = strings(record(task).dependencies).map((name) => `deno task ${name}`);
  return [...before, ...(command === null ? [] : [command])].join(' && ');
}

/** Names that an entry usually has, the likeliest first. */
const entries = ['main', 'server', 'app', 'index', 'mod', 'start', 'bot'];
const extensions = ['ts', 'tsx', 'js', 'jsx', 'mts', 'mjs'];

/** The files that may be the entry: in the root, then in src/. */
export function entryFiles(tree: Tree): string[] {
  return ['', 'src/']
    .flatMap((dir) => entries.flatMap((name) => extensions.map((ext) => `${dir}${name}.${ext}`)))
    .filter((path) => tree.has(path));
}

export interface Code {
  file: string;
  tokens: JsToken[];
  /** It names what only Deno has: the `Deno` object, or imports by jsr:, npm: or an address. */
  deno: boolean;
  /** It serves HTTP or listens. */
  serves: boolean;
  /** Modules as written. */
  imports: string[];
}

export function readCode(tree: Tree, file: string): Code {
  const tokens = jsTokens(tree.read(file) ?? '');
  const imports: string[] = [];
  let global = false;
  let serves = false;
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'word') continue;
    const [next, second] = [tokens[index + 1], tokens[index + 2]];
    if ((token.text === 'from' || token.text === 'import') && next?.kind === 'string')
      imports.push(next.text);
    if (token.text === 'import' && next?.text === '(' && second?.kind === 'string') imports.push(second.text);
    if (token.text === 'Deno' && next?.text === '.') {
      global = true;
      if (/^(serve|serveHttp|listen|listenTls|cron)$/.test(second?.text ?? '')) serves = true;
    }
    if (/^(serve|listen|listenAndServe|serveListener|start)$/.test(token.text) && next?.text === '(')
      serves = true;
    // `export default { fetch }` and `export default app satisfies Deno.ServeDefaultExport`, for `deno serve`.
    if (
      token.text === 'ServeDefaultExport' ||
      (token.text === 'default' && next?.text === '{' && second?.text === 'fetch')
    )
      serves = true;
  }
  const deno = global || imports.some((name) => /^(jsr:|npm:|https?:\/\/|\$fresh\/)/.test(name));
  return { file, tokens, deno, serves, imports };
}
