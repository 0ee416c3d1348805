import type { Tree } from '../lib/tree.ts';
import type { VersionRequest } from '../lib/versions.ts';

/** gradle/libs.versions.toml: short names of plugins and libraries. */
export interface Catalog {
  plugins: ReadonlyMap<string, string>;
  libraries: ReadonlyMap<string, string>;
  javaVersion: VersionRequest[];
}

/** Reads the version catalog; empty when there is none. */
export function readCatalog(tree: Tree): Catalog {
  const raw = tree.read('gradle/libs.versions.toml') ?? '';
  const table = (name: string) =>
    new RegExp(`^\\[${name}\\]\\s*$([\\s\\S]*?)(?=^\\[|(?![\\s\\S]))`, 'm').exec(raw)?.[1] ?? '';
  const alias = (key: string) => key.replace(/[-_.]/g, '.');
  const plugins = new Map(
    [...table('plugins').matchAll(/^([\w-]+)\s*=\s*(?:\{[^}]*\bid\s*=\s*)?["']([\w.-]+)/gm)].map((match) => [
      alias(match[1] ?? ''),
      match[2] ?? '',
    ]),
  );
  const libraries = new Map(
    [...table('libraries').matchAll(/^([\w-]+)\s*=\s*(.+)$/gm)].map((match) => {
      const line = match[2] ?? '';
      const module =
        /module\s*=\s*["']([^"']+)["']/.exec(line)?.[1] ?? /^["']([^"':]+:[^"':]+)/.exec(line)?.[1];
      const group = /group\s*=\s*["']([^"']+)["']/.exec(line)?.[1];
      return [
        alias(match[1] ?? ''),
        module ?? `${group ?? ''}:${/name\s*=\s*["']([^"']+)["']/.exec(line)?.[1] ?? ''}`,
      ];
    }),
  );
  const java =
    /^(?:java|jdk|jvm|jvmTarget|javaVersion|java-version|jvm-target|jvm-toolchain|java-toolchain)\s*=\s*["'](\d[\d.]*)["']/m.exec(
      table('versions'),
    )?.[1];
  return {
    plugins,
    libraries,
    javaVersion: java === undefined ? [] : [{ value: java, source: 'gradle/libs.versions.toml' }],
  };
}
