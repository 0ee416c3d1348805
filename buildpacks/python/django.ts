import type { Context } from '../buildpack.ts';
import { depth } from '../lib/tree.ts';
import { type Program, pythonManifests } from './entry.ts';

export interface Django {
  manage: string;
  /** The folder of manage.py, '' for the app's own. */
  root: string;
  /** `shop.settings`; null when manage.py does not say. */
  settings: string | null;
  /** The settings that wsgi.py or asgi.py chooses, where they differ from manage.py's: production's. */
  served: string | null;
  /** `shop.wsgi:application` */
  wsgi: string | null;
  asgi: string | null;
  /** STATIC_ROOT is set: collectstatic has a place to write to. */
  collects: boolean;
}

/** The Django project of a tree, from its manage.py; null when there is none. */
export function readDjango(ctx: Context, program: Program): Django | null {
  const manage = [...ctx.tree.named('manage.py')].find(
    (file) =>
      depth(file) <= 2 &&
      !ctx.tree.belongsBelow(file, pythonManifests) &&
      /django/.test(ctx.tree.read(file) ?? ''),
  );
  if (manage === undefined) return null;
  const root = manage.includes('/') ? manage.slice(0, manage.lastIndexOf('/')) : '';
  const prefix = root === '' ? '' : `${root}/`;
  const settings = settingsModule(ctx.tree.read(manage) ?? '');
  const file = (module: string): string | null =>
    ctx.tree.first(
      `${prefix}${module.replaceAll('.', '/')}.py`,
      `${prefix}${module.replaceAll('.', '/')}/__init__.py`,
    );
  const folder = settings === null ? null : file(settings);
  const related = settings === null ? [] : settingsFiles(ctx, prefix, settings);
  const string = (name: string): string | null => {
    for (const one of [folder, ...related]) {
      const value = one === null ? undefined : program.modules.get(one)?.strings.get(name);
      if (value !== undefined) return value;
    }
    return null;
  };
  const named = (kind: 'wsgi' | 'asgi'): string | null => {
    const set = string(`${kind.toUpperCase()}_APPLICATION`);
    const target =
      set === null ? null : `${set.slice(0, set.lastIndexOf('.'))}:${set.slice(set.lastIndexOf('.') + 1)}`;
    if (target !== null && file(target.split(':')[0] ?? '') !== null) return target;
    const found = ctx.tree
      .named(`${kind}.py`)
      .filter((path) => path.startsWith(prefix))
      .sort(
        (a, b) =>
          Number(b.startsWith(`${prefix}${settings?.split('.')[0] ?? ''}/`)) -
          Number(a.startsWith(`${prefix}${settings?.split('.')[0] ?? ''}/`)),
      )[0];
    return found === undefined ? null : `${found.slice(prefix.length, -3).replaceAll('/', '.')}:application`;
  };
  const texts = [folder, ...related].map((one) => (one === null ? '' : (ctx.tree.read(one) ?? '')));
  const wsgi = named('wsgi');
  const server = wsgi === null ? null : file(wsgi.split(':')[0] ?? '');
  const served = server === null ? null : settingsModule(ctx.tree.read(server) ?? '');
  return {
    manage,
    root,
    settings,
    served: served !== null && served !== settings ? served : null,
    wsgi,
    asgi: named('asgi'),
    collects: texts.some((text) => /^\s*STATIC_ROOT\s*[:=]/m.test(text)),
  };
}

/** os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings") */
function settingsModule(source: string): string | null {
  return (
    /DJANGO_SETTINGS_MODULE["']\s*,\s*(?:[\w.]+\(\s*["']\w+["']\s*,\s*)?["']([\w.]+)["']/.exec(source)?.[1] ??
    null
  );
}

/** Settings split over files: the ones beside the named one, and base ones first. */
function settingsFiles(ctx: Context, prefix: string, settings: string): string[] {
  const parts = settings.split('.');
  const folders = [parts.join('/'), parts.slice(0, -1).join('/')].map((folder) => `${prefix}${folder}`);
  return folders
    .filter((folder) => /settings|config/.test(folder))
    .flatMap((folder) =>
      ctx.tree
        .in(folder)
        .filter((name) => name.endsWith('.py'))
        .map((name) => `${folder}/${name}`),
    )
    .sort(
      (a, b) =>
        Number(/base|common|defaults|production|prod/.test(b)) -
        Number(/base|common|defaults|production|prod/.test(a)),
    );
}
