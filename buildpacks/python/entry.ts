import { type Context, PlanError } from '../buildpack.ts';
import { depth, type Tree } from '../lib/tree.ts';
import { type PyModule, pyModule } from './code.ts';

export type Protocol = 'wsgi' | 'asgi' | 'aiohttp';

interface Maker {
  protocol: Protocol;
  framework: string;
  /** The attribute of the object that servers load (`app.server` of Dash). */
  attribute?: string;
}

/** Calls that make an app object. */
const makers: Readonly<Record<string, Maker>> = {
  'fastapi.FastAPI': { protocol: 'asgi', framework: 'fastapi' },
  'fastapi.applications.FastAPI': { protocol: 'asgi', framework: 'fastapi' },
  'fastapi_offline.FastAPIOffline': { protocol: 'asgi', framework: 'fastapi' },
  'starlette.applications.Starlette': { protocol: 'asgi', framework: 'starlette' },
  'litestar.Litestar': { protocol: 'asgi', framework: 'litestar' },
  'litestar.app.Litestar': { protocol: 'asgi', framework: 'litestar' },
  'starlite.Starlite': { protocol: 'asgi', framework: 'starlite' },
  'quart.Quart': { protocol: 'asgi', framework: 'quart' },
  'blacksheep.Application': { protocol: 'asgi', framework: 'blacksheep' },
  'blacksheep.server.Application': { protocol: 'asgi', framework: 'blacksheep' },
  'sanic.Sanic': { protocol: 'asgi', framework: 'sanic' },
  'falcon.asgi.App': { protocol: 'asgi', framework: 'falcon' },
  'esmerald.Esmerald': { protocol: 'asgi', framework: 'esmerald' },
  'ravyn.Ravyn': { protocol: 'asgi', framework: 'ravyn' },
  'xpresso.App': { protocol: 'asgi', framework: 'xpresso' },
  'responder.API': { protocol: 'asgi', framework: 'responder' },
  'muffin.Application': { protocol: 'asgi', framework: 'muffin' },
  'fasthtml.common.FastHTML': { protocol: 'asgi', framework: 'fasthtml' },
  'fasthtml.common.fast_app': { protocol: 'asgi', framework: 'fasthtml' },
  'fasthtml.FastHTML': { protocol: 'asgi', framework: 'fasthtml' },
  'connexion.AsyncApp': { protocol: 'asgi', framework: 'connexion' },
  'connexion.FlaskApp': { protocol: 'asgi', framework: 'connexion' },
  'connexion.App': { protocol: 'asgi', framework: 'connexion' },
  'django.core.asgi.get_asgi_application': { protocol: 'asgi', framework: 'django' },
  'socketio.ASGIApp': { protocol: 'asgi', framework: 'socketio' },
  'ariadne.asgi.GraphQL': { protocol: 'asgi', framework: 'ariadne' },
  'strawberry.asgi.GraphQL': { protocol: 'asgi', framework: 'strawberry' },
  'flask.Flask': { protocol: 'wsgi', framework: 'flask' },
  'flask.app.Flask': { protocol: 'wsgi', framework: 'flask' },
  'apiflask.APIFlask': { protocol: 'wsgi', framework: 'flask' },
  'flask_openapi3.OpenAPI': { protocol: 'wsgi', framework: 'flask' },
  'flask_appbuilder.Flask': { protocol: 'wsgi', framework: 'flask' },
  'eve.Eve': { protocol: 'wsgi', framework: 'eve' },
  'bottle.Bottle': { protocol: 'wsgi', framework: 'bottle' },
  'bottle.default_app': { protocol: 'wsgi', framework: 'bottle' },
  'bottle.app': { protocol: 'wsgi', framework: 'bottle' },
  'falcon.App': { protocol: 'wsgi', framework: 'falcon' },
  'falcon.API': { protocol: 'wsgi', framework: 'falcon' },
  'dash.Dash': { protocol: 'wsgi', framework: 'dash', attribute: 'server' },
  'dash_extensions.enrich.DashProxy': { protocol: 'wsgi', framework: 'dash', attribute: 'server' },
  'django.core.wsgi.get_wsgi_application': { protocol: 'wsgi', framework: 'django' },
  'socketio.WSGIApp': { protocol: 'wsgi', framework: 'socketio' },
  'morepath.App': { protocol: 'wsgi', framework: 'morepath' },
  'masonite.foundation.Application': { protocol: 'wsgi', framework: 'masonite' },
  'config.make_wsgi_app': { protocol: 'wsgi', framework: 'pyramid' },
  'aiohttp.web.Application': { protocol: 'aiohttp', framework: 'aiohttp' },
};

