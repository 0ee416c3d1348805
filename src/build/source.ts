import {
  type Dirent,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import type { Source } from '../../buildpacks/buildpack.ts';
import { UserError } from '../errors.ts';

export type { Source } from '../../buildpacks/buildpack.ts';

/** Larger files are never read: no manifest is that large. */
const maxRead = 1_000_000;
const maxFiles = 200_000;
/** Folders of a working copy that no push carries. */
const unpushed = new Set(['.git', 'node_modules', '.venv', 'venv', '__pycache__', '.hg', '.svn']);

/** A tree in memory, for tests: path → text or bytes. */
export function sourceFromFiles(files: Record<string, string | Uint8Array>): Source {
  const bytes = new Map(Object.entries(files).map(([path, data]) => [path, Buffer.from(data)]));
  return memorySource(bytes, new Map(), new Map());
}

/**
 * A folder. Read lazily; links are followed only to files inside the folder, folders behind links are not entered.
 * What no push carries (.git, node_modules, virtual environments) is left out. Throws UserError above 200,000 files.
 */
export function sourceFromDirectory(dir: string): Source {
  const root = realpathSync(dir);
  const links = new Set<string>();
  const paths: string[] = [];
  const pending = [''];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of entries(join(root, folder))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!unpushed.has(entry.name)) pending.push(path);
      } else if (entry.isFile() || entry.isSymbolicLink()) {
        if (entry.isSymbolicLink()) links.add(path);
        paths.push(path);
        if (paths.length > maxFiles) throw tooMany();
      }
    }
  }
  paths.sort(byName);
  const known = new Set(paths);
  /** The real file, when it lies inside the folder. */
  const inside = (path: string): string | null => {
    if (!known.has(path)) return null;
    if (!links.has(path)) return join(root, path);
    try {
      const real = realpathSync(join(root, path));
      const back = relative(root, real);
      return back.startsWith('..') || back.startsWith(sep) || !statSync(real).isFile() ? null : real;
    } catch {
      return null;
    }
  };
  const remembered = new Map<string, string | null>();
  return {
    paths,
    read(path) {
      let text = remembered.get(path);
      if (text === undefined) {
        text = readText(inside(path));
        remembered.set(path, text);
      }
      return text;
    },
    size(path) {
      const file = inside(path);
      return file === null ? (known.has(path) ? 0 : null) : lstatSync(file).size;
    },
    link: (path) => (links.has(path) ? readlinkSync(join(root, path)) : null),
  };
}

/** A tar, such as `git archive` makes. Keeps files up to 1 MB that are text. */
export async function sourceFromTar(tar: Readable): Promise<Source> {
  const bytes = new Map<string, Buffer | null>();
  const sizes = new Map<string, number>();
  const links = new Map<string, string>();
  const unpack = extract();
  tar.on('error', (error) => unpack.destroy(error));
  tar.pipe(unpack);
  for await (const entry of unpack) {
    const path = posix.normalize(entry.header.name).replace(/^\.?\/+/, '');
    const size = entry.header.size ?? 0;
    if (entry.header.type === 'symlink' && entry.header.linkname) {
      links.set(path, entry.header.linkname);
      bytes.set(path, null);
    } else if (entry.header.type === 'file') {
      sizes.set(path, size);
      if (bytes.size > maxFiles) throw tooMany();
      if (size <= maxRead && path !== '' && !path.startsWith('..')) {
        const chunks: Buffer[] = [];
        for await (const chunk of entry) chunks.push(Buffer.from(chunk as Uint8Array));
        const data = Buffer.concat(chunks);
        bytes.set(path, isBinary(data) ? null : data);
        continue;
      }
      bytes.set(path, null);
    }
    entry.resume();
  }
  return memorySource(bytes, sizes, links);
}

function memorySource(
  bytes: ReadonlyMap<string, Buffer | null>,
  sizes: ReadonlyMap<string, number>,
  links: ReadonlyMap<string, string>,
): Source {
  const follow = (path: string): string => {
    let at = path;
    for (let hops = 0; hops < 8; hops++) {
      const target = links.get(at);
      if (target === undefined) return at;
      at = posix.normalize(posix.join(dirname(at), target));
    }
    return path;
  };
  return {
    paths: [...bytes.keys()].sort(byName),
    read(path) {
      const data = bytes.get(follow(path));
      return data === undefined || data === null || data.length > maxRead ? null : decode(data);
    },
    size: (path) =>
      sizes.get(follow(path)) ?? bytes.get(follow(path))?.length ?? (bytes.has(path) ? 0 : null),
    link: (path) => links.get(path) ?? null,
  };
}

function entries(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function readText(file: string | null): string | null {
  if (file === null) return null;
  try {
    return statSync(file).size > maxRead ? null : decode(readFileSync(file));
  } catch {
    return null;
  }
}

/** UTF-8 and UTF-16 with a byte order mark; null for binary data. */
function decode(data: Buffer): string | null {
  if (data[0] === 0xff && data[1] === 0xfe) return new TextDecoder('utf-16le').decode(data);
  if (data[0] === 0xfe && data[1] === 0xff) return new TextDecoder('utf-16be').decode(data);
  return isBinary(data) ? null : new TextDecoder().decode(data);
}

function isBinary(data: Buffer): boolean {
  if ((data[0] === 0xff && data[1] === 0xfe) || (data[0] === 0xfe && data[1] === 0xff)) return false;
  return data.subarray(0, 8000).includes(0);
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function tooMany(): UserError {
  return new UserError(
    'too-large',
    `The source has more than ${maxFiles.toLocaleString('en')} files.`,
    'Keep dependencies and generated files out of the repository (.gitignore).',
  );
}
