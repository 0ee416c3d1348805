import { readFile, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import tar from 'tar-stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GitWorld } from '../support/git-world.ts';

let world: GitWorld;
/** What the last deploy found in its archive: name → mode and content or link. */
let files: Map<string, string>;
let folders = 0;

beforeAll(async () => {
  world = await GitWorld.start({ submoduleMs: 5_000 });
});
afterAll(() => world.stop());
beforeEach(() => {
  files = new Map();
  world.pushes.decide = async (request, _log, signal) => {
    const once = await unpack(request.source.archive(signal));
    files = await unpack(request.source.archive(signal));
    expect(files).toEqual(once);
    await world.pushes.accept(request);
    return ['live'];
  };
});

async function unpack(stream: NodeJS.ReadableStream): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const extract = tar.extract();
  stream.on('error', (error) => extract.destroy(error));
  stream.pipe(extract);
  for await (const entry of extract) {
    const { name, mode = 0, type, linkname } = entry.header;
    let content = '';
    for await (const chunk of entry) content += String(chunk);
    if (type !== 'directory')
      found.set(name, type === 'symlink' ? `→ ${linkname}` : `${mode.toString(8)} ${content}`);
  }
  return found;
}

const pushed = async (path: string, app: string) => world.try(path, 'push', world.url(app), 'main');
const gitlink = async (path: string, at: string, commit: string) =>
  world.git(path, 'update-index', '--add', '--cacheinfo', `160000,${commit},${at}`);

describe('the archive of a push', () => {
  test('holds every file as committed, whatever .gitattributes says', async () => {
    const path = await world.working('attributes', {
      '.gitattributes': [
        'package.json export-ignore',
        'subst.txt export-subst',
        'crlf.txt text eol=crlf',
        'ident.txt ident',
        'utf16.txt working-tree-encoding=UTF-16',
        '* filter=unknown',
        '',
      ].join('\n'),
      'package.json': '{}',
      'subst.txt': '$Format:%H %<(2147483647)$',
      'ident.txt': '$Id$',
      'utf16.txt': Buffer.from('\ufeffa', 'utf16le'),
    });
    expect((await pushed(path, 'attributes')).code).toBe(0);
    expect(files.get('package.json')).toBe('644 {}');
    expect(files.get('subst.txt')).toBe('644 $Format:%H %<(2147483647)$');
    expect(files.get('utf16.txt')).toBe('644 a');
    expect(files.get('ident.txt')).toBe('644 $Id$');
  });

  test('keeps modes, links and odd names, and can be had twice', async () => {
    const odd = `-rf '$(touch x)'\n\u001b[2J.conf`;
    const path = await world.working('odd', {
      [odd]: 'odd',
      'run.sh': '#!/bin/sh\n',
      [`${'d/'.repeat(100)}deep`]: '1',
    });
    await symlink('/etc/shadow', join(path, 'Procfile'));
    await world.git(path, 'add', '--all');
    await world.git(path, 'update-index', '--chmod=+x', 'run.sh');
    await world.git(path, 'commit', '--quiet', '--message', 'links');
    expect((await pushed(path, 'odd')).code).toBe(0);
    expect(files.get(odd)).toBe('644 odd');
    expect(files.get('run.sh')).toBe('755 #!/bin/sh\n');
    expect(files.get('Procfile')).toBe('→ /etc/shadow');
    expect(files.get(`${'d/'.repeat(100)}deep`)).toBe('644 1');
  });

  test('ends with the signal', async () => {
    const path = await world.working('aborted');
    let error: unknown;
    world.pushes.decide = async ({ source }) => {
      const stop = new AbortController();
      stop.abort(new Error('stopped'));
      error = await unpack(source.archive(stop.signal)).catch((thrown) => thrown);
      return [];
    };
    await pushed(path, 'aborted');
    expect(error).toMatchObject({ message: 'stopped' });
  });
});

