import type { Context } from '../buildpack.ts';
import { depth } from '../lib/tree.ts';
import { importable, type Program } from './entry.ts';
import type { Project } from './project.ts';
import type { Start } from './start.ts';

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

export const none: Pick<Start, 'adds' | 'env' | 'django' | 'processes' | 'warnings'> = {
  adds: [],
  env: {},
  django: null,
  processes: {},
  warnings: [],
};

export function runnerStart(ctx: Context, project: Project, program: Program): Start | null {
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

export function scriptStart(ctx: Context, project: Project, program: Program): Start | null {
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
              /(?:^|_)(?:bot|server|app|main|run|web|api)$|bot$/i.test(stem))))
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
export function projectScript(project: Project): Start | null {
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
