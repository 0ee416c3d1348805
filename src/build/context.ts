import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-stream';

/** Up to here a tree is kept in memory between planning and building; a larger one is read from git twice. */
const keepBytes = 32 * 1024 * 1024;

/** The tar of a tree, read once where it is small. `open` may be called many times, also after the first reader was cut off. */
export class Context {
  readonly #archive: () => Readable;
  #chunks: Buffer[] | null = null;

  constructor(archive: () => Readable) {
    this.#archive = archive;
  }

  open(): Readable {
    if (this.#chunks) return Readable.from(this.#chunks, { objectMode: false });
    const source = this.#archive();
    const chunks: Buffer[] = [];
    let size = 0;
    source.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= keepBytes) chunks.push(chunk);
      else chunks.length = 0;
    });
    source.on('end', () => {
      if (size <= keepBytes) this.#chunks = chunks;
    });
    source.pause();
    return source;
  }

  /** The tree (or one folder of it) with generated files before it. A tar is a row of entries: the tree's own follow untouched. */
  async *withFiles(files: Record<string, string>, folder = ''): AsyncIterable<Buffer> {
    yield await entries(files);
    yield* (folder === '' ? this.open() : below(this.open(), folder)) as AsyncIterable<Buffer>;
  }
}

/** Only what is in the folder, as if it were the root. */
function below(tree: Readable, folder: string): Readable {
  const prefix = `${folder}/`;
  const result = pack();
  const work = async (): Promise<void> => {
    const entries = extract();
    tree.pipe(entries);
    for await (const entry of entries) {
      const { header } = entry;
      if (!header.name.startsWith(prefix) || header.name === prefix) {
        entry.resume();
        continue;
      }
      const name = header.name.slice(prefix.length);
      await pipeline(entry, result.entry({ ...header, name, pax: null }));
    }
    result.finalize();
  };
  void work().catch((error) => result.destroy(error));
  return result as unknown as Readable;
}

/** A tar ends with two empty blocks (POSIX pax); without them another tar may follow. */
async function entries(files: Record<string, string>): Promise<Buffer> {
  const generated = pack();
  for (const [name, text] of Object.entries(files))
    generated.entry({ name, mode: 0o644, mtime: new Date(0) }, text);
  generated.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of generated) chunks.push(chunk as Buffer);
  const whole = Buffer.concat(chunks);
  return whole.subarray(0, whole.length - 1024);
}
