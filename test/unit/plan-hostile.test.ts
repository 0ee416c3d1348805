import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PlanJson, plan, type Source } from '../../src/build/plan.ts';
import { sourceFromDirectory, sourceFromFiles } from '../../src/build/source.ts';

/** An answer takes at most this long, whatever the tree (milliseconds). */
const most = 2000;

function planned(files: Record<string, string | Uint8Array>): PlanJson {
  return timed(sourceFromFiles(files));
}

function timed(source: Source): PlanJson {
  const began = performance.now();
  const { json } = plan(source);
  expect(performance.now() - began).toBeLessThan(most);
  return json;
}

const node = { 'package.json': '{ "scripts": { "start": "node server.js" } }', 'server.js': 'x' };

describe('large trees', () => {
  it('are planned in time with 100,000 files, and the app is found among them', () => {
    const files: Record<string, string> = { ...node };
    for (let n = 0; n < 100_000; n++)
      files[`src/${n % 300}/${n % 7}/file${n}.${['ts', 'py', 'json', 'css'][n % 4]}`] = 'x';
    expect(planned(files)).toMatchObject({ outcome: 'plan', stack: 'node', start: 'node server.js' });
  });

  it('are planned in time when 100,000 manifests lie in them', () => {
    const files: Record<string, string> = {};
    for (let n = 0; n < 20_000; n++) {
      for (const name of ['package.json', 'go.mod', 'Cargo.toml', 'x.csproj', 'mix.exs'])
        files[`apps/a${n}/${name}`] = '{}';
    }
    expect(planned(files).outcome).not.toBe('plan');
  }, 20_000);

  it('are planned in time when each of 20,000 sources asks to be read', () => {
    const files: Record<string, string> = {};
    for (let n = 0; n < 20_000; n++) files[`pkg/m${n}.py`] = 'import flask\nx = 1\n'.repeat(20);
    expect(planned(files).outcome).not.toBe('plan');
  }, 20_000);

  it('are planned in time 5,000 folders deep', () => {
    expect(planned({ ...node, [`${'d/'.repeat(5000)}x.ts`]: 'x' })).toMatchObject({ stack: 'node' });
  });
});

describe('manifests', () => {
  const bad: [string, Record<string, string | Uint8Array>, Partial<PlanJson>][] = [
    [
      'with a byte order mark',
      { ...node, 'package.json': `\ufeff${node['package.json']}` },
      { outcome: 'plan', stack: 'node' },
    ],
    [
      'with CRLF',
      {
        'requirements.txt': 'flask\r\ngunicorn\r\n',
        'app.py': 'from flask import Flask\r\napp = Flask(__name__)\r\n',
        Procfile: 'web: gunicorn app:app\r\n',
      },
      { outcome: 'plan', stack: 'python', start: 'gunicorn app:app' },
    ],
    [
      'in UTF-16',
      { ...node, 'package.json': Buffer.from(`\ufeff${node['package.json']}`, 'utf16le') },
      { outcome: 'plan', stack: 'node' },
    ],
    [
      'with comments and trailing commas',
      { ...node, 'package.json': '{ // hello\n "scripts": { "start": "node server.js", }, /* x */ }' },
      { outcome: 'plan', stack: 'node' },
    ],
    ['that are binary', { 'package.json': Buffer.from([0, 1, 2, 255, 0]) }, { outcome: 'invalid' }],
    ['that are empty', { 'package.json': '' }, { outcome: 'invalid' }],
    ['of 50 MB', { 'package.json': Buffer.alloc(50_000_000, ' ') }, { outcome: 'invalid' }],
    ['nested without end', { 'package.json': `{"a":${'['.repeat(200_000)}` }, { outcome: 'invalid' }],
    ['that are a list', { 'package.json': '[1, 2]' }, { outcome: 'invalid' }],
    [
      'of YAML that unfolds without end',
      {
        'docker-compose.yml':
          'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\nservices: [*d,*d,*d,*d]\n',
      },
      { outcome: 'invalid' },
    ],
    ['of XML nested without end', { 'x.csproj': '<a>'.repeat(100_000) }, { outcome: 'invalid' }],
    ['of TOML that is none', { 'Cargo.toml': '[package\nname = ' }, { outcome: 'invalid' }],
  ];
  it.each(bad)('%s get an answer', (_, files, expected) => {
    const json = planned(files);
    expect(json).toMatchObject(expected);
    if (json.outcome === 'invalid') expect(json.error?.file).toBe(Object.keys(files)[0]);
  });

  it('whose names are those of an object’s own parts are only names', () => {
    const json = planned({
      'package.json':
        '{ "scripts": { "start": "node server.js", "__proto__": "x", "constructor": "y" }, "dependencies": { "__proto__": "1", "toString": "2" } }',
      'server.js': 'x',
    });
    expect(json).toMatchObject({ outcome: 'plan', stack: 'node', framework: null });
  });
});

