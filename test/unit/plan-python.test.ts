import { describe } from 'vitest';
import { planned } from '../support/planning.ts';

const flask = 'from flask import Flask\napp = Flask(__name__)\n';
const fastapi = 'from fastapi import FastAPI\napp = FastAPI()\n';
const gunicorn = (target: string) => `gunicorn --bind 0.0.0.0:$PORT ${target}`;
const uvicorn = (target: string) => `uvicorn ${target} --host 0.0.0.0 --port $PORT`;

describe('the object that a Python server loads', () => {
  planned([
    [
      'is found in app.py',
      { 'requirements.txt': 'fastapi\nuvicorn', 'app.py': fastapi },
      { stack: 'python', framework: 'fastapi', start: uvicorn('app:app') },
    ],
    [
      'is found whatever its file and name',
      { 'requirements.txt': 'flask\ngunicorn', 'webshop.py': 'import flask\nservice = flask.Flask("x")' },
      { framework: 'flask', start: gunicorn('webshop:service') },
    ],
    [
      'is found in a package',
      {
        'requirements.txt': 'fastapi',
        'shop/__init__.py': '',
        'shop/api/main.py': 'from fastapi import FastAPI\nfrom shop.db import x\napp = FastAPI()',
        'shop/db.py': '',
      },
      { start: uvicorn('shop.api.main:app') },
    ],
    [
      'is found below src, which is no package',
      {
        'requirements.txt': 'fastapi',
        'src/shop/__init__.py': '',
        'src/shop/app.py': 'from fastapi import FastAPI\nfrom shop import db\napp = FastAPI()',
        'src/shop/db.py': '',
      },
      { start: uvicorn('shop.app:app') },
    ],
    [
      'is found below src, where the imports begin there',
      {
        'requirements.txt': 'fastapi',
        'src/main.py': 'from fastapi import FastAPI\nfrom src.db import x\napp = FastAPI()',
        'src/db.py': '',
      },
      { start: uvicorn('src.main:app') },
    ],
    [
      'is a factory',
      {
        'requirements.txt': 'flask',
        'shop/__init__.py':
          'from flask import Flask\ndef create_app(config=None):\n    app = Flask(__name__)\n    return app\n',
      },
      { start: gunicorn("'shop:create_app()'") },
    ],
    [
      'is what a factory of another module made',
      {
        'requirements.txt': 'flask',
        'shop/__init__.py': 'from flask import Flask\ndef create_app():\n    return Flask(__name__)\n',
        'wsgi.py': 'from shop import create_app\napplication = create_app()',
      },
      { start: gunicorn('wsgi:application') },
    ],
    [
      'is no factory that needs arguments',
      {
        'requirements.txt': 'flask',
        'shop.py': 'from flask import Flask\ndef make(config):\n    return Flask(__name__)\n',
        'run.py': 'from shop import make\napp = make({})',
      },
      { start: gunicorn('run:app') },
    ],
    [
      'is not one in a comment, a string or a test',
      {
        'requirements.txt': 'fastapi',
        'tests/app.py': fastapi,
        'a.py': '"""\nfrom fastapi import FastAPI\napp = FastAPI()\n"""\n# app = FastAPI()',
        'z.py': 'from fastapi import FastAPI as Base\napi = Base(\n    title="x",  # app = FastAPI()\n)',
      },
      { start: uvicorn('z:api') },
    ],
    [
      'is the one that uvicorn.run names',
      {
        'requirements.txt': 'fastapi',
        'main.py':
          'import uvicorn\nif __name__ == "__main__":\n    uvicorn.run("core.service:server", reload=True)',
        'core/service.py': 'from fastapi import FastAPI\nserver = FastAPI()',
        'other/app.py': fastapi,
      },
      { start: uvicorn('core.service:server') },
    ],
    [
      'has a type',
      {
        'requirements.txt': 'starlette',
        'app.py':
          'from starlette.applications import Starlette\napp: Starlette = Starlette(\n  routes=[],\n)',
      },
      { framework: 'starlette', start: uvicorn('app:app') },
    ],
    [
      'is Litestar',
      { 'requirements.txt': 'litestar', 'app.py': 'from litestar import Litestar, get\napp = Litestar([])' },
      { framework: 'litestar', start: uvicorn('app:app') },
    ],
    [
      'is Dash’s server',
      { 'requirements.txt': 'dash', 'app.py': 'import dash\napp = dash.Dash(__name__)\nserver = app.server' },
      { framework: 'dash', start: gunicorn('app:server') },
    ],
    [
      'is loaded by the server that is asked for',
      { 'requirements.txt': 'quart\nhypercorn', 'app.py': 'from quart import Quart\napp = Quart(__name__)' },
      { start: 'hypercorn app:app --bind 0.0.0.0:$PORT' },
    ],
    [
      'is loaded by waitress where that is asked for',
      { 'requirements.txt': 'flask\nwaitress', 'app.py': flask },
      { start: 'waitress-serve --host=0.0.0.0 --port=$PORT app:app' },
    ],
    ['without any manifest gets what serves it', { 'app.py': flask }, { start: gunicorn('app:app') }],
    [
      'twice in equal folders is ambiguous',
      { 'requirements.txt': 'fastapi', 'a/main.py': fastapi, 'b/main.py': fastapi },
      { outcome: 'ambiguous', candidates: [{ choose: 'app = "a"' }, { choose: 'app = "b"' }] },
    ],
  ]);
});

