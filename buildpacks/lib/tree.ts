import { parse as parseToml, TomlError } from 'smol-toml';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { invalid, type Source } from '../buildpack.ts';
import { type Json, parseJson } from './json.ts';

/** Folders whose files say nothing about what the app is. Compared with each folder name on the way. */
const aside = new Set(
  `node_modules bower_components jspm_packages vendor third_party third-party external venv env virtualenv site-packages __pycache__
  example examples sample samples demo demos doc docs documentation test tests __tests__ testing testdata test-data spec specs fixtures __fixtures__ __mocks__ mocks e2e cypress playwright benchmark benchmarks bench
  dist build out target coverage tmp temp logs htmlcov storybook-static deps _build Pods`.split(/\s+/),
);

const trees = new WeakMap<Source, Map<string, Tree>>();

/**
 * A folder of the source with parsed, remembered manifests. `has`, `read` and the parsers see every file;
 * `files` and `named` leave out what is aside (dependencies, examples, documentation, tests, hidden folders).
 */
export class Tree {
  readonly source: Source;
  /** '' or 'some/folder', in the source. */
  readonly root: string;
  readonly #prefix: string;
  readonly #parsed = new Map<string, Json>();
  #all: readonly string[] | undefined;
  #files: readonly string[] | undefined;
  #set: Set<string> | undefined;
  #folders: Set<string> | undefined;
  #byExtension: Map<string, string[]> | undefined;

  constructor(source: Source, root = '') {
    this.source = source;
    this.root = root;
    this.#prefix = root === '' ? '' : `${root}/`;
  }

  /** The tree of a folder, the same one each time: what it read and parsed is kept. */
  static of(source: Source, root: string): Tree {
    let known = trees.get(source);
    if (known === undefined) {
      known = new Map();
      trees.set(source, known);
    }
    let tree = known.get(root);
    if (tree === undefined) {
      tree = new Tree(source, root);
      known.set(root, tree);
    }
    return tree;
  }