describe('cycles', () => {
  it('of scripts that call each other end', () => {
    const scripts = { start: 'npm run a', a: 'npm run b', b: 'npm run a && npm run b' };
    planned({ 'package.json': JSON.stringify({ scripts }), 'server.js': 'x' });
  });

  it('of workspaces that need each other end', () => {
    const member = (name: string, other: string) =>
      JSON.stringify({ name, scripts: { start: 'node index.js' }, dependencies: { [other]: '*' } });
    const json = planned({
      'package.json': '{ "workspaces": ["packages/*", "."] }',
      'packages/a/package.json': member('a', 'b'),
      'packages/a/index.js': 'x',
      'packages/b/package.json': member('b', 'a'),
      'packages/b/index.js': 'x',
    });
    expect(json).toMatchObject({ outcome: 'ambiguous' });
  });

  it('of projects, tasks and modules that include each other end', () => {
    const project = (other: string) =>
      `<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><TargetFramework>$(A)</TargetFramework><A>$(B)</A><B>$(A)</B></PropertyGroup><ItemGroup><ProjectReference Include="../${other}/${other}.csproj" /></ItemGroup></Project>`;
    planned({ 'x.slnx': '<Solution />', 'a/a.csproj': project('b'), 'b/b.csproj': project('a') });
    planned({
      'deno.json': '{ "tasks": { "start": "deno task b", "b": "deno task start" } }',
      'main.ts': 'Deno.serve()',
    });
    planned({ 'requirements.txt': '-r other.txt', 'other.txt': '-r requirements.txt' });
    planned({ 'pom.xml': '<project><modules><module>.</module><module>..</module></modules></project>' });
    planned({
      'go.work': 'go 1.27\nuse (\n.\n./a\n..\n)\n',
      'a/go.mod': 'module a\n',
      'go.mod': 'module b\n',
    });
  });
});

describe('patterns', () => {
  /** Texts that make a careless regular expression take for ever. */
  const texts = [
    'a'.repeat(200_000),
    ' '.repeat(200_000),
    '"'.repeat(100_001),
    `${'\\'.repeat(100_000)}"`,
    '('.repeat(100_000),
    'x=x '.repeat(50_000),
    '/*'.repeat(100_000),
    'import '.repeat(30_000),
    '{:a, '.repeat(40_000),
    '<a b="'.repeat(30_000),
    '`${'.repeat(20_000),
  ];
  const names = [
    'package.json',
    'Procfile',
    'requirements.txt',
    'pyproject.toml',
    'app.py',
    'main.py',
    'server.js',
    'main.ts',
    'go.mod',
    'main.go',
    'Cargo.toml',
    'Gemfile',
    'config.ru',
    'pom.xml',
    'build.gradle',
    'composer.json',
    'index.php',
    'mix.exs',
    'rebar.config',
    'x.csproj',
    'x.sln',
    'deno.json',
    'hugo.toml',
    'mkdocs.yml',
    '_redirects',
    '_headers',
    'Dockerfile',
    'compose.yaml',
    'heroku.yml',
    'app.json',
    'start.sh',
    '.tool-versions',
    '.gitmodules',
    'landfall.toml',
  ];
  it.each(names)(
    'do not hang in %s',
    (name) => {
      for (const text of texts) planned({ [name]: text });
    },
    60_000,
  );

  it('do not hang in a script of package.json', () => {
    for (const text of texts)
      planned({
        'package.json': JSON.stringify({ scripts: { start: text, build: text }, main: text }),
        'server.js': text,
      });
  }, 60_000);
});

describe('a folder', () => {
  let dir: string;
  let outside: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'lf-hostile-'));
    outside = mkdtempSync(join(tmpdir(), 'lf-outside-'));
    writeFileSync(join(outside, 'secret.json'), '{ "scripts": { "start": "node stolen.js" } }');
    writeFileSync(join(outside, 'package.json'), '{ "scripts": { "start": "node stolen.js" } }');
  });
  afterEach(() => {
    for (const folder of [dir, outside]) rmSync(folder, { recursive: true, force: true });
  });
  const link = (target: string, path: string) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    symlinkSync(target, join(dir, path));
  };

  it('with a manifest that links out of it is invalid, and nothing outside is read', () => {
    link(join(outside, 'secret.json'), 'package.json');
    const { json } = plan(sourceFromDirectory(dir));
    expect(json).toMatchObject({ outcome: 'invalid', error: { file: 'package.json' } });
    expect(JSON.stringify(json)).not.toContain('stolen');
  });

  it('with links to folders outside, to itself and to nothing is planned by its own files', () => {
    link(outside, 'app');
    link('.', 'loop');
    link('nowhere', 'Gemfile.lock');
    link('/etc/passwd', 'README');
    writeFileSync(join(dir, 'index.html'), '<!doctype html>');
    const source = sourceFromDirectory(dir);
    expect(source.paths.filter((path) => path.includes('package.json'))).toEqual([]);
    expect(source.read('README')).toBeNull();
    expect(timed(source)).toMatchObject({ outcome: 'plan', stack: 'static' });
  });

  it('with a link to a manifest inside is planned by it', () => {
    mkdirSync(join(dir, 'etc'));
    writeFileSync(join(dir, 'etc', 'pkg.json'), '{ "scripts": { "start": "node server.js" } }');
    writeFileSync(join(dir, 'server.js'), 'x');
    link('etc/pkg.json', 'package.json');
    expect(plan(sourceFromDirectory(dir)).json).toMatchObject({ outcome: 'plan', stack: 'node' });
  });
});
