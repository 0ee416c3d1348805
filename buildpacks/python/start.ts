import { type Context, nothingToRun, type Warning } from '../buildpack.ts';
import { depth } from '../lib/tree.ts';
import { type Django, productionSettings, readDjango } from './django.ts';
import { chooseEntry, type Entry, importable, type Program } from './entry.ts';
import type { Project } from './project.ts';

/** What a Python app starts with. */
export interface Start {
  framework: string | null;
  /** Serves HTTP; else a script or a worker. */
  serves: boolean;
  file: string;
  command: string;
  /** Servers that the command needs and the manifests do not ask for. */
  adds: string[];
  env: Record<string, string>;
  django: Django | null;
  processes: Record<string, string>;
  warnings: Warning[];
}

/** Programs that run a file of their own kind. */
const runners: readonly {
  name: string;
  module: string;
  names: readonly string[];
  command: (file: string) => string;
}[] = [
  {
    name: 'streamlit',
    module: 'streamlit',
    names: ['streamlit_app', 'app', 'main', 'Home', 'home', 'Main', 'dashboard', 'index'],
    command: (file) =>
      `streamlit run ${file} --server.port $PORT --server.address 0.0.0.0 --server.headless true`,
  },
  {
    name: 'chainlit',
    module: 'chainlit',
    names: ['app', 'main', 'chat', 'chainlit_app'],
    command: (file) => `chainlit run ${file} --host 0.0.0.0 --port $PORT --headless`,
  },
  {
    name: 'panel',
    module: 'panel',
    names: ['app', 'main', 'dashboard'],
    command: (file) => `panel serve ${file} --address 0.0.0.0 --port $PORT --allow-websocket-origin='*'`,
  },
  {
    name: 'shiny',
    module: 'shiny',
    names: ['app', 'main'],
    command: (file) => `shiny run --host 0.0.0.0 --port $PORT ${file}`,
  },
  {
    name: 'solara',
    module: 'solara',
    names: ['app', 'main'],
    command: (file) => `solara run ${file} --host 0.0.0.0 --port $PORT --production`,
  },
  {
    name: 'mesop',
    module: 'mesop',
    names: ['main', 'app'],
    command: (file) => `mesop ${file} --prod --port $PORT`,
  },
];

/** Libraries that listen when the script that uses them runs. */
const scripted: readonly [string, string][] = [
  ['gradio', 'gradio'],
  ['nicegui', 'nicegui'],
  ['tornado', 'tornado'],
  ['aiohttp', 'aiohttp'],
  ['cherrypy', 'cherrypy'],
  ['pywebio', 'pywebio'],
  ['flet', 'flet'],
  ['taipy', 'taipy'],
  ['robyn', 'robyn'],
  ['twisted', 'twisted'],
  ['web', 'web.py'],
  ['hug', 'hug'],
  ['bottle', 'bottle'],
  ['japronto', 'japronto'],
  ['websockets', 'websockets'],
  ['grpc', 'grpc'],
  ['mcp', 'mcp'],
  ['fastmcp', 'fastmcp'],
  ['discord', 'discord.py'],
  ['telegram', 'python-telegram-bot'],
  ['telebot', 'telebot'],
  ['aiogram', 'aiogram'],
  ['pyrogram', 'pyrogram'],
  ['telethon', 'telethon'],
  ['slack_bolt', 'slack-bolt'],
  ['tweepy', 'tweepy'],
  ['http.server', 'http.server'],
  ['wsgiref', 'wsgiref'],
  ['socketserver', 'socketserver'],
  ['celery', 'celery'],
  ['rq', 'rq'],
  ['apscheduler', 'apscheduler'],
  ['schedule', 'schedule'],
];

/** In a package for others only an app object in the usual place is its app; factories are part of what it offers. */
function plainEntry(project: Project, entry: Entry): boolean {
  return (
    !entry.factory &&
    depth(entry.file) <= 1 &&
    /(?:^|\/)(?:app|main|wsgi|asgi|server|api)\.py$/.test(entry.file) &&
    project.names.has(entry.framework)
  );
}

const none: Pick<Start, 'adds' | 'env' | 'django' | 'processes' | 'warnings'> = {
  adds: [],
  env: {},
  django: null,
  processes: {},
  warnings: [],
};

