import { record, text } from './json.ts';
import type { Tree } from './tree.ts';
import type { VersionRequest } from './versions.ts';

/** What .tool-versions (asdf) or mise.toml says of a tool; names: the tool's names there. */
export function toolVersion(tree: Tree, ...names: string[]): VersionRequest | null {
  for (const line of (tree.has('.tool-versions') ? (tree.read('.tool-versions') ?? '') : '').split(/\r?\n/)) {
    const [name, value] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (name !== undefined && value !== undefined && names.includes(name))
      return { value, source: '.tool-versions' };
  }
  for (const file of ['mise.toml', '.mise.toml', '.config/mise.toml']) {
    if (!tree.has(file)) continue;
    const tools = record(record(tree.toml(file) ?? {}).tools);
    for (const name of names) {
      const tool = tools[name];
      const value = Array.isArray(tool)
        ? text(tool[0])
        : (text(tool) ?? text(record(tool).version) ?? (typeof tool === 'number' ? String(tool) : null));
      if (value !== null) return { value, source: file };
    }
  }
  return null;
}

/** The first line of a version file that is no comment; null when absent or empty. */
export function versionFile(tree: Tree, file: string): VersionRequest | null {
  if (!tree.has(file)) return null;
  const line = (tree.read(file) ?? '')
    .split(/\r?\n/)
    .map((one) => one.replace(/#.*/, '').trim())
    .find((one) => one !== '');
  return line === undefined ? null : { value: line, source: file };
}
