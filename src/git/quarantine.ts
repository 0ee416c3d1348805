import { link, mkdir, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { code, sync } from './files.ts';

/** Packs are found by their .idx, so it must come last: a reader never sees an index without its pack. */
const packOrder = ['.pack', '.rev', '.idx'];

/** The quarantine's real path; null when it is not a folder of this repository's `objects`. */
export async function checkQuarantine(repository: string, path: string): Promise<string | null> {
  const real = await realpath(path).catch(() => null);
  if (real === null || dirname(real) !== join(await realpath(repository), 'objects')) return null;
  return real;
}

/**
 * Gives the quarantined objects a second name in the repository, durable when this resolves. git's own move of them later
 * finds the same files there, which is no error for it.
 */
export async function keepObjects(repository: string, quarantine: string): Promise<void> {
  const objects = join(repository, 'objects');
  const folders = await readdir(quarantine);
  for (const folder of folders.filter((name) => /^[0-9a-f]{2}$/.test(name)))
    await linkAll(join(quarantine, folder), join(objects, folder), await readdir(join(quarantine, folder)));
  if (!folders.includes('pack')) return;
  const names = await readdir(join(quarantine, 'pack'));
  for (const suffix of packOrder) {
    const some = names.filter((name) => name.startsWith('pack-') && name.endsWith(suffix));
    if (some.length > 0) await linkAll(join(quarantine, 'pack'), join(objects, 'pack'), some);
  }
}

async function linkAll(from: string, to: string, names: readonly string[]): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of names) {
    await sync(join(from, name));
    await link(join(from, name), join(to, name)).catch((error: unknown) => {
      if (code(error) !== 'EEXIST') throw error;
    });
  }
  await sync(to);
  await sync(dirname(to));
}
