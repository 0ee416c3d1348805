import type { Tree } from '../lib/tree.ts';
import { elixirTokens, inside, type Token } from './tokens.ts';

/** mix.exs, with what planning asks of it. */
export interface Mix {
  /** The folder of the file in the app, '' for its root. */
  dir: string;
  app: string | null;
  /** `~> 1.14` */
  elixir: string | null;
  /** The application callback module: something runs. */
  mod: string | null;
  /** The folder of an umbrella's apps. */
  appsPath: string | null;
  /** Dependencies that production gets. */
  deps: Set<string>;
  /** It asks for packages of hex. */
  asksHex: boolean;
  /** Some dependency lies in the repository, or mix.exs reads other files. */
  needsSource: boolean;
  releases: string[];
  defaultRelease: string | null;
  aliases: Set<string>;
  /** It is published on hex. */
  published: boolean;
  escript: boolean;
}

/** Reads mix.exs without running it; null when absent. Throws PlanError when it is no text. */
export function readMix(tree: Tree, dir = ''): Mix | null {
  const text = tree.manifest(dir === '' ? 'mix.exs' : `${dir}/mix.exs`);
  if (text === null) return null;
  const tokens = elixirTokens(text);
  const after = (key: string): Token | undefined =>
    tokens[tokens.findIndex((token) => token.kind === 'key' && token.text === key) + 1];
  const has = (key: string) => tokens.some((token) => token.kind === 'key' && token.text === key);
  const keyed = (key: string, kind: Token['kind']): string | null => {
    for (const [index, token] of tokens.entries()) {
      const value = tokens[index + 1];
      if (token.kind === 'key' && token.text === key && value?.kind === kind) return value.text;
    }
    return null;
  };
  const attribute = /^@\w+$/.test(after('app')?.text ?? '')
    ? constant(tokens, after('app')?.text ?? '')
    : null;
  const deps = dependencies(tokens);
  const mod = tokens.findIndex(
    (token, index) => token.kind === 'key' && token.text === 'mod' && tokens[index + 1]?.text === '{',
  );
  return {
    dir,
    app: keyed('app', 'atom') ?? attribute,
    elixir: keyed('elixir', 'string'),
    mod: mod < 0 ? null : (tokens[mod + 2]?.text ?? null),
    appsPath: keyed('apps_path', 'string')?.replace(/^\.\/|\/+$/g, '') ?? null,
    deps: new Set([...deps, ...applications(tokens)]),
    asksHex: deps.size > 0,
    needsSource:
      /\bpath:\s*"|\bFile\.(read|stream|exists)|Code\.(require|eval)_file|\bCode\.ensure_loaded/.test(text),
    releases: releasesOf(tokens),
    defaultRelease: keyed('default_release', 'atom'),
    aliases: new Set(
      tokens.flatMap((token) => (token.kind === 'key' && /^[\w.]+$/.test(token.text) ? [token.text] : [])),
    ),
    published: has('package') || has('maintainers'),
    escript: has('escript'),
  };
}

function constant(tokens: readonly Token[], name: string): string | null {
  const index = tokens.findIndex((token, at) => token.text === name && tokens[at + 1]?.kind === 'atom');
  return index < 0 ? null : (tokens[index + 1]?.text ?? null);
}

/** `{:name, …}` tuples, without those that are `only:` for other environments. */
function dependencies(tokens: readonly Token[]): Set<string> {
  const found = new Set<string>();
  for (const [index, token] of tokens.entries()) {
    const name = tokens[index + 1];
    if (
      token.text !== '{' ||
      token.kind !== 'sign' ||
      name?.kind !== 'atom' ||
      tokens[index + 2]?.text !== ','
    )
      continue;
    const body = inside(tokens, index, 120);
    const only = body.findIndex((one) => one.kind === 'key' && one.text === 'only');
    if (only >= 0) {
      const values = body[only + 1]?.text === '[' ? inside(body, only + 1) : body.slice(only + 1, only + 2);
      if (!values.some((one) => one.text === 'prod')) continue;
    }
    found.add(name.text);
  }
  return found;
}

/** `extra_applications`: Erlang's own libraries, which a distribution may hold, need no dependency. */
function applications(tokens: readonly Token[]): string[] {
  const at = tokens.findIndex((token) => token.kind === 'key' && token.text === 'extra_applications');
  if (at < 0 || tokens[at + 1]?.text !== '[') return [];
  return inside(tokens, at + 1).flatMap((token) => (token.kind === 'atom' ? [token.text] : []));
}

/** The names below `releases:`, directly or in the function that it calls. */
function releasesOf(tokens: readonly Token[]): string[] {
  const key = tokens.findIndex((token) => token.kind === 'key' && token.text === 'releases');
  if (key < 0) return [];
  let list = key + 1;
  if (tokens[list]?.text !== '[') {
    const name = tokens[list]?.text;
    const body = tokens.findIndex(
      (token, index) => /^defp?$/.test(token.text) && tokens[index + 1]?.text === name,
    );
    list = body < 0 ? -1 : tokens.findIndex((token, index) => index > body && token.text === '[');
  }
  if (list < 0 || tokens[list]?.text !== '[') return [];
  const names: string[] = [];
  let depth = 0;
  for (const token of inside(tokens, list)) {
    if (/^[([{]$/.test(token.text) && token.kind === 'sign') depth++;
    else if (/^[)\]}]$/.test(token.text) && token.kind === 'sign') depth--;
    else if (depth === 0 && token.kind === 'key') names.push(token.text);
  }
  return names;
}

/** The mix.exs of an umbrella's apps. */
export function readUmbrella(tree: Tree, root: Mix): Mix[] {
  if (root.appsPath === null) return [];
  const files = tree.all.filter(
    (path) =>
      path.startsWith(`${root.appsPath}/`) && path.split('/').length === 3 && path.endsWith('/mix.exs'),
  );
  return files.map((path) => readMix(tree, path.slice(0, -'/mix.exs'.length))).filter((mix) => mix !== null);
}
