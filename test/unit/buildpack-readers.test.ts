import { describe, expect, it } from 'vitest';
import { devServer } from '../../buildpacks/lib/devserver.ts';
import { jsImports, jsProperty, jsTokens } from '../../buildpacks/lib/js.ts';
import { expand, splitStart } from '../../buildpacks/node/scripts.ts';
import { pyModule } from '../../buildpacks/python/code.ts';
import { commandArgv } from '../../src/build/render.ts';

describe('a key of a JavaScript configuration', () => {
  it.each([
    ["module.exports = { output: 'export' }", 'export'],
    ['export default { "output": "export" }', 'export'],
    ['const c = { reactStrictMode: true, ["output"]: `export`, }', 'export'],
    ["const output = 'export' as const; export default { output }", 'export'],
    ["config.output = 'export'", 'export'],
    ["export default { output: process.env.NODE_ENV === 'production' ? 'export' : undefined }", 'export'],
    ["export default { output: process.env.NODE_ENV !== 'production' ? undefined : 'export' }", 'export'],
    ["export default { output: process.env.DOCKER ? 'standalone' : 'export' }", 'export'],
    ["export default { output: process.env.OUT || 'export' }", 'export'],
    ["export default { output: isDev ? undefined : 'export' }", 'export'],
    ["// output: 'export'\nexport default { images: { x: \"output: 'export'\" } }", undefined],
    ["/* output: 'export' */ export default {}", undefined],
    ["export default { re: /output: 'export'/, a: 1 }", undefined],
  ])('is read from %s', (source, value) => {
    expect(jsProperty(jsTokens(source), 'output')?.value).toBe(value);
  });

  it('does not mistake a division for a pattern', () => {
    expect(
      jsProperty(jsTokens('const a = b / 2; const c = d / 3; export default { ssr: false }'), 'ssr')?.value,
    ).toBe(false);
  });
});

