import type { Context } from '../buildpack.ts';
import type { VersionRequest } from '../lib/versions.ts';

/** `1.15.7-otp-26` → `1.15.7`. */
export function plainVersion(request: VersionRequest | null): VersionRequest | null {
  return request === null
    ? null
    : { ...request, value: request.value.replace(/^v/, '').replace(/-otp-?\d+.*$/, '') };
}

/** The file of Heroku's community buildpack. */
export function configVersion(ctx: Context): VersionRequest | null {
  const value = /^\s*elixir_version\s*=\s*\(?"?v?([\d.]+)/m.exec(
    ctx.tree.read('elixir_buildpack.config') ?? '',
  )?.[1];
  return value === undefined ? null : { value, source: 'elixir_buildpack.config' };
}

/** Hex's `~> 1.14` lets any 1.x from 1.14 on; `~> 1.14.2` any 1.14.x. `and` is a space, `or` is `||`. */
export function requirement(value: string): string {
  return value
    .replace(/~>\s*(\d+)\.(\d+)\.(\d+)\S*/g, '>=$1.$2.$3 <$1.$2.9999')
    .replace(
      /~>\s*(\d+)\.(\d+)\S*/g,
      (_, major: string, minor: string) => `>=${major}.${minor}.0 <${Number(major) + 1}.0.0`,
    )
    .replace(/\s+and\s+/g, ' ')
    .replace(/\s+or\s+/g, ' || ');
}
