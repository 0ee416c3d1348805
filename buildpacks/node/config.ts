import type { Context } from '../buildpack.ts';
import { type JsToken, jsProperty, jsTokens } from '../lib/js.ts';

/** The tokens of a configuration file with any of the usual extensions, in a folder of the app. */
export function configTokens(ctx: Context, name: string): JsToken[] | null {
  const file = ['js', 'mjs', 'cjs', 'ts', 'mts', 'cts']
    .map((extension) => `${name}.${extension}`)
    .find((path) => ctx.tree.has(path));
  return file === undefined ? null : jsTokens(ctx.tree.read(file) ?? '');
}

export function stringOf(tokens: readonly JsToken[] | null, key: string): string | null {
  const value = tokens === null ? undefined : jsProperty(tokens, key)?.value;
  return typeof value === 'string' && value !== 'other' ? value.replace(/^\.\/|\/+$/g, '') : null;
}

/** `a/./b/../c` → `a/c`; never leaves the app. */
export function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}