describe('imports of JavaScript', () => {
  it('are found in every form, and nowhere else', () => {
    const source =
      "import a from 'a'; import 'b'; export * from \"c\"; const d = require('d'); await import('e'); // require('f')\nconst s = \"require('g')\";";
    expect([...jsImports(jsTokens(source))]).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

describe('a server for development', () => {
  it.each([
    'nodemon',
    'nodemon --exec ts-node src/a.ts',
    'npx nodemon a.js',
    'cross-env NODE_ENV=development nodemon a.js',
    'vite',
    'vite --host',
    'vite dev',
    'next dev -p 3000',
    'next',
    'react-scripts start',
    'ng serve --host 0.0.0.0',
    'vue-cli-service serve',
    'webpack serve --open',
    'webpack-dev-server',
    'gatsby develop',
    'astro dev',
    'nuxt',
    'tsx watch src/a.ts',
    'node --watch a.js',
    'ts-node-dev --respawn src/a.ts',
    'parcel index.html',
    'concurrently "nodemon a" "vite"',
    'tsc -w & node a',
    'python manage.py runserver 0.0.0.0:8000',
    'flask run --debug',
    'uvicorn a:b --reload',
    'php artisan serve',
    'npm run dev',
    'bun --hot a.ts',
    'remix dev',
    'nest start --watch',
    'docusaurus start',
    'node_modules/.bin/nodemon x',
    'eleventy --serve',
  ])('is seen in %s', (command) => {
    expect(devServer(command)).not.toBeNull();
  });

  it.each([
    'node server.js',
    'next start',
    'vite build && node server.js',
    'vite preview',
    'nuxt start',
    'remix-serve build',
    'nest start',
    'node dist/nodemon.js',
    'gunicorn a:b',
    'uvicorn a:b',
    'NODE_ENV=production node vite',
    'ts-node src/a.ts',
    'pm2-runtime start x',
    'strapi start',
    'react-router-serve build/server/index.js',
    'node --env-file=.env a.js',
    'node watch.js',
    'vinxi start',
  ])('is not seen in %s', (command) => {
    expect(devServer(command)).toBeNull();
  });
});

describe('a script of package.json', () => {
  const scripts = {
    start: 'npm run serve',
    serve: 'node a.js',
    loop: 'npm run loop',
    prego: 'tsc',
    go: 'node b.js',
    all: 'run-s build serve',
    build: 'tsc',
  };
  it.each([
    ['npm start', 'node a.js'],
    ['npm run serve -- --port 1', 'node a.js --port 1'],
    ['yarn serve', 'node a.js'],
    ['yarn -s serve', 'node a.js'],
    ['pnpm run go', 'tsc && node b.js'],
    ['NODE_ENV=production npm run serve', 'NODE_ENV=production node a.js'],
    ['cross-env A=1 npm run serve', 'A=1 node a.js'],
    ['run-s build serve', 'tsc && node a.js'],
    ['npx ts-node a.ts', 'ts-node a.ts'],
    ['node --run serve', 'node a.js'],
    ['npm start --workspace=api', 'npm start --workspace=api'],
    ['yarn workspace api start', 'yarn workspace api start'],
  ])('%s is %s', (command, expanded) => {
    expect(expand(command, scripts)).toBe(expanded);
  });

  it('in a folder is found there', () => {
    const folders = (dir: string) => (dir === 'api' ? { start: 'node c.js' } : null);
    expect(expand('npm start --prefix api', {}, folders)).toBe('cd api && node c.js');
    expect(expand('cd api && npm start', {}, folders)).toBe('cd api && node c.js');
    expect(expand('yarn --cwd ./api start', {}, folders)).toBe('cd api && node c.js');
  });

  it('that names itself ends', () => {
    expect(expand('npm run loop', scripts)).toContain('npm run loop');
  });

  it('is parted into what builds and what starts', () => {
    expect(splitStart('rimraf dist && tsc -p . && prisma migrate deploy && node x')).toEqual({
      build: ['rimraf dist', 'tsc -p .'],
      start: 'prisma migrate deploy && node x',
    });
    expect(splitStart('tsc').start).toBeNull();
  });
});

describe('a Python module', () => {
  it('is read over brackets, strings, comments and nesting', () => {
    const module = pyModule(`
"""app = Flask(__name__)"""
from fastapi import (
    FastAPI as Api,  # the base
    APIRouter,
)
import flask.app, os.path as p
app: Api = Api(
    title="x = Flask()",
)
def create(config=None, *, debug=False, **rest):
    inner = Api()
    def deeper():
        lost = Api()
    return inner
def needs(config):
    return Api()
class C:
    member = Api()
if __name__ == "__main__":
    guarded = Api()
    uvicorn.run("pkg.mod:app", port=1)
server = app.server; other = Api()
`);
    expect(module.objects.map((object) => `${object.name}=${object.callee}`)).toEqual([
      'app=fastapi.FastAPI',
      'other=fastapi.FastAPI',
    ]);
    expect(module.functions.map(({ name, required, objects }) => [name, required, objects.length])).toEqual([
      ['create', 0, 1],
      ['needs', 1, 1],
    ]);
    expect(module.main).toBe(true);
    expect(module.targets).toEqual(['pkg.mod:app']);
    expect([...module.imports]).toEqual(['fastapi', 'flask.app', 'os.path']);
    expect(module.aliases.get('server')).toBe('app.server');
  });
});

describe('a command line in an image', () => {
  it.each([
    ['node server.js', ['node', 'server.js']],
    ['gunicorn --bind 0.0.0.0:$PORT a:b', ['sh', '-c', 'exec gunicorn --bind 0.0.0.0:$PORT a:b']],
    ['a && b $PORT', ['sh', '-c', 'a && exec b $PORT']],
    ['A=1 node x', ['sh', '-c', 'exec env A=1 node x']],
    ['cd api && node x', ['sh', '-c', 'cd api && exec node x']],
    ['a; b', ['sh', '-c', 'a; b']],
    ['cat x | b', ['sh', '-c', 'cat x | b']],
  ])('%s is executed so that it gets the signals', (command, argv) => {
    expect(commandArgv(command)).toEqual(argv);
  });
});