describe('Django', () => {
  const manage =
    'import os, sys\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nfrom django.core.management import execute_from_command_line\n';
  const wsgi = 'from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()';
  planned([
    [
      'is served by its WSGI application',
      {
        'requirements.txt': 'Django>=5\ngunicorn',
        'manage.py': manage,
        'shop/settings.py': 'WSGI_APPLICATION = "shop.wsgi.application"',
        'shop/wsgi.py': wsgi,
      },
      { framework: 'django', start: gunicorn('shop.wsgi:application') },
    ],
    [
      'is served from its folder',
      {
        'requirements.txt': 'django',
        'src/manage.py': manage,
        'src/shop/settings.py': '',
        'src/shop/wsgi.py': wsgi,
      },
      { start: 'gunicorn --chdir src --bind 0.0.0.0:$PORT shop.wsgi:application' },
    ],
    [
      'with channels is served by Daphne',
      {
        'requirements.txt': 'django\nchannels\ndaphne',
        'manage.py': manage,
        'shop/settings.py': '',
        'shop/asgi.py': '',
        'shop/wsgi.py': wsgi,
      },
      { start: 'daphne -b 0.0.0.0 -p $PORT shop.asgi:application' },
    ],
    [
      'beats a package.json for its styles',
      {
        'requirements.txt': 'django',
        'manage.py': manage,
        'shop/settings.py': '',
        'shop/wsgi.py': wsgi,
        'package.json': {
          scripts: { build: 'tailwindcss -o x.css', start: 'tailwindcss --watch' },
          devDependencies: { tailwindcss: '3' },
        },
      },
      { stack: 'python', framework: 'django' },
    ],
    [
      'in backend/ with a front end beside it is ambiguous',
      {
        'backend/requirements.txt': 'django',
        'backend/manage.py': manage,
        'backend/shop/wsgi.py': wsgi,
        'backend/shop/settings.py': '',
        'frontend/package.json': { scripts: { build: 'vite build' }, devDependencies: { vite: '5' } },
        'frontend/index.html': '',
      },
      { outcome: 'ambiguous' },
    ],
    [
      'alone in backend/ is planned there',
      {
        'README.md': '',
        'backend/requirements.txt': 'django',
        'backend/manage.py': manage,
        'backend/shop/wsgi.py': wsgi,
        'backend/shop/settings.py': '',
      },
      { outcome: 'plan', framework: 'django', warned: ['app-in-folder'] },
    ],
    [
      'takes the Procfile’s web line',
      {
        Procfile: 'web: gunicorn shop.wsgi --log-file -\nrelease: python manage.py migrate\n',
        'requirements.txt': 'django',
        'manage.py': manage,
        'shop/settings.py': '',
        'shop/wsgi.py': wsgi,
      },
      {
        start: 'gunicorn shop.wsgi --log-file -',
        processes: { release: 'python manage.py migrate' },
        warned: ['server-added'],
      },
    ],
  ]);
});

