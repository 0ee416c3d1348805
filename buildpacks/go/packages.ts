import type { Tree } from '../lib/tree.ts';

/** The Go files of one folder that are compiled on Linux, read once. */
export interface GoPackage {
  dir: string;
  name: string;
  files: readonly string[];
  /** It has a main function in package main. */
  main: boolean;
  /** Its own code opens an HTTP or RPC server. */
  serves: boolean;
  cgo: boolean;
  /** String literals, import paths among them. */
  literals: ReadonlySet<string>;
  embeds: readonly string[];
}

/** More folders than this are not read: the answer must come at once, and the app is found near the root. */
const limit = 1500;

/** Every package of the tree outside of examples, tests and vendored code, by folder. */
export function readPackages(tree: Tree): Map<string, GoPackage> {
  const folders = new Map<string, string[]>();
  for (const path of tree.withExtension('.go')) {
    const slash = path.lastIndexOf('/');
    const dir = slash < 0 ? '' : path.slice(0, slash);
    const name = path.slice(slash + 1);
    if (
      /_test\.go$|^[_.]/.test(name) ||
      dir.split('/').some((part) => part.startsWith('_')) ||
      !forLinux(name)
    )
      continue;
    const list = folders.get(dir);
    if (list !== undefined) list.push(path);
    else if (folders.size < limit) folders.set(dir, [path]);
  }
  const packages = new Map<string, GoPackage>();
  for (const [dir, paths] of folders) {
    const found = readPackage(tree, dir, paths);
    if (found !== null) packages.set(dir, found);
  }
  return packages;
}

const serving =
  /\bListenAndServe(?:TLS)?\(|\bhttp\.Serve(?:TLS)?\(|\.(?:Listen|Listener|StartServer|StartTLS|RunTLS|StartAutoTLS)\(|\b(?:gin|iris)\.(?:Default|New)\(|\becho\.New\(|\bfiber\.New\(|\bgrpc\.NewServer\(|\bfasthttp\.(?:Listen|Server)|\bbeego\.Run\(|\bweb\.Run\(|\bhttp\.Server\{|\bpocketbase\.New|\bnet\.Listen\(|\.(?:Run|Start)\((?:"[^"]*:|addr|":|fmt\.|port|os\.)|\bhttp\.Handle(?:Func)?\(|\bchi\.NewRouter\(|\bmux\.NewRouter\(|\bhttprouter\.New\(/;

/** A package whose files are read when something asks for more than its name. */
function readPackage(tree: Tree, dir: string, paths: readonly string[]): GoPackage | null {
  let name: string | null = null;
  for (const path of paths.slice(0, 80)) {
    const text = tree.read(path) ?? '';
    name = constraint(text) ? packageClause(text) : null;
    if (name !== null) break;
  }
  if (name === null) return null;
  const clause = name;
  let known: Details | undefined;
  const details = () => {
    known ??= readDetails(tree, paths);
    return known;
  };
  return {
    dir,
    name: clause,
    get files() {
      return details().files;
    },
    get main() {
      return clause === 'main' && details().main;
    },
    get serves() {
      return details().serves;
    },
    get cgo() {
      return details().cgo;
    },
    get literals() {
      return details().literals;
    },
    get embeds() {
      return details().embeds;
    },
  };
}

type Details = Omit<GoPackage, 'dir' | 'name'>;

function readDetails(tree: Tree, paths: readonly string[]): Details {
  const files: string[] = [];
  const literals = new Set<string>();
  const embeds: string[] = [];
  let main = false;
  let serves = false;
  let cgo = false;
  for (const path of paths.slice(0, 80)) {
    const text = (tree.read(path) ?? '').slice(0, 200_000);
    const declared = packageClause(text);
    if (declared === null || !constraint(text)) continue;
    files.push(path);
    const code = text.replace(/^\s*\/\/(?!go:embed).*$/gm, '');
    if (declared === 'main' && /^func\s+main\s*\(\s*\)/m.test(code)) main = true;
    serves ||= serving.test(code);
    cgo ||= /^\s*import\s+"C"|^\s+"C"\s*$/m.test(code);
    for (const match of code.matchAll(/"([^"\n\\]{1,200})"|`([^`\n]{1,200})`/g))
      literals.add(match[1] ?? match[2] ?? '');
    for (const match of code.matchAll(/^\/\/go:embed\s+(.+)$/gm)) {
      const patterns = (match[1] ?? '').trim().split(/\s+/);
      embeds.push(...patterns.map((one) => one.replace(/^["`]|["`]$/g, '').replace(/^all:/, '')));
    }
  }
  return { files, main, serves, cgo, literals, embeds };
}

function packageClause(text: string): string | null {
  const bare = text.slice(0, 60_000).replace(/\/\*[\s\S]*?\*\//g, ' ');
  return /^[ \t]*package[ \t]+(\w+)/m.exec(bare.replace(/^\s*\/\/.*$/gm, ''))?.[1] ?? null;
}

const systems = new Set(
  'aix android darwin dragonfly freebsd illumos ios js netbsd openbsd plan9 solaris wasip1 windows wasm arm 386'.split(
    ' ',
  ),
);

/** `x_windows.go` is not compiled for Linux. */
function forLinux(name: string): boolean {
  const parts = name.replace(/\.go$/, '').split('_').slice(1);
  return !parts.slice(-2).some((part) => systems.has(part));
}

/** Whether the build constraint of a file holds for a usual build on Linux. */
function constraint(text: string): boolean {
  const head = text.slice(0, 4000).split(/^package\s/m)[0] ?? '';
  const line = /^\/\/go:build\s+(.+)$/m.exec(head)?.[1];
  if (line !== undefined) return evaluate(line);
  const old = [...head.matchAll(/^\/\/\s*\+build\s+(.+)$/gm)].map((match) => match[1] ?? '');
  return old.every((one) =>
    one
      .trim()
      .split(/\s+/)
      .some((option) => option.split(',').every((tag) => evaluate(tag))),
  );
}

const given = /^(linux|unix|amd64|gc|cgo|go1\.\d+)$/;

/** A boolean expression of tags; what cannot be read holds. */
function evaluate(expression: string): boolean {
  const tokens = expression.match(/\|\||&&|[!()]|[\w.]+/g) ?? [];
  let at = 0;
  const or = (): boolean => {
    let value = and();
    while (tokens[at] === '||') {
      at++;
      value = and() || value;
    }
    return value;
  };
  const and = (): boolean => {
    let value = not();
    while (tokens[at] === '&&') {
      at++;
      value = not() && value;
    }
    return value;
  };
  const not = (): boolean => {
    const token = tokens[at++];
    if (token === '!') return !not();
    if (token === '(') {
      const value = or();
      at++;
      return value;
    }
    return token === undefined || given.test(token);
  };
  return or();
}
