import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes each file that differs, whole or not at all, in the order given, and durably. */
export async function writeFiles(files: ReadonlyMap<string, string>): Promise<void> {
  const folders = new Set<string>();
  for (const [path, text] of files) {
    if ((await readText(path)) === text) continue;
    folders.add(dirname(path));
    await writeFile(path, text);
  }
  for (const folder of folders) await syncFolder(folder);
}

/** The text, or null when there is no such file. */
export async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
}

async function writeFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  const file = await open(part, 'w', 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