/** How the app starts: Django, a runner's own file, an object for a server, a script; null when there is nothing. */
export function findStart(ctx: Context, project: Project, program: Program): Start | null {
  const django = readDjango(ctx, program);
  const celery = celeryOf(ctx, program);
  if (django !== null) return { ...djangoStart(ctx, project, django, program), processes: celery };
  const runner = runnerStart(ctx, project, program);
  if (runner !== null) return runner;
  const entry = chooseEntry(
    project.published ? program.entries.filter((one) => plainEntry(project, one)) : program.entries,
  );
  if (entry !== null) return { ...entryStart(ctx, project, program, entry), processes: celery };
  const script = scriptStart(ctx, project, program);
  return script ?? projectScript(project) ?? null;
}

function djangoStart(ctx: Context, project: Project, django: Django, program: Program): Start {
  const settings = productionSettings(ctx, django);
  const names = project.names;
  const channels = ['channels', 'daphne'].some((name) => names.has(name)) && django.asgi !== null;
  const uvicorn = !names.has('gunicorn') && names.has('uvicorn') && django.asgi !== null;
  const at = django.root;
  const env: Record<string, string> = { ...(settings === null ? {} : { DJANGO_SETTINGS_MODULE: settings }) };
  const base = { ...none, framework: 'django', serves: true, file: django.manage, env, django };
  if (channels) {
    const command =
      names.has('daphne') || !names.has('uvicorn')
        ? `daphne -b 0.0.0.0 -p $PORT ${django.asgi}`
        : uvicornCommand(django.asgi ?? '', false);
    return {
      ...base,
      command: at === '' ? command : `cd ${at} && ${command}`,
      adds: names.has('daphne') || names.has('uvicorn') ? [] : ['daphne'],
    };
  }
  if (uvicorn) {
    const command = uvicornCommand(django.asgi ?? '', false);
    return { ...base, command: at === '' ? command : `cd ${at} && ${command}` };
  }
  const target = django.wsgi ?? (django.asgi === null ? null : django.asgi);
  if (target === null) {
    const module = program.entries.find((one) => one.framework === 'django');
    if (module === undefined) {
      throw nothingToRun(
        'This Django project has no wsgi.py and no asgi.py to serve.',
        'Add wsgi.py (django-admin startproject makes one), or start = "…" to landfall.toml.',
        django.manage,
      );
    }
    return entryStart(ctx, project, program, module);
  }
  if (django.wsgi === null)
    return {
      ...base,
      command: at === '' ? uvicornCommand(target, false) : `cd ${at} && ${uvicornCommand(target, false)}`,
      adds: names.has('uvicorn') ? [] : ['uvicorn'],
    };
  return {
    ...base,
    command: `gunicorn${at === '' ? '' : ` --chdir ${at}`} --bind 0.0.0.0:$PORT ${target.replace(/:application$/, ':application')}`,
    adds: names.has('gunicorn') ? [] : ['gunicorn'],
  };
}

function uvicornCommand(target: string, factory: boolean): string {
  return `uvicorn ${factory ? '--factory ' : ''}${target} --host 0.0.0.0 --port $PORT`;
}

function runnerStart(ctx: Context, project: Project, program: Program): Start | null {
  for (const runner of runners) {
    if (project.manifest !== null && project.names.size > 0 && !project.names.has(runner.name)) continue;
    const files = [...program.modules]
      .filter(
        ([file, module]) =>
          importsOf(module.imports, runner.module) &&
          !/(?:^|\/)(?:pages\/|__init__\.py$)/.test(file) &&
          (!project.published || depth(file) === 0),
      )
      .map(([file]) => file);
    if (files.length === 0) continue;
    // A web app that only embeds the library is served as a web app.
    if (
      program.entries.some((entry) => depth(entry.file) <= 1) &&
      runner.name !== 'streamlit' &&
      runner.name !== 'chainlit'
    )
      continue;
    if (
      runner.name === 'streamlit' &&
      program.entries.some((entry) => depth(entry.file) === 0 && !files.includes(entry.file)) &&
      !files.some((file) => depth(file) === 0)
    )
      continue;
    const rank = (file: string): number => {
      const stem = file.slice(file.lastIndexOf('/') + 1, -3);
      const index = runner.names.findIndex((name) => name === stem || stem.endsWith(`_${name}`));
      return depth(file) * 20 + (index < 0 ? 12 : index) - (mentioned(ctx, file, runner.name) ? 100 : 0);
    };
    const [file] = files.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
    if (file === undefined) continue;
    const module = program.modules.get(file);
    const root = importable(ctx, file, module).root;
    return {
      ...none,
      framework: runner.name,
      serves: true,
      file,
      command: runner.command(/[^\w./-]/.test(file) ? `'${file}'` : file),
      adds: project.names.has(runner.name) ? [] : [runner.name],
      env: root === '' ? {} : { PYTHONPATH: `/app/${root}` },
    };
  }
  return null;
}

