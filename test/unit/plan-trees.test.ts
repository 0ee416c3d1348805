import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { plan } from '../../src/build/plan.ts';
import { sourceFromDirectory, sourceFromFiles } from '../../src/build/source.ts';
import { planned, planOf } from '../support/planning.ts';

const server = { scripts: { start: 'node server.js' }, dependencies: { express: '4' } };
const listens = "require('express')().listen(1)";
const flask = 'from flask import Flask\napp = Flask(__name__)\n';

describe('a Dockerfile', () => {
  planned([
    [
      'in the root wins over what is detected',
      { Dockerfile: 'FROM node:24\nCMD ["node","x.js"]', 'package.json': server, 'server.js': listens },
      { stack: 'dockerfile', start: 'node x.js' },
    ],
    [
      'loses against a setting',
      {
        'landfall.toml': 'stack = "node"',
        Dockerfile: 'FROM node:24',
        'package.json': server,
        'server.js': listens,
      },
      { stack: 'node', start: 'node server.js' },
    ],
    [
      'is named by a setting',
      {
        'landfall.toml': '[dockerfile]\npath = "docker/app.Dockerfile"\ntarget = "web"\n',
        'docker/app.Dockerfile': 'FROM a AS web\nCMD run-it\nFROM b\n',
        'package.json': server,
      },
      { stack: 'dockerfile', start: 'run-it' },
    ],
    [
      'gives its processes by the Procfile',
      { Dockerfile: 'FROM a\nCMD x', Procfile: 'web: y\nworker: z' },
      { stack: 'dockerfile', start: 'y', processes: { web: 'y', worker: 'z' } },
    ],
    [
      'of heroku.yml is used',
      {
        'heroku.yml': 'build:\n  docker:\n    web: deploy/Dockerfile\nrun:\n  web: ./go\n',
        'deploy/Dockerfile': 'FROM a',
        'package.json': server,
      },
      { stack: 'dockerfile', start: './go' },
    ],
    [
      'without FROM is invalid',
      { Dockerfile: '# nothing\nRUN x' },
      { outcome: 'invalid', error: { code: 'invalid-manifest', file: 'Dockerfile', line: 2 } },
    ],
    [
      'that serves development is used, and said',
      { Dockerfile: 'FROM node\nCMD npm run dev' },
      { stack: 'dockerfile', warned: ['development-dockerfile'] },
    ],
    [
      'of the only service of a compose file is used where nothing else is found',
      {
        'docker-compose.yml':
          'services:\n  api:\n    build:\n      context: ./src\n      dockerfile: ../docker/Dockerfile\n  db:\n    image: postgres:17\n',
        'docker/Dockerfile': 'FROM a\nCMD x',
        'src/main.adb': '',
      },
      { stack: 'dockerfile', start: 'x', warned: ['compose-service'] },
    ],
    [
      'of several services is ambiguous',
      {
        'compose.yaml': 'services:\n  a:\n    build: ./a\n  b:\n    build: ./b\n',
        'a/Dockerfile': 'FROM x',
        'b/Dockerfile': 'FROM y',
      },
      { outcome: 'ambiguous', candidates: [{ choose: 'app = "a"' }, { choose: 'app = "b"' }] },
    ],
  ]);
});

describe('landfall.toml', () => {
  planned([
    [
      'with an unknown key is refused with the near one',
      { 'landfall.toml': 'bulid = "x"\n', 'index.html': '' },
      {
        outcome: 'invalid',
        error: {
          file: 'landfall.toml',
          line: 1,
          message: 'landfall.toml: bulid is not known; did you mean "build"?.',
        },
      },
    ],
    [
      'with a wrong value is refused',
      { 'landfall.toml': 'port = "80"\n' },
      { outcome: 'invalid', error: { code: 'invalid-manifest' } },
    ],
    [
      'that is no TOML is refused with its line',
      { 'landfall.toml': 'app = "x"\nstart = \n' },
      { outcome: 'invalid', error: { file: 'landfall.toml', line: 2 } },
    ],
    [
      'names an app in a folder',
      {
        'landfall.toml': 'app = "api"',
        'api/package.json': server,
        'api/server.js': listens,
        'web/index.html': '',
      },
      { stack: 'node', start: 'node server.js' },
    ],
    [
      'names a folder that is not there',
      { 'landfall.toml': 'app = "nope"' },
      { outcome: 'invalid', error: { file: 'landfall.toml' } },
    ],
    [
      'adds processes',
      {
        'landfall.toml': '[processes]\nworker = "node jobs.js"\n',
        'package.json': server,
        'server.js': listens,
      },
      { processes: { web: 'node server.js', worker: 'node jobs.js' } },
    ],
  ]);
});