/** An object, or a factory, that a server can load. */
export interface Entry extends Maker {
  file: string;
  /** What stands after the colon: `app`, `app.server`, `create_app`. */
  name: string;
  factory: boolean;
  score: number;
}

export interface Program {
  modules: Map<string, PyModule>;
  entries: Entry[];
}

/** What makes a folder a Python project of its own. */
export const pythonManifests = ['requirements.txt', 'pyproject.toml', 'Pipfile', 'setup.py'];

/** Words without which a file is neither an app nor what starts one. */
const worth =
  /__main__|\b(?:fastapi|starlette|litestar|starlite|quart|blacksheep|sanic|falcon|flask|apiflask|eve|bottle|dash|django|socketio|pyramid|aiohttp|tornado|gradio|streamlit|chainlit|panel|shiny|solara|mesop|nicegui|celery|uvicorn|gunicorn|cherrypy|connexion|fasthtml|esmerald|ravyn|robyn|responder|morepath|strawberry|ariadne|discord|telegram|telebot|aiogram|pyrogram|telethon|slack_bolt|tweepy|websockets|grpc|mcp|fastmcp|http\.server|wsgiref|socketserver|apscheduler|schedule|rq|twisted|web|hug|pywebio|flet|taipy)\b|_APPLICATION|\b\w*(?:create|make|get|build)_\w*app\w*\b|\b(?:app|application|main|run)\s*\(|^(?:app|application|api|server)\s*[:=]/m;

/** No app has its entry deeper, and no app needs more files read to be understood. */
const maxFiles = 600;

/** Reads the app's modules, shallow ones first, and finds what servers can load. */
export function readProgram(ctx: Context): Program {
  const known = programs.get(ctx.tree);
  if (known !== undefined) return known;
  const program = read(ctx);
  programs.set(ctx.tree, program);
  return program;
}

/** Detecting and planning ask for the same program. */
const programs = new WeakMap<Tree, Program>();

function read(ctx: Context): Program {
  const modules = new Map<string, PyModule>();
  for (const file of ctx.tree.withExtension('.py').slice(0, maxFiles)) {
    if (ctx.tree.belongsBelow(file, pythonManifests)) continue;
    if (
      /(?:^|\/)(?:test_[^/]*|[^/]*_test|conftest|setup|noxfile|fabfile|tasks)\.py$|(?:^|\/)(?:migrations|alembic)\//.test(
        file,
      )
    )
      continue;
    const source = ctx.tree.read(file);
    // Only a file that may hold an app, a factory or a script is worth the full reading.
    if (source !== null && source.length < 300_000 && worth.test(source)) modules.set(file, pyModule(source));
  }
  return { modules, entries: findEntries(modules) };
}

function findEntries(modules: ReadonlyMap<string, PyModule>): Entry[] {
  const factories = new Map<string, Maker>();
  for (const module of modules.values()) {
    for (const { name, objects } of module.functions) {
      const maker = objects.map((object) => makers[object.callee]).find((one) => one !== undefined);
      if (maker !== undefined && !factories.has(name)) factories.set(name, maker);
    }
  }
  const targets = new Set([...modules.values()].flatMap((module) => module.targets));
  const found: Entry[] = [];
  for (const [file, module] of modules) {
    for (const object of module.objects) {
      const maker = makerOf(object.callee, factories);
      if (maker === undefined) continue;
      const name =
        maker.attribute === undefined
          ? object.name
          : (aliasOf(module, `${object.name}.${maker.attribute}`) ?? `${object.name}.${maker.attribute}`);
      found.push({ ...maker, file, name, factory: false, score: rate(file, object.name, false, targets) });
    }
    for (const { name, required, objects } of module.functions) {
      if (required > 0 || name.startsWith('test')) continue;
      const maker = objects
        .map((object) => makerOf(object.callee, factories))
        .find((one) => one !== undefined);
      if (maker !== undefined)
        found.push({ ...maker, file, name, factory: true, score: rate(file, name, true, targets) });
    }
  }
  return found.sort((a, b) => b.score - a.score || (a.file < b.file ? -1 : 1));
}

