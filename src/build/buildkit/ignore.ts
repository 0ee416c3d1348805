import { posix } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Pack, pack } from 'tar-stream';

/** True for a path of the context that the ignore file leaves out. */
export type Ignored = (path: string) => boolean;

/**
 * What a .dockerignore leaves out, by Docker's rules: the last matching line wins, `!` takes back, a pattern that matches
 * a folder matches all below it, `**` crosses folders.
 */
export function parseIgnore(text: string): Ignored {
  const rules = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const back = line.startsWith('!');
      const pattern = posix.normalize((back ? line.slice(1) : line).trim()).replace(/^\/+|\/+$/g, '');
      return { back, pattern: pattern === '.' ? null : toRegExp(pattern) };
    });
  return (path) => {
    const parts = path.split('/');
    const folders = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    let ignored = false;
    for (const { back, pattern } of rules) {
      if (pattern && folders.some((folder) => pattern.test(folder))) ignored = !back;
    }
    return ignored;
  };
}

function toRegExp(pattern: string): RegExp {
  const source = pattern.replace(/\*\*\/?|\*|\?|\[[^\]]*\]|\\.|[^\w/-]/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part.startsWith('[')) return part;
    return part.length === 2 ? `\\${part[1]}` : `\\${part}`;
  });
  return new RegExp(`^${source}$`, 's');
}

/**
 * The ignore file of a tar, `<Dockerfile>.dockerignore` before `.dockerignore`; null when there is none. BuildKit itself
 * reads it only for contexts that it fetches by its own protocol, not for a tar.
 */
export async function findIgnore(tar: Readable, dockerfile: string): Promise<string | null> {
  const own = `${dockerfile}.dockerignore`;
  let common: string | null = null;
  for await (const entry of through(tar)) {
    const name = entryPath(entry.header.name);
    if (name !== own && name !== '.dockerignore') {
      entry.resume();
      continue;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    if (name === own) {
      tar.destroy();
      return text;
    }
    common = text;
  }
  return common;
}

/** The same tar without what is ignored; the Dockerfile stays, since it is read from there. */
export function filterTar(tar: Readable, ignored: Ignored, dockerfile: string): Readable {
  const kept = pack();
  const out = new PassThrough();
  kept.on('error', () => {}); // it is `out` that fails
  kept.pipe(out);
  out.on('close', () => {
    tar.destroy();
    kept.destroy();
  });
  copy(tar, kept, (path) => path === dockerfile || !ignored(path)).catch((error: Error) =>
    out.destroy(error),
  );
  return out;
}

async function copy(tar: Readable, to: Pack, keep: (path: string) => boolean): Promise<void> {
  for await (const entry of through(tar)) {
    if (!keep(entryPath(entry.header.name))) {
      entry.resume();
      continue;
    }
    await pipeline(entry, to.entry(entry.header));
  }
  to.finalize();
}

function through(tar: Readable): ReturnType<typeof extract> {
  const reader = extract();
  reader.on('error', () => {}); // whoever reads the entries gets it
  tar.on('error', (error) => reader.destroy(error));
  tar.pipe(reader);
  return reader;
}

function entryPath(name: string): string {
  return posix.normalize(name).replace(/^\/+|\/+$/g, '');
}
