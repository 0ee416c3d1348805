import { createReadStream, lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { UserError } from '../errors.ts';
import { page } from './page.ts';
import type { Planned } from './plan.ts';
import { sourceFromDirectory } from './source.ts';

export interface LocalBuild {
  /** Absolute. */
  dir: string;
  tag: string | null;
  json: boolean;
  /** Where it is remembered that no registry answers. */
  home: string;
}

/** Builds a planned folder with the local Docker. Progress on stderr, the result on stdout; returns the exit status. */
export async function buildLocally(
  { json, recipe }: Planned,
  { dir, tag, json: asJson, home }: LocalBuild,
): Promise<number> {
  if (recipe === null) {
    process.stdout.write(asJson ? `${JSON.stringify({ error: json.error, plan: json })}\n` : page(json, dir));
    return { plan: 1, ambiguous: 3, unsupported: 4, invalid: 5 }[json.outcome];
  }
  if (tag === null)
    throw new UserError(
      'bad-input',
      'The image needs a name.',
      `For example: landfall build ${dir} --tag shop:dev`,
    );
  const [{ BuildKitBuilder }, { resolveBases }] = await Promise.all([
    import('./builder.ts'),
    import('./bases.ts'),
  ]);
  const builder = new BuildKitBuilder({ instance: 'landfall' });
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const { args, secrets } = await resolveBases(recipe.images, { builder, log, signal: stop.signal, home });
  const result = await builder.build({
    context: () => contextOf(dir, recipe.context, recipe.files),
    dockerfile: recipe.dockerfile,
    args: { ...recipe.args, ...args },
    secrets,
    labels: {},
    target: recipe.target,
    tag,
    log,
    signal: stop.signal,
  });
  if (asJson) process.stdout.write(`${JSON.stringify({ ...result, plan: json })}\n`);
  else
    process.stdout.write(
      `Built ${tag} (${(result.sizeBytes / 1e6).toFixed(0)} MB) in ${result.seconds.toFixed(1)} s.\n`,
    );
  return 0;
}

/** The tar of a folder of the tree, with the generated files in front. Links are kept as links. */
export function contextOf(dir: string, context: string, files: Record<string, string>): Readable {
  const tar = pack();
  void fill().catch((error: unknown) =>
    tar.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return Readable.from(tar, { objectMode: false });

  async function fill(): Promise<void> {
    for (const [name, text] of Object.entries(files))
      tar.entry({ name, mode: 0o644, mtime: new Date(0) }, text);
    const prefix = context === '' ? '' : `${context}/`;
    const source = sourceFromDirectory(dir);
    for (const path of source.paths) {
      if (!path.startsWith(prefix)) continue;
      const name = path.slice(prefix.length);
      if (name in files) continue;
      const facts = lstatSync(join(dir, path));
      // Times are left out of BuildKit's cache key; a fixed one keeps the tar the same for the same tree.
      const header = { name, mode: facts.mode & 0o777, mtime: new Date(0) };
      if (facts.isSymbolicLink())
        tar.entry({ ...header, type: 'symlink', linkname: readlinkSync(join(dir, path)) });
      else await pipeline(createReadStream(join(dir, path)), tar.entry({ ...header, size: facts.size }));
    }
    tar.finalize();
  }
}