describe('Python that runs a file', () => {
  planned([
    [
      'Streamlit',
      {
        'requirements.txt': 'streamlit',
        'streamlit_app.py': 'import streamlit as st\nst.title("x")',
        'pages/two.py': 'import streamlit',
      },
      {
        framework: 'streamlit',
        start:
          'streamlit run streamlit_app.py --server.port $PORT --server.address 0.0.0.0 --server.headless true',
      },
    ],
    [
      'Gradio',
      {
        'requirements.txt': 'gradio',
        'app.py': 'import gradio as gr\ngr.Interface(f, "text", "text").launch()',
      },
      { framework: 'gradio', start: 'python app.py' },
    ],
    [
      'a bot',
      {
        'requirements.txt': 'discord.py',
        'bot.py': 'import discord\nclient = discord.Client()\nclient.run("x")',
      },
      { start: 'python bot.py' },
    ],
    [
      'the standard library’s server',
      { 'server.py': 'from http.server import HTTPServer\nHTTPServer(("", 1), None).serve_forever()' },
      { stack: 'python', start: 'python server.py' },
    ],
    [
      'a package with __main__.py',
      {
        'pyproject.toml': '[project]\nname="x"\ndependencies=["aiohttp"]',
        'worker/__init__.py': '',
        'worker/__main__.py': 'from aiohttp import web\nweb.run_app(x)',
      },
      { start: 'python -m worker' },
    ],
    [
      'aiohttp',
      {
        'requirements.txt': 'aiohttp',
        'main.py':
          'from aiohttp import web\napp = web.Application()\nif __name__ == "__main__":\n    web.run_app(app)',
      },
      { framework: 'aiohttp', start: 'python main.py' },
    ],
    [
      'Tornado',
      {
        'requirements.txt': 'tornado',
        'main.py':
          'import tornado.web\nif __name__ == "__main__":\n    tornado.ioloop.IOLoop.current().start()',
      },
      { framework: 'tornado', start: 'python main.py' },
    ],
    [
      'a Celery worker beside a web app',
      {
        'requirements.txt': 'flask\ncelery',
        'app.py': flask,
        'tasks/worker.py': 'from celery import Celery\ncelery = Celery("x")',
      },
      { processes: { web: gunicorn('app:app'), worker: 'celery -A tasks.worker worker --loglevel=info' } },
    ],
  ]);
});