/** The README names the file as the one to run. */
function mentioned(ctx: Context, file: string, runner: string): boolean {
  return (ctx.tree.read('README.md') ?? '').includes(`${runner} run ${file}`);
}

function entryStart(ctx: Context, project: Project, program: Program, entry: Entry): Start {
  const module = program.modules.get(entry.file);
  const { module: name, root } = importable(ctx, entry.file, module);
  const names = project.names;
  const target = `${name}:${entry.name}`;
  const base = {
    ...none,
    framework: entry.framework,
    serves: true,
    file: entry.file,
    env: root === '' ? {} : { PYTHONPATH: `/app/${root}` },
  };
  if (entry.protocol === 'aiohttp') {
    if (module?.main === true || !names.has('gunicorn')) {
      const script = [...program.modules].find(
        ([file, one]) => one.calls.has('aiohttp.web.run_app') && depth(file) <= 1,
      )?.[0];
      if (script !== undefined) return { ...base, file: script, command: `python ${script}` };
    }
    const factory = entry.factory ? '()' : '';
    return {
      ...base,
      command: `gunicorn --bind 0.0.0.0:$PORT --worker-class aiohttp.GunicornWebWorker ${factory === '' ? target : `'${target}()'`}`,
      adds: names.has('gunicorn') ? [] : ['gunicorn'],
    };
  }
  if (entry.framework === 'sanic') {
    return {
      ...base,
      command: `sanic ${target} --host=0.0.0.0 --port=$PORT${entry.factory ? ' --factory' : ''}`,
    };
  }
  if (entry.protocol === 'asgi') {
    if (names.has('hypercorn') && !names.has('uvicorn'))
      return {
        ...base,
        command: `hypercorn ${entry.factory ? `'${target}()'` : target} --bind 0.0.0.0:$PORT`,
      };
    if (names.has('daphne') && !names.has('uvicorn') && !entry.factory)
      return { ...base, command: `daphne -b 0.0.0.0 -p $PORT ${target}` };
    if (names.has('granian') && !names.has('uvicorn'))
      return {
        ...base,
        command: `granian --interface asgi --host 0.0.0.0 --port $PORT ${entry.factory ? '--factory ' : ''}${target}`,
      };
    return {
      ...base,
      command: uvicornCommand(target, entry.factory),
      adds: names.has('uvicorn') ? [] : ['uvicorn'],
    };
  }
  const call = entry.factory ? `'${target}()'` : target;
  if (names.has('waitress') && !names.has('gunicorn'))
    return {
      ...base,
      command: `waitress-serve --host=0.0.0.0 --port=$PORT ${entry.factory ? '--call ' : ''}${target}`,
    };
  const socket = names.has('flask-socketio');
  const worker = socket
    ? names.has('eventlet')
      ? ' --worker-class eventlet --workers 1'
      : names.has('gevent-websocket')
        ? ' --worker-class geventwebsocket.gunicorn.workers.GeventWebSocketWorker --workers 1'
        : ' --workers 1 --threads 100'
    : '';
  return {
    ...base,
    command: `gunicorn${worker} --bind 0.0.0.0:$PORT ${call}`,
    adds: names.has('gunicorn') ? [] : ['gunicorn'],
  };
}

const scriptStems = [
  'main',
  'app',
  'server',
  'bot',
  'run',
  'start',
  'index',
  'web',
  'api',
  '__main__',
  'application',
  'worker',
  'launch',
  'serve',
  'service',
  'wsgi',
  'hello',
  'app_main',
  'runserver',
];