describe('Git LFS', () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`;
  test('pointers are refused by name', async () => {
    const path = await world.working('lfs', {
      '.gitattributes': '*.png filter=lfs diff=lfs merge=lfs -text\n',
      'img/logo.png': pointer,
      'index.html': 'x',
    });
    const { output } = await pushed(path, 'lfs');
    expect(output).toContain('! lfs-unsupported: ');
    expect(output).toContain('img/logo.png');
  });
  test('attributes without pointers, and pointers without attributes, are files like others', async () => {
    const path = await world.working('nolfs', { '.gitattributes': '*.png filter=lfs\n', 'a.png': 'really' });
    expect((await pushed(path, 'nolfs')).code).toBe(0);
    const other = await world.working('fixture', { 'a.txt': pointer, '.gitattributes': '# * filter=lfs\n' });
    expect((await pushed(other, 'fixture')).code).toBe(0);
  });
});

describe('a submodule', () => {
  const library = async (name: string, content = 'lib\n') => {
    const path = await world.working(name, { 'lib.txt': content });
    await world.git(path, 'push', '--quiet', world.url(name), 'main');
    return (await world.git(path, 'rev-parse', 'HEAD')).output.trim();
  };
  const withSubmodule = async (name: string, url: string, commit: string) => {
    const path = await world.working(name, {
      '.gitmodules': `[submodule "lib"]\n\tpath = vendor/lib\n\turl = ${url}\n`,
    });
    await gitlink(path, 'vendor/lib', commit);
    await world.git(path, 'commit', '--quiet', '--message', 'link');
    return path;
  };

  test('that can be reached is part of the archive, at its path', async () => {
    const commit = await library('lib');
    const path = await withSubmodule('withlib', world.url('lib', 'reader'), commit);
    const { output, code } = await pushed(path, 'withlib');
    expect(code).toBe(0);
    expect(output).toContain('Fetching the submodule vendor/lib from http://127.0.0.1');
    expect(output).not.toContain('reader');
    expect(files.get('vendor/lib/lib.txt')).toBe('644 lib\n');
    expect(files.get('.gitmodules')).toBeTruthy();
  });

  test('of a submodule comes too', async () => {
    const inner = await library('inner');
    const middle = await withSubmodule('middle', world.url('inner', 'reader'), inner);
    expect((await pushed(middle, 'middle')).code).toBe(0);
    const commit = (await world.git(middle, 'rev-parse', 'HEAD')).output.trim();
    const path = await withSubmodule('outer', world.url('middle', 'reader'), commit);
    expect((await pushed(path, 'outer')).code).toBe(0);
    expect(files.get('vendor/lib/vendor/lib/lib.txt')).toBe('644 lib\n');
  });

  test('is fetched once, and is there again when its server is gone', async () => {
    const server = await GitWorld.start();
    const lib = await server.working('lib');
    await server.git(lib, 'push', '--quiet', server.url('lib'), 'main');
    const commit = (await server.git(lib, 'rev-parse', 'HEAD')).output.trim();
    const path = await withSubmodule('cached', server.url('lib'), commit);
    expect((await pushed(path, 'cached')).code).toBe(0);
    await server.stop();
    await world.git(path, 'commit', '--quiet', '--allow-empty', '--message', 'more');
    const { output, code } = await pushed(path, 'cached');
    expect(code).toBe(0);
    expect(output).not.toContain('Fetching');
    expect(files.has('vendor/lib/index.html')).toBe(true);
  });

  test('on a server of plain files is fetched as a whole', async () => {
    const lib = await world.working('dumb', { 'lib.txt': 'dumb' });
    await world.git(lib, 'update-server-info');
    const server = createServer((request, response) => {
      const file = join(lib, '.git', new URL(request.url ?? '', 'http://x').pathname);
      readFile(file).then(
        (content) => response.end(content),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const commit = (await world.git(lib, 'rev-parse', 'HEAD')).output.trim();
    const path = await withSubmodule('withdumb', `http://127.0.0.1:${port}/`, commit);
    const { output } = await pushed(path, 'withdumb');
    server.close();
    expect(output).toContain('live');
    expect(files.get('vendor/lib/lib.txt')).toBe('644 dumb');
  });

  test.each([
    ['a password that we do not have', () => world.url('lib', 'wrong')],
    ['no such host', () => 'https://nowhere.invalid/lib.git'],
    ['nobody listening', () => 'http://127.0.0.1:1/lib.git'],
    ['an address that clouds keep credentials at', () => 'http://169.254.169.254/lib.git'],
    ['a file', () => 'file:///etc'],
    ['a relative address', () => '../lib.git'],
  ])('with %s is refused with what to do', async (_what, url) => {
    const path = await withSubmodule(`refused${folders++}`, url(), 'b'.repeat(40));
    const { output } = await pushed(path, 'refused');
    expect(output).toContain('! submodule-unreachable: The submodule vendor/lib ');
    expect(output).toMatch(/remote: {3}→ /);
    expect(output).not.toContain('wrong');
  });

  test('on a server that never answers is refused in time', async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const path = await withSubmodule('silent', `http://127.0.0.1:${port}/lib.git`, 'b'.repeat(40));
    const { output } = await pushed(path, 'silent');
    server.closeAllConnections();
    server.close();
    expect(output).toContain('took too long');
  });

  test('that .gitmodules does not know is explained', async () => {
    const path = await world.working('accident');
    await gitlink(path, 'nested', 'c'.repeat(40));
    await world.git(path, 'commit', '--quiet', '--message', 'oops');
    const { output } = await pushed(path, 'accident');
    expect(output).toContain('! submodule-unreachable: nested is a link to another repository');
    expect(output).toContain('git rm --cached nested');
  });

  test.each(['url = -u./x', 'url = ext::sh -c id', 'update = !touch pwned'])(
    'whose .gitmodules says %s runs nothing',
    async (line) => {
      const path = await world.working(`hostile${line.length}`, {
        '.gitmodules': `[submodule "x"]\n\tpath = x\n\t${line}\n`,
      });
      await gitlink(path, 'x', 'c'.repeat(40));
      await world.git(path, 'commit', '--quiet', '--message', 'x');
      const { output, code } = await pushed(path, 'hostile');
      expect(code).not.toBe(0);
      expect(output).toMatch(/! (submodule-unreachable|bad-input): /);
    },
  );
});