describe('two apps in one repository', () => {
  planned([
    [
      'of two languages in the root are ambiguous, each with its line',
      { 'package.json': server, 'server.js': listens, 'requirements.txt': 'flask', 'app.py': flask },
      {
        outcome: 'ambiguous',
        error: { code: 'ambiguous' },
        candidates: [{ choose: 'stack = "node"' }, { choose: 'stack = "python"' }],
      },
    ],
    [
      'are decided by the stack setting',
      {
        'landfall.toml': 'stack = "python"',
        'package.json': server,
        'server.js': listens,
        'requirements.txt': 'flask',
        'app.py': flask,
      },
      { outcome: 'plan', stack: 'python' },
    ],
    [
      'in folders are ambiguous',
      {
        'client/package.json': { scripts: { build: 'vite build' }, devDependencies: { vite: '5' } },
        'client/index.html': '',
        'server/package.json': server,
        'server/server.js': listens,
      },
      { outcome: 'ambiguous', candidates: [{ choose: 'app = "client"' }, { choose: 'app = "server"' }] },
    ],
    [
      'below a package.json for tools are ambiguous',
      {
        'package.json': {
          scripts: { dev: 'concurrently "npm run dev --prefix client" "npm run dev --prefix server"' },
          devDependencies: { concurrently: '8' },
        },
        'client/package.json': { scripts: { build: 'vite build' }, devDependencies: { vite: '5' } },
        'client/index.html': '',
        'server/package.json': server,
        'server/server.js': listens,
      },
      { outcome: 'ambiguous' },
    ],
    [
      'are one where the other is only an example',
      {
        'api/package.json': server,
        'api/server.js': listens,
        'examples/x/package.json': server,
        'examples/x/server.js': listens,
      },
      { outcome: 'plan', stack: 'node' },
    ],
    [
      'are one where the other is a function of Supabase',
      {
        'package.json': server,
        'server.js': listens,
        'supabase/functions/hello/index.ts': 'import { serve } from "https://deno.land/std/http/server.ts"',
      },
      { stack: 'node' },
    ],
  ]);
});

describe('a site is only what is nothing else', () => {
  planned([
    [
      'C++ with public/',
      { 'CMakeLists.txt': '', 'src/main.cpp': 'int main(){}', 'public/index.html': '' },
      { outcome: 'unsupported' },
    ],
    [
      'Haskell with static/',
      { 'package.yaml': '', 'stack.yaml': '', 'app/Main.hs': '', 'static/index.html': '' },
      { outcome: 'unsupported' },
    ],
    [
      'Dart with web/',
      { 'pubspec.yaml': '', 'lib/main.dart': '', 'web/index.html': '' },
      { outcome: 'unsupported' },
    ],
    [
      'Python whose start is not found',
      { 'requirements.txt': 'pandas', 'lib/x.py': 'import pandas', 'public/index.html': '' },
      { static: false },
    ],
    [
      'a page with its scripts',
      { 'index.html': '', 'js/app.js': 'document.title = 1', 'css/a.css': '' },
      { stack: 'static', static: true },
    ],
    [
      'a page in public/ alone',
      { 'public/index.html': '', 'README.md': '' },
      { stack: 'static', static: true },
    ],
    ['pages without an index', { 'about.html': '' }, { outcome: 'unsupported' }],
  ]);
});

