import { randomBytes } from 'node:crypto';
import { access, constants, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';

const staleMs = 60_000;

/** Writes the whole file, durably, or leaves what was there. */
export async function replace(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, content, { flush: true });
  await rename(temporary, path);
}

/** Removes a file or folder that has not changed for a minute: what a killed git left; its own locks live for milliseconds. */
export async function removeStale(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found && Date.now() - found.mtimeMs > staleMs) await rm(path, { recursive: true, force: true });
}

/** Makes a file's content, or a folder's list of names, durable. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path);
  await handle.sync().finally(() => handle.close());
}

export function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

/** The file's text; null when there is no such file. */
export async function text(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes(code(error))) return null;
    throw error;
  }
}

/** `ENOENT` and the like; empty for other errors. */
export function code(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