  /** Every file below the folder, sorted. */
  get all(): readonly string[] {
    this.#all ??=
      this.#prefix === ''
        ? this.source.paths
        : below(this.source.paths, this.#prefix).map((path) => path.slice(this.#prefix.length));
    return this.#all;
  }

  /** The files that speak for what the app is. */
  get files(): readonly string[] {
    this.#files ??= this.all.filter((path) => !isAside(path));
    return this.#files;
  }

  /** The files directly in a folder ('' = the app's own). */
  in(folder: string): string[] {
    const prefix = folder === '' ? '' : `${folder}/`;
    return this.all
      .filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
      .map((path) => path.slice(prefix.length));
  }

  /** `files` with this extension, such as `.py`, shallow ones first. */
  withExtension(extension: string): readonly string[] {
    if (this.#byExtension === undefined) {
      this.#byExtension = new Map();
      for (const path of this.files) {
        const name = path.slice(path.lastIndexOf('/') + 1);
        const dot = name.lastIndexOf('.');
        if (dot <= 0) continue;
        const key = name.slice(dot).toLowerCase();
        const list = this.#byExtension.get(key);
        if (list === undefined) this.#byExtension.set(key, [path]);
        else list.push(path);
      }
      for (const list of this.#byExtension.values())
        list.sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
    }
    return this.#byExtension.get(extension) ?? [];
  }

  /** `files` with exactly this name in any folder, shallow ones first. */
  named(name: string): string[] {
    return this.files
      .filter((path) => path === name || path.endsWith(`/${name}`))
      .sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
  }

  has(path: string): boolean {
    this.#set ??= new Set(this.all);
    return this.#set.has(path);
  }

  /** The first of the paths that exists; null when none does. */
  first(...paths: string[]): string | null {
    return paths.find((path) => this.has(path)) ?? null;
  }

  hasFolder(path: string): boolean {
    if (this.#folders === undefined) {
      this.#folders = new Set();
      for (const file of this.all) {
        for (let slash = file.lastIndexOf('/'); slash > 0; slash = file.lastIndexOf('/', slash - 1)) {
          const folder = file.slice(0, slash);
          if (this.#folders.has(folder)) break;
          this.#folders.add(folder);
        }
      }
    }
    return path === '' || this.#folders.has(path);
  }

  /** Whether a file lies in a folder below the app's own that has one of these manifests: then it is another app's. */
  belongsBelow(path: string, manifests: readonly string[]): boolean {
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const folder = path.slice(0, slash);
      if (manifests.some((name) => this.has(`${folder}/${name}`))) return true;
    }
    return false;
  }

  /** The text; null when absent or not readable. For code and hints, where a bad file is no reason to stop. */
  read(path: string): string | null {
    return this.source.read(this.#prefix + path);
  }

  size(path: string): number {
    return this.source.size(this.#prefix + path) ?? 0;
  }

  /** The text of a manifest: null when absent, PlanError when it is there and cannot be read. */
  manifest(path: string): string | null {
    if (!this.has(path)) return null;
    const text = this.read(path);
    if (text !== null) return text;
    const full = this.#prefix + path;
    const size = this.size(path);
    if (size > 1_000_000) {
      throw invalid(
        full,
        null,
        `${full} is too large to be a manifest (${(size / 1e6).toFixed(1)} MB; the limit is 1 MB).`,
        `Replace ${full} by the real file, or name another folder with app = "…" in landfall.toml.`,
      );
    }
    const link = this.source.link(full);
    if (link !== null) {
      throw invalid(
        full,
        null,
        `${full} is a symbolic link that cannot be followed inside the repository (to ${link}).`,
        `Commit the file itself instead of the link.`,
      );
    }
    throw invalid(
      full,
      null,
      `${full} is not a text file.`,
      `Save ${full} as UTF-8 text, commit and push again.`,
    );
  }

  /** Parsed JSON with comments; null when absent. Throws PlanError for a bad file. */
  json(path: string): Json | null {
    return this.#parse(path, (text, file) => parseJson(text, file));
  }

  toml(path: string): Json | null {
    return this.#parse(path, (text, file) => {
      try {
        return toJson(parseToml(text));
      } catch (error) {
        if (!(error instanceof TomlError)) throw error;
        const reason = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? '';
        throw invalid(
          file,
          error.line,
          `${file} is not valid TOML: line ${error.line}: ${reason}.`,
          `Mend line ${error.line} of ${file}, commit and push again.`,
        );
      }
    });
  }

  yaml(path: string): Json | null {
    return this.#parse(path, (text, file) => {
      if (tangled(text)) {
        throw invalid(
          file,
          null,
          `${file} is too large or nested too deeply to be written by a person.`,
          `Replace ${file} by the real file.`,
        );
      }
      try {
        // 'merge' for the << keys of compose files; few aliases, against bombs.
        return toJson(parseYaml(text, { merge: true, maxAliasCount: 100, logLevel: 'silent' }));
      } catch (error) {
        const line = error instanceof YAMLParseError ? (error.linePos?.[0].line ?? null) : null;
        const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
        throw invalid(
          file,
          line,
          `${file} is not valid YAML: ${reason}`,
          `Mend ${line === null ? '' : `line ${line} of `}${file}, commit and push again.`,
        );
      }
    });
  }

  #parse(path: string, parse: (text: string, file: string) => Json): Json | null {
    const known = this.#parsed.get(path);
    if (known !== undefined) return known;
    const text = this.manifest(path);
    if (text === null) return null;
    const value = parse(text, this.#prefix + path);
    this.#parsed.set(path, value);
    return value;
  }
}

/** The paths with a prefix, in a sorted list: found by halving, as a large tree is asked for many of its folders. */
function below(paths: readonly string[], prefix: string): readonly string[] {
  let low = 0;
  for (let high = paths.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if ((paths[middle] ?? '') < prefix) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (paths[end]?.startsWith(prefix) === true) end++;
  return paths.slice(low, end);
}

/** YAML that takes its parser for ever: more than 200 KB, 40 flow collections in each other, chains of `? ?`. */
function tangled(text: string): boolean {
  if (text.length > 200_000 || /(?:\?\s+){8}/.test(text)) return true;
  let open = 0;
  for (const char of text) {
    if (char === '[' || char === '{') open++;
    else if ((char === ']' || char === '}') && open > 0) open--;
    if (open > 40) return true;
  }
  return (text.match(/"/g)?.length ?? 0) > 20_000;
}

/** Whether a path lies in a folder that says nothing about what the app is. */
export function isAside(path: string): boolean {
  if (!path.includes('/')) return false;
  if (path.startsWith('supabase/functions/') || path.includes('/supabase/functions/')) return true;
  let start = 0;
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', start)) {
    if (path[start] === '.' || aside.has(path.slice(start, slash))) return true;
    start = slash + 1;
  }
  return false;
}

export function depth(path: string): number {
  let count = 0;
  for (const char of path) if (char === '/') count++;
  return count;
}

/** Dates and other values outside JSON become text; anything else is kept. */
function toJson(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Date || typeof value !== 'object') return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
}
