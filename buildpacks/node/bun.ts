import type { Context } from '../buildpack.ts';
import { saysBun } from '../bun/start.ts';
import { commandParts } from '../lib/devserver.ts';
import type { App } from './app.ts';
import { type Package, uses } from './package.ts';

/** Whether the app runs on Bun itself, not only installs with it: then it is no Node app. */
export function bunRuns(ctx: Context, pkg: Package, app: App): boolean {
  if (app.kind === 'site') return false;
  if (app.kind === 'server') {
    const last = commandParts(app.start).at(-1) ?? '';
    if (/^bun\s+(?:--\S+\s+)*(?:run\s+)?(?:--\S+\s+)*[\w./@-]+/.test(last)) return true;
    if ((app.source.startsWith('scripts.') && !/^\.\//.test(last)) || app.shape !== null) return false;
  }
  if (app.kind === 'server' && app.source !== 'scripts.start' && saysBun(ctx, pkg)) return true;
  if (app.kind === 'none' && saysBun(ctx, pkg)) return true;
  const bunLock =
    ctx.tree.has('bun.lock') ||
    ctx.tree.has('bun.lockb') ||
    ctx.repo.has('bun.lock') ||
    ctx.repo.has('bun.lockb');
  return (
    (uses(pkg, 'elysia') && !uses(pkg, '@elysiajs/node')) ||
    (bunLock &&
      uses(pkg, '@types/bun', 'bun-types') &&
      !uses(pkg, '@types/node', 'express', 'fastify', 'next'))
  );
}