describe('how Python packages are installed', () => {
  const project = (more = '') =>
    `[project]\nname = "x"\nrequires-python = ">=3.11"\ndependencies = ["fastapi[standard]"]\n${more}`;
  planned([
    [
      'by uv, with its lock',
      { 'pyproject.toml': project(), 'uv.lock': 'version = 1', 'main.py': fastapi },
      {
        packageManager: 'uv',
        start: uvicorn('main:app'),
        version: { value: '3.13', source: 'pyproject.toml requires-python' },
      },
    ],
    [
      'by Poetry, with its lock',
      {
        'pyproject.toml':
          '[tool.poetry]\nname="x"\n[tool.poetry.dependencies]\npython = "~3.12"\nflask = "^3"\n',
        'poetry.lock': '',
        'app.py': flask,
      },
      { packageManager: 'poetry', version: { value: '3.12', source: 'pyproject.toml tool.poetry python' } },
    ],
    [
      'for Poetry without a lock too',
      {
        'pyproject.toml':
          '[tool.poetry]\nname="x"\n[tool.poetry.dependencies]\npython = "^3.11"\nflask = "^3.0.1"\n',
        'app.py': flask,
      },
      { packageManager: 'poetry', warned: ['no-lock-file'] },
    ],
    [
      'by PDM',
      { 'pyproject.toml': project(), 'pdm.lock': '', 'main.py': fastapi },
      { packageManager: 'pdm' },
    ],
    [
      'by Pipenv',
      {
        Pipfile: '[packages]\nflask = "*"\n[requires]\npython_version = "3.11"\n',
        'Pipfile.lock': { default: { flask: { version: '==3.0' } } },
        'app.py': flask,
      },
      { packageManager: 'pipenv', version: { value: '3.11', source: 'Pipfile python_version' } },
    ],
    [
      'from included files',
      {
        'requirements.txt': '-r requirements/prod.txt',
        'requirements/prod.txt': '-r base.txt\ngunicorn',
        'requirements/base.txt': 'Flask==3 # web',
        'app.py': flask,
      },
      { packageManager: 'pip', start: gunicorn('app:app'), warnings: [] },
    ],
    [
      'from a misspelled file, which is said',
      { 'requeriments.txt': 'flask\ngunicorn', 'app.py': flask },
      { packageManager: 'pip', warned: ['misspelled-manifest'] },
    ],
    [
      'by none where two locks disagree',
      { 'pyproject.toml': project(), 'uv.lock': '', 'poetry.lock': '', 'main.py': fastapi },
      { outcome: 'invalid' },
    ],
    [
      'by the declared one of two',
      { 'pyproject.toml': project('[tool.uv]\n'), 'uv.lock': '', 'poetry.lock': '', 'main.py': fastapi },
      { packageManager: 'uv', warned: ['other-lock-file'] },
    ],
  ]);
});

describe('what is no Python app', () => {
  planned([
    [
      'a library',
      {
        'pyproject.toml': '[build-system]\nrequires=["hatchling"]\n[project]\nname="x"',
        'src/x/__init__.py': 'def f(): pass',
      },
      { outcome: 'unsupported', error: { code: 'no-start-command' } },
    ],
    [
      'a library with setup.py',
      {
        'setup.py': 'from setuptools import setup\nsetup(name="x", install_requires=["requests"])',
        'x/__init__.py': '',
      },
      { outcome: 'unsupported' },
    ],
    [
      'scripts beside a Node app',
      {
        'package.json': { scripts: { start: 'node server.js' }, dependencies: { express: '4' } },
        'server.js': "require('express')().listen(1)",
        'requirements.txt': 'pandas',
        'scripts/load.py': 'import pandas\nif __name__ == "__main__":\n    load()',
      },
      { stack: 'node' },
    ],
    [
      'a manifest with a mistake',
      { 'pyproject.toml': '[project]\nname = "x\n', 'main.py': fastapi },
      { outcome: 'invalid', error: { code: 'invalid-manifest', file: 'pyproject.toml', line: 2 } },
    ],
  ]);
});

describe('Python with a Procfile of workers', () => {
  planned([
    [
      'runs them',
      {
        Procfile: 'worker: python bot.py',
        'requirements.txt': 'discord.py',
        'bot.py': 'import discord\nclient = discord.Client()\nclient.run("x")',
      },
      { start: null, processes: { worker: 'python bot.py' } },
    ],
    [
      'serves as well where the code does',
      { Procfile: 'worker: celery -A app worker', 'requirements.txt': 'flask\ncelery', 'app.py': flask },
      { start: gunicorn('app:app'), processes: { worker: 'celery -A app worker' } },
    ],
  ]);
});

describe('a broken helper', () => {
  planned([
    [
      'does not stop the app',
      {
        'package.json': { scripts: { start: 'node server.js' }, dependencies: { express: '4' } },
        'server.js': "require('express')().listen(1)",
        'pyproject.toml': '[tool.black\n',
        'scripts/x.py': '',
      },
      { outcome: 'plan', stack: 'node' },
    ],
  ]);
});