describe('files that are not as they should be', () => {
  const bytes = (text: string, encoding: BufferEncoding, mark: number[]) =>
    Buffer.concat([Buffer.from(mark), Buffer.from(text, encoding)]);
  const text = JSON.stringify(server);
  planned([
    [
      'a byte order mark is no mistake',
      { 'package.json': bytes(text, 'utf8', [0xef, 0xbb, 0xbf]), 'server.js': listens },
      { stack: 'node' },
    ],
    [
      'UTF-16 is read',
      { 'package.json': bytes(text, 'utf16le', [0xff, 0xfe]), 'server.js': listens },
      { stack: 'node' },
    ],
    [
      'comments and trailing commas are read',
      {
        'package.json':
          '{\r\n  // the server\r\n  "scripts": { "start": "node server.js", },\r\n  "dependencies": {"express": "4"} /* x */\r\n}\r\n',
        'server.js': listens,
      },
      { stack: 'node', start: 'node server.js' },
    ],
    [
      'a mistake is named with its line',
      { 'package.json': '{\n  "name": "x",\n  "scripts": { "start" "node x" }\n}' },
      { outcome: 'invalid', error: { code: 'invalid-manifest', file: 'package.json', line: 3 } },
    ],
    [
      'an unfinished file is invalid',
      { 'package.json': '{ "name": "x",' },
      { outcome: 'invalid', error: { file: 'package.json', line: 1 } },
    ],
    ['an empty package.json is invalid', { 'package.json': '' }, { outcome: 'invalid' }],
    ['a list is no package.json', { 'package.json': '[]' }, { outcome: 'invalid' }],
    [
      'a binary package.json is invalid',
      { 'package.json': Buffer.from([1, 0, 2, 0, 3]) },
      { outcome: 'invalid', error: { file: 'package.json' } },
    ],
    [
      '50 MB of package.json are not read',
      { 'package.json': Buffer.alloc(50_000_000, 0x20) },
      {
        outcome: 'invalid',
        error: { message: 'package.json is too large to be a manifest (50.0 MB; the limit is 1 MB).' },
      },
    ],
    [
      'nesting without end is invalid',
      { 'package.json': `{"a":${'['.repeat(100_000)}` },
      { outcome: 'invalid' },
    ],
    ['an empty repository', {}, { outcome: 'unsupported', error: { code: 'nothing-detected' } }],
  ]);

  it('a tree of 100,000 files is planned within 2 seconds', () => {
    const files: Record<string, string> = { 'package.json': text, 'server.js': listens };
    for (let index = 0; index < 100_000; index++)
      files[`d${index % 300}/e${index % 7}/${index}.${index % 2 ? 'js' : 'py'}`] = 'x = 1';
    const source = sourceFromFiles(files);
    const began = performance.now();
    expect(plan(source).json.stack).toBe('node');
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it('the same tree gives the same Dockerfile', () => {
    const files = { 'package.json': server, 'server.js': listens };
    expect(planOf(files).dockerfile).toBe(planOf(files).dockerfile);
  });
});

describe('links', () => {
  const home = mkdtempSync(join(tmpdir(), 'landfall-links-'));
  afterAll(() => rmSync(home, { recursive: true }));
  const tree = (name: string) => {
    mkdirSync(join(home, name), { recursive: true });
    return join(home, name);
  };

  it('out of the tree are never followed', () => {
    writeFileSync(join(home, 'secret.json'), JSON.stringify(server));
    const dir = tree('out');
    symlinkSync('../secret.json', join(dir, 'package.json'));
    symlinkSync('..', join(dir, 'up'));
    const source = sourceFromDirectory(dir);
    expect(source.read('package.json')).toBeNull();
    expect(source.paths).toEqual(['package.json', 'up']);
    expect(plan(source).json).toMatchObject({ outcome: 'invalid', error: { file: 'package.json' } });
  });

  it('inside the tree are followed, and circles end', () => {
    const dir = tree('in');
    writeFileSync(join(dir, 'real.json'), JSON.stringify(server));
    writeFileSync(join(dir, 'server.js'), listens);
    symlinkSync('real.json', join(dir, 'package.json'));
    symlinkSync('loop', join(dir, 'loop'));
    expect(plan(sourceFromDirectory(dir)).json).toMatchObject({ stack: 'node', start: 'node server.js' });
  });
});