function makerOf(callee: string, factories: ReadonlyMap<string, Maker>): Maker | undefined {
  const direct =
    makers[callee] ?? (callee.endsWith('.make_wsgi_app') ? makers['config.make_wsgi_app'] : undefined);
  return direct ?? factories.get(callee.slice(callee.lastIndexOf('.') + 1));
}

/** The name that `app.server` was given, the usual line of Dash. */
function aliasOf(module: PyModule, value: string): string | null {
  return [...module.aliases].find(([, target]) => target === value)?.[0] ?? null;
}

const stems: Readonly<Record<string, number>> = {
  asgi: 52,
  wsgi: 50,
  main: 46,
  app: 45,
  server: 40,
  api: 38,
  application: 36,
  run: 34,
  index: 30,
  __init__: 32,
  web: 28,
  start: 28,
  service: 24,
  bot: 20,
  __main__: 30,
  factory: 22,
};

function rate(file: string, name: string, factory: boolean, targets: ReadonlySet<string>): number {
  const stem = file.slice(file.lastIndexOf('/') + 1, -3);
  const dotted = file
    .slice(0, -3)
    .replaceAll('/', '.')
    .replace(/\.__init__$/, '');
  const named = [...targets].some((target) => {
    const [module = '', object] = target.split(':');
    return object === name && (dotted === module || dotted.endsWith(`.${module}`));
  });
  const label =
    {
      app: 6,
      application: 5,
      api: 3,
      server: 3,
      asgi_app: 4,
      create_app: 6,
      make_app: 4,
      get_app: 3,
      create_application: 4,
    }[name] ?? (factory ? -12 : 0);
  const aside = /celery|example|sample|demo|test|old|legacy|backup|mock|stub|dummy|debug/.test(file)
    ? -15
    : 0;
  return (stems[stem] ?? 12) + aside - 8 * depth(file) + label + (factory ? -10 : 0) + (named ? 100 : 0);
}

/** The entry that is the app. Throws PlanError when two in different folders are as likely. */
export function chooseEntry(entries: readonly Entry[]): Entry | null {
  const [best, ...others] = entries;
  if (best === undefined) return null;
  const stem = (file: string) => file.slice(file.lastIndexOf('/') + 1);
  const rival = others.find(
    (one) =>
      one.score === best.score &&
      folder(one.file) !== folder(best.file) &&
      stem(one.file) === stem(best.file),
  );
  if (rival !== undefined && best.score < 100) {
    const both = [best, rival];
    throw new PlanError(
      'ambiguous',
      'ambiguous',
      `There are two apps that look the same: ${both.map((one) => `${one.file} (${one.name})`).join(' and ')}.`,
      `Choose one in landfall.toml: app = "${folder(best.file)}"`,
      {
        candidates: both.map((one) => ({
          stack: 'python' as const,
          score: 90,
          choose: `app = "${folder(one.file)}"`,
        })),
      },
    );
  }
  return best;
}

function folder(file: string): string {
  return file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '';
}

export interface Importable {
  /** `pkg.api` */
  module: string;
  /** The folder that must be on the module path, '' for the app's own. */
  root: string;
}

/** How a file is imported: from which folder its own imports of the repository work. */
export function importable(ctx: Context, file: string, module: PyModule | undefined): Importable {
  const parts = file.slice(0, -3).split('/');
  const roots = parts.map((_, index) => parts.slice(0, index).join('/'));
  const first = [...(module?.imports ?? [])].map((name) => name.split('.')[0] ?? name);
  const satisfied = (root: string): number =>
    first.filter(
      (name) =>
        ctx.tree.has(join(root, `${name}.py`)) ||
        (ctx.tree.hasFolder(join(root, name)) && name !== parts.at(-1)),
    ).length;
  const packaged = (root: string): boolean => root !== '' && ctx.tree.has(join(root, '__init__.py'));
  const rated = roots.map((root, index) => ({
    root,
    index,
    score:
      satisfied(root) * 10 +
      (packaged(root) ? -5 : 0) +
      (root.endsWith('src') && parts.length - index > 1 ? 3 : 0),
  }));
  const best = rated.sort((a, b) => b.score - a.score || a.index - b.index)[0] ?? { root: '', index: 0 };
  const name = parts.slice(best.root === '' ? 0 : best.root.split('/').length);
  return {
    module: (name.at(-1) === '__init__' ? name.slice(0, -1) : name).join('.') || '__init__',
    root: best.root,
  };
}

function join(root: string, name: string): string {
  return root === '' ? name : `${root}/${name}`;
}
