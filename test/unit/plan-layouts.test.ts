import { describe } from 'vitest';
import { planned } from '../support/planning.ts';

const lock = { lockfileVersion: 3, packages: {} };
const express = { scripts: { start: 'node server.js' }, dependencies: { express: '4' } };
const listens = "require('express')().listen(process.env.PORT)";
const flask = 'from flask import Flask\napp = Flask(__name__)\n';

describe('two servers side by side', () => {
  const both = {
    'app.py': flask,
    'requirements.txt': 'flask\ngunicorn\n',
    'package.json': express,
    'package-lock.json': lock,
    'server.js': listens,
  };
  planned([
    ['are ambiguous where nothing says which', both, { outcome: 'ambiguous' }],
    [
      "are told apart by the Procfile's web",
      { ...both, Procfile: 'web: gunicorn app:app\nside: node server.js\n' },
      { stack: 'python', start: 'gunicorn app:app' },
    ],
    [
      'are told apart by the start of the settings, variables before it left out',
      { ...both, 'landfall.toml': 'start = "NODE_ENV=production node server.js"' },
      { stack: 'node' },
    ],
    [
      'are told apart by the script that the Procfile runs',
      { ...both, Procfile: 'web: bin/web\n', 'bin/web': '#!/bin/sh\nset -e\nexec gunicorn app:app\n' },
      { stack: 'python', start: 'bin/web' },
    ],
    [
      'stay ambiguous where the Procfile runs what both could be',
      { ...both, Procfile: 'web: ./serve\n' },
      { outcome: 'ambiguous' },
    ],
  ]);
});

describe('frameworks with a way of their own', () => {
  planned([
    [
      'PocketBase serves by a command of the program',
      {
        'go.mod': 'module example.com/base\n\ngo 1.24\n\nrequire github.com/pocketbase/pocketbase v0.25.0\n',
        'main.go':
          'package main\n\nimport "github.com/pocketbase/pocketbase"\n\nfunc main() { pocketbase.New().Start() }\n',
      },
      { stack: 'go', framework: 'pocketbase', start: '/app/bin/base serve --http=0.0.0.0:$PORT' },
    ],
    [
      'slides of Slidev are files',
      {
        'package.json': { scripts: { dev: 'slidev --open' }, dependencies: { '@slidev/cli': '0.49' } },
        'slides.md': '# one',
      },
      { stack: 'node', framework: 'slidev', static: true },
    ],
    [
      'a Ruby script that the Procfile starts as a worker is no web process too',
      {
        Gemfile: "source 'https://rubygems.org'\ngem 'discordrb'\n",
        'Gemfile.lock': 'GEM\n  specs:\n    discordrb (3.5)\n',
        'bot.rb': "require 'discordrb'\nbot = Discordrb::Bot.new token: ENV['TOKEN']\nbot.run\n",
        Procfile: 'worker: bundle exec ruby bot.rb\n',
      },
      { stack: 'ruby', start: null, processes: { worker: 'bundle exec ruby bot.rb' } },
    ],
    [
      'a function of the Functions Framework is served by it',
      {
        'main.py':
          "import functions_framework\n\n@functions_framework.http\ndef hello(request):\n    return 'x'\n",
        'requirements.txt': 'functions-framework==3.*\n',
      },
      { stack: 'python', start: 'functions-framework --target=hello --port=$PORT' },
    ],
    [
      'two names for one Python app object are one object',
      {
        'look/__init__.py': '',
        'look/app.py': 'import falcon\napp = application = falcon.App()\n',
        'requirements.txt': 'falcon\n',
      },
      { stack: 'python', framework: 'falcon', start: 'gunicorn --bind 0.0.0.0:$PORT look.app:app' },
    ],
  ]);
});

describe('folders below a root without an app', () => {
  planned([
    [
      'a site of Hugo in a folder is found',
      { 'README.md': '', 'site/hugo.toml': 'baseURL = "/"\n', 'site/content/_index.md': '' },
      { stack: 'static', framework: 'hugo', static: true, warned: ['app-in-folder'] },
    ],
    [
      'a PHP page in a folder is found',
      { 'README.md': '', 'web/index.php': '<?php echo 1;\n' },
      { stack: 'php' },
    ],
    [
      'examples of a workspace of libraries are not its app',
      {
        'package.json': { private: true, workspaces: ['packages/*', 'examples/*'] },
        'package-lock.json': lock,
        'packages/core/package.json': { name: '@x/core', main: 'dist/i.js', scripts: { build: 'tsc' } },
        'packages/core/src/i.ts': 'export const x = 1;',
        'examples/basic/package.json': { scripts: { build: 'vite build' }, devDependencies: { vite: '5' } },
        'examples/basic/index.html': '<html></html>',
      },
      { outcome: 'unsupported' },
    ],
  ]);
});

describe('an Nx repository with one package.json', () => {
  const root = {
    'package.json': {
      name: '@shop/source',
      scripts: { start: 'nx serve', build: 'nx build' },
      dependencies: { '@nestjs/core': '11', '@nestjs/platform-express': '11', react: '19' },
      devDependencies: { nx: '21', vite: '7' },
    },
    'package-lock.json': lock,
    'nx.json': {},
  };
  const api = {
    'apps/api/project.json': {
      name: 'api',
      projectType: 'application',
      targets: { build: { executor: '@nx/webpack:webpack', options: { outputPath: 'dist/apps/api' } } },
    },
    'apps/api/src/main.ts': "import { NestFactory } from '@nestjs/core';\n",
    'apps/api-e2e/project.json': { name: 'api-e2e', projectType: 'application' },
  };
  const web = {
    'apps/web/project.json': { name: 'web', projectType: 'application', targets: {} },
    'apps/web/index.html': '<html></html>',
    'apps/web/vite.config.ts': "export default { build: { outDir: '../../dist/apps/web' } };\n",
  };
  planned([
    [
      'starts what its only app is built to',
      { ...root, ...api },
      { stack: 'node', framework: 'nest', start: 'node dist/apps/api/main.js' },
    ],
    [
      'serves the files of its only page',
      { ...root, ...web },
      { stack: 'node', framework: 'vite', static: true },
    ],
    [
      'is ambiguous with two apps, and says the line that chooses',
      { ...root, ...api, ...web },
      {
        outcome: 'ambiguous',
        candidates: [
          { stack: 'node', score: 90, choose: 'build = "nx build api"' },
          { stack: 'node', score: 90, choose: 'build = "nx build web"' },
        ],
      },
    ],
    [
      'with two apps builds the one that the settings name',
      { ...root, ...api, ...web, 'landfall.toml': 'build = "nx build web"' },
      { stack: 'node', framework: 'vite', static: true },
    ],
  ]);
});
