import type { BaseImage } from '../../buildpacks/buildpack.ts';
import { stripSyntax } from './syntax.ts';

/** Official images that a user's Dockerfile may stand on, for which this server can make one like it. */
const likenesses: readonly [RegExp, string, BaseImage['variant']][] = [
  [/^node:(\d[\d.]*|latest|lts|current)?(?:-(?:slim|bookworm|trixie|bullseye)(?:-slim)?)?$/, 'node', 'build'],
  [/^python:(\d[\d.]*|latest)?(?:-(?:slim|bookworm|trixie|bullseye)|-slim-\w+)?$/, 'python', 'build'],
  [/^golang:(\d[\d.]*|latest)?(?:-(?:bookworm|trixie|bullseye))?$/, 'go', 'build'],
  [/^rust:(\d[\d.]*|latest)?(?:-(?:slim|bookworm|trixie|bullseye)|-slim-\w+)?$/, 'rust', 'build'],
  [/^ruby:(\d[\d.]*|latest)?(?:-(?:slim|bookworm|trixie)|-slim-\w+)?$/, 'ruby', 'build'],
  [/^oven\/bun:(\d[\d.]*|latest)?(?:-(?:slim|debian))?$/, 'bun', 'runtime'],
  [/^denoland\/deno:(?:debian-)?(\d[\d.]*|latest|debian)?$/, 'deno', 'runtime'],
  [/^debian:(trixie|bookworm|stable|latest)?(?:-slim)?$/, 'debian', 'runtime'],
];

/** What stands for a version that the tag leaves open. */
const newest: Record<string, string> = {
  node: '24',
  python: '3.13',
  go: '1',
  rust: '1',
  ruby: '3',
  bun: '1',
  deno: '2',
  debian: 'trixie',
};

/**
 * Pure: a user's Dockerfile as this server builds it. Its `# syntax=` line goes, because it fetches and runs a frontend from a
 * registry; each official image that it names becomes an argument with that name as its default, so that the server can put
 * one of its own in its place where no registry answers. Null: nothing to change.
 */
export function adaptDockerfile(text: string): { text: string; images: BaseImage[] } | null {
  const images: BaseImage[] = [];
  const lines = stripSyntax(text)
    .split('\n')
    .map((line) => {
      const [, before = '', reference = '', after = ''] =
        /^(\s*FROM\s+(?:--\S+\s+)*)([^\s$]+)(.*)$/i.exec(line) ?? [];
      const base = likeness(reference, images);
      if (!base) return line;
      if (!images.includes(base)) images.push(base);
      return `${before}\${${base.arg}}${after}`;
    });
  const first = lines.findIndex((line) => !/^\s*(#.*)?$/.test(line));
  lines.splice(Math.max(first, 0), 0, ...images.map((base) => `ARG ${base.arg}=${base.official}`));
  const adapted = lines.join('\n');
  return adapted === text ? null : { text: adapted, images };
}

function likeness(reference: string, known: readonly BaseImage[]): BaseImage | null {
  const same = known.find((base) => base.official === reference);
  if (same) return same;
  const short = reference.replace(/^docker\.io\/(?:library\/)?/, '').replace(/^([^:@]+)$/, '$1:latest');
  for (const [pattern, toolchain, variant] of likenesses) {
    const match = pattern.exec(short);
    if (!match) continue;
    const tag = match[1] ?? '';
    const named = toolchain === 'debian' ? /^(trixie|bookworm)$/.test(tag) : /^\d/.test(tag);
    const version = named ? tag : (newest[toolchain] ?? '');
    return { arg: `LANDFALL_FROM_${known.length + 1}`, official: reference, toolchain, version, variant };
  }
  return null;
}