function scriptStart(ctx: Context, project: Project, program: Program): Start | null {
  const runs = [...program.modules].filter(
    ([file, module]) =>
      module.main || (module.acts && depth(file) === 0) || /(?:^|\/)__main__\.py$/.test(file),
  );
  if (project.published) return null;
  const rank = ([file, module]: (typeof runs)[number]): number => {
    const stem = file.slice(file.lastIndexOf('/') + 1, -3);
    const index = scriptStems.indexOf(stem);
    const library = scripted.findIndex(([name]) => importsOf(module.imports, name));
    return depth(file) * 20 + (index < 0 ? 30 : index) - (library >= 0 ? 15 : 0) - (module.main ? 3 : 0);
  };
  const listed = runs
    .filter(([file, module]) => {
      const stem = file.slice(file.lastIndexOf('/') + 1, -3);
      const named = scriptStems.includes(stem);
      const library = scripted.some(([name]) => importsOf(module.imports, name));
      return (
        depth(file) <= 2 &&
        (named ||
          library ||
          (depth(file) === 0 &&
            (ctx.tree.in('').filter((name) => name.endsWith('.py')).length === 1 ||
              /bot|server|app|main|run/i.test(stem))))
      );
    })
    .filter(
      ([file]) => !/(?:^|\/)(?:scripts?|tools?|utils?|notebooks?|ci|deploy|bin|data|hack|dev)\//.test(file),
    )
    .sort((a, b) => rank(a) - rank(b));
  const [chosen] = listed;
  if (chosen === undefined) return null;
  const [file, module] = chosen;
  const library =
    scripted.find(([name]) => importsOf(module.imports, name)) ??
    scripted.find(
      ([name, distribution]) =>
        (project.names.has(distribution.toLowerCase()) || project.names.has(name)) &&
        [...program.modules.values()].some((one) => importsOf(one.imports, name)),
    );
  const port = String(ctx.settings.port ?? 5000);
  const env = library?.[0] === 'gradio' ? { GRADIO_SERVER_NAME: '0.0.0.0', GRADIO_SERVER_PORT: port } : {};
  const relative = /(?:^|\/)__main__\.py$/.test(file);
  const command =
    relative && file.includes('/')
      ? `python -m ${file.slice(0, -'/__main__.py'.length).replaceAll('/', '.')}`
      : `python ${file}`;
  const { root } = importable(ctx, file, module);
  const path = root === '' && file.includes('/') ? { PYTHONPATH: '/app' } : {};
  return {
    ...none,
    framework: library?.[1] ?? null,
    serves: library !== undefined,
    file,
    command,
    env: { ...path, ...env },
  };
}

/** [project.scripts] with one script that serves, where the code shows no object. */
function projectScript(project: Project): Start | null {
  const names = Object.keys(project.scripts);
  const chosen =
    names.find((name) => /^(?:start|serve|server|web|app|run|api|bot|main)$/.test(name)) ??
    (names.length === 1 && serverNames.some((name) => project.names.has(name)) ? names[0] : undefined);
  return chosen === undefined
    ? null
    : { ...none, framework: null, serves: true, file: 'pyproject.toml', command: chosen };
}

export const serverNames = [
  'fastapi',
  'flask',
  'django',
  'starlette',
  'litestar',
  'quart',
  'sanic',
  'tornado',
  'aiohttp',
  'bottle',
  'falcon',
  'pyramid',
  'dash',
  'streamlit',
  'gradio',
  'uvicorn',
  'gunicorn',
  'hypercorn',
  'daphne',
  'waitress',
  'cherrypy',
  'nicegui',
  'chainlit',
  'panel',
  'python-fasthtml',
  'connexion',
  'robyn',
  'blacksheep',
];

function importsOf(imports: ReadonlySet<string>, module: string): boolean {
  return imports.has(module) || [...imports].some((name) => name.startsWith(`${module}.`));
}

/** A Celery app becomes a worker process. */
function celeryOf(ctx: Context, program: Program): Record<string, string> {
  for (const [file, module] of program.modules) {
    const object = module.objects.find((one) => one.callee === 'celery.Celery');
    if (object === undefined) continue;
    const target = importable(ctx, file, module);
    return {
      worker: `${target.root === '' ? '' : `cd ${target.root} && `}celery -A ${target.module}${object.name === 'app' || object.name === 'celery' ? '' : `:${object.name}`} worker --loglevel=info`,
    };
  }
  return {};
}
