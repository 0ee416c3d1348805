import { type Context, nothingToRun, type Warning } from '../buildpack.ts';
import { depth } from '../lib/tree.ts';
import { type Django, readDjango } from './django.ts';
import { chooseEntry, type Entry, importable, type Program } from './entry.ts';
import { functionStart } from './functions.ts';
import type { Project } from './project.ts';
import { none, projectScript, runnerStart, scriptStart } from './runners.ts';

/** What a Python app starts with. */
export interface Start {
  framework: string | null;
  /** Serves HTTP; else a script or a worker. */
  serves: boolean;
  file: string;
  command: string;
  /** False: the command is a worker's, and nothing serves. */
  web?: boolean;
  /** Servers that the command needs and the manifests do not ask for. */
  adds: string[];
  env: Record<string, string>;
  django: Django | null;
  processes: Record<string, string>;
  warnings: Warning[];
}

/** In a package for others only an app object in the usual place is its app; factories are part of what it offers. */
function plainEntry(project: Project, entry: Entry): boolean {
  return (
    !entry.factory &&
    depth(entry.file) <= 1 &&
    /(?:^|\/)(?:app|main|wsgi|asgi|server|api)\.py$/.test(entry.file) &&
    project.names.has(entry.framework)
  );
}

/** How the app starts: Django, a runner's own file, an object for a server, a script; null when there is nothing. */
export function findStart(ctx: Context, project: Project, program: Program): Start | null {
  const django = readDjango(ctx, program);
  const celery = celeryOf(ctx, program);
  if (django !== null) return { ...djangoStart(ctx, project, django, program), processes: celery };
  const runner = runnerStart(ctx, project, program);
  if (runner !== null) return runner;
  const served = functionStart(ctx, project);
  if (served !== null) return served;
  const entry = chooseEntry(
    project.published ? program.entries.filter((one) => plainEntry(project, one)) : program.entries,
  );
  if (entry !== null) return { ...entryStart(ctx, project, program, entry), processes: celery };
  const script = scriptStart(ctx, project, program);
  return script ?? projectScript(project) ?? null;
}

function djangoStart(ctx: Context, project: Project, django: Django, program: Program): Start {
  const names = project.names;
  const channels = ['channels', 'daphne'].some((name) => names.has(name)) && django.asgi !== null;
  const uvicorn = !names.has('gunicorn') && names.has('uvicorn') && django.asgi !== null;
  const at = django.root;
  const base = { ...none, framework: 'django', serves: true, file: django.manage, django };
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
