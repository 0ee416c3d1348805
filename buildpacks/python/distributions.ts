import type { Program } from './entry.ts';

/**
 * Modules whose distribution is known for sure, for repositories without a manifest: what is not here is named in a
 * warning and never guessed, because a guessed name may be anybody's package.
 */
const known: Readonly<Record<string, string>> = {
  aiogram: 'aiogram',
  aiohttp: 'aiohttp',
  apscheduler: 'apscheduler',
  bottle: 'bottle',
  bs4: 'beautifulsoup4',
  celery: 'celery',
  chainlit: 'chainlit',
  cherrypy: 'cherrypy',
  cv2: 'opencv-python-headless',
  dash: 'dash',
  discord: 'discord.py',
  django: 'django',
  dotenv: 'python-dotenv',
  falcon: 'falcon',
  fastapi: 'fastapi',
  flask: 'flask',
  flask_cors: 'flask-cors',
  flask_login: 'flask-login',
  flask_migrate: 'flask-migrate',
  flask_socketio: 'flask-socketio',
  flask_sqlalchemy: 'flask-sqlalchemy',
  flask_wtf: 'flask-wtf',
  gradio: 'gradio',
  gunicorn: 'gunicorn',
  httpx: 'httpx',
  jinja2: 'jinja2',
  jwt: 'pyjwt',
  litestar: 'litestar',
  matplotlib: 'matplotlib',
  nicegui: 'nicegui',
  numpy: 'numpy',
  openai: 'openai',
  pandas: 'pandas',
  PIL: 'pillow',
  plotly: 'plotly',
  psycopg2: 'psycopg2-binary',
  pydantic: 'pydantic',
  pymongo: 'pymongo',
  quart: 'quart',
  redis: 'redis',
  requests: 'requests',
  sanic: 'sanic',
  scipy: 'scipy',
  sklearn: 'scikit-learn',
  sqlalchemy: 'sqlalchemy',
  starlette: 'starlette',
  streamlit: 'streamlit',
  telebot: 'pyTelegramBotAPI',
  telegram: 'python-telegram-bot',
  telethon: 'telethon',
  tornado: 'tornado',
  uvicorn: 'uvicorn',
  websockets: 'websockets',
  werkzeug: 'werkzeug',
  yaml: 'pyyaml',
};

/** What the code imports and the table knows, as distributions; for a repository without a manifest. */
export function importedDistributions(program: Program): string[] {
  const found = new Set<string>();
  for (const module of program.modules.values()) {
    for (const name of module.imports) {
      const distribution = known[name.split('.')[0] ?? ''];
      if (distribution !== undefined) found.add(distribution);
    }
  }
  return [...found].sort();
}
