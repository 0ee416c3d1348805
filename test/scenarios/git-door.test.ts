import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pkt } from '../../src/git/pkt.ts';
import { GitWorld, names, until } from '../support/git-world.ts';

const megabyte = 1024 * 1024;
let world: GitWorld;
beforeAll(async () => {
  world = await GitWorld.start({ maxInputBytes: 80 * megabyte }, 1_000);
});
afterAll(() => world.stop());

const authorization = (password: string) => `Basic ${Buffer.from(`x:${password}`).toString('base64')}`;

/** One HTTP request as it is written, without any help of a client library's own. */
function ask(options: RequestOptions, body: Buffer | null = null) {
  return new Promise<{ status: number; headers: object; body: string }>((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: world.port, agent: false, ...options },
      (response) => {
        let text = '';
        response.setEncoding('latin1').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      },
    );
    request.on('error', reject);
    request.end(body ?? undefined);
  });
}

const withoutDate = ({ headers, ...rest }: Awaited<ReturnType<typeof ask>>) => ({
  ...rest,
  headers: { ...headers, date: '' },
});

/** The body of a push of the working copy's HEAD to main, as git writes it. */
async function pushBody(path: string): Promise<Buffer> {
  const commit = (await world.git(path, 'rev-parse', 'HEAD')).output.trim();
  await world.git(path, 'bundle', 'create', '--quiet', `${path}.bundle`, 'HEAD');
  const bundle = await readFile(`${path}.bundle`);
  const pack = bundle.subarray(bundle.indexOf('PACK'));
  const command = `${'0'.repeat(40)} ${commit} refs/heads/main\0report-status side-band-64k agent=test`;
  return Buffer.concat([pkt(command), Buffer.from('0000'), pack]);
}

describe('a stranger', () => {
  test('gets the same answer for a known and an unknown app, whatever is asked', async () => {
    await world.git(await world.working('known'), 'push', '--quiet', world.url('known'), 'main');
    const paths = ['info/refs?service=git-receive-pack', 'info/refs?service=git-upload-pack', 'info/refs'];
    for (const path of paths) {
      const known = await ask({ path: `/known.git/${path}` });
      expect(known).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Basic realm="Landfall"' } });
      expect(withoutDate(await ask({ path: `/unknown.git/${path}` }))).toEqual(withoutDate(known));
    }
    expect(world.pushes.apps.has('unknown')).toBe(false);
  });

  test.each([
    {},
    { authorization: 'Basic' },
    { authorization: 'Basic !!!' },
    { authorization: authorization('') },
    { authorization: authorization('wrong') },
    { authorization: 'Bearer all' },
    { cookie: 'token=all' },
  ])('with %j cannot post to receive-pack directly, and no git is started', async (headers) => {
    const path = await world.working('stranger');
    const answer = await ask(
      { method: 'POST', path: '/fresh.git/git-receive-pack?token=all', headers },
      await pushBody(path),
    );
    expect(answer.status).toBe(401);
    expect(world.pushes.apps.has('fresh')).toBe(false);
    expect((await names(world.repositories.folder)).some((name) => name.startsWith('fresh'))).toBe(false);
  });

  test('is told by git what is missing', async () => {
    const path = await world.working('wrong');
    const { output, code } = await world.try(path, 'push', world.url('wrong', 'bad'), 'main');
    expect(code).not.toBe(0);
    expect(output).toContain('Authentication failed');
    expect(output).toContain('! unauthorized: ');
  });
});

describe('a token', () => {
  test('that may read only cannot push, and git prints why', async () => {
    const path = await world.working('readonly');
    await world.git(path, 'push', '--quiet', world.url('readonly'), 'main');
    const { output, code } = await world.try(path, 'push', world.url('readonly', 'reader'), 'main');
    expect(code).not.toBe(0);
    expect(output).toContain('remote: ! forbidden: ');
    expect(output).toContain('remote:   → ');
    const direct = await ask(
      {
        method: 'POST',
        path: '/readonly/git-receive-pack',
        headers: { authorization: authorization('reader') },
      },
      await pushBody(path),
    );
    expect(direct.status).toBe(403);
  });

  test('that may read can clone, in protocol versions 0 and 2, with and without .git', async () => {
    const path = await world.working('cloned');
    await world.git(path, 'push', '--quiet', world.url('cloned'), 'main');
    for (const version of ['0', '2']) {
      const url =
        version === '0' ? world.url('cloned', 'reader').replace('.git', '') : world.url('cloned', 'reader');
      const copy = join(world.home, `copy-${version}`);
      await world.git(world.home, '-c', `protocol.version=${version}`, 'clone', '--quiet', url, copy);
      expect(await names(copy)).toContain('index.html');
    }
  });

  test('that reads an unknown app makes none', async () => {
    const { output, code } = await world.try(world.home, 'ls-remote', world.url('nowhere'));
    expect(code).not.toBe(0);
    expect(output).toContain('remote: ! forbidden: ');
    expect(world.pushes.apps.has('nowhere')).toBe(false);
  });

  test.each([
    '/..%2fknown.git/info/refs',
    '/%2e%2e/info/refs',
    '/Known.git/info/refs',
    '/known%00/info/refs',
    '/known.git.git/info/refs',
    '/%2Fetc/info/refs',
    '/-x/info/refs',
    `/${'a'.repeat(8000)}/info/refs`,
    '/known;id/info/refs',
    '/kn%F0%9F%92%A9wn/info/refs',
    '/known%ff/info/refs',
    '//known.git/info/refs',
    '/known.git/../known.git/info/refs',
    '/known.git/HEAD',
    '/known.git/objects/info/packs',
  ])('asking for %s gets an error and no repository', async (path) => {
    const before = await names(world.repositories.folder);
    const answer = await ask({
      path: `${path}?service=git-receive-pack`,
      headers: { authorization: authorization('all') },
    });
    expect([400, 403, 404, 414]).toContain(answer.status);
    expect(await names(world.repositories.folder)).toEqual(before);
  });
});

describe('a body', () => {
  const post = async (app: string, body: Buffer, headers: Record<string, string> = {}) =>
    ask(
      {
        method: 'POST',
        path: `/${app}.git/git-receive-pack`,
        headers: {
          authorization: authorization('all'),
          ...headers,
        },
      },
      body,
    );

  test('may be packed with gzip, and may come without a content type', async () => {
    const body = await pushBody(await world.working('gzipped'));
    const answer = await post('gzipped', gzipSync(body), { 'content-encoding': 'gzip' });
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.body).toContain('ok refs/heads/main');
    expect(await world.ref('gzipped')).not.toBe(null);
  });

  test('that unpacks without end is cut off', async () => {
    const bomb = gzipSync(Buffer.concat([pkt('x'), Buffer.alloc(200 * megabyte)]));
    const answer = await post('bomb', bomb, { 'content-encoding': 'gzip' });
    expect(answer.status).toBeGreaterThanOrEqual(200);
    await until(async () => (await world.processes()).length === 0);
  });

  test.each(['fff1', '0001', '0003', 'zzzz', '', '0004'])('of the malformed packet %s ends', async (text) => {
    await post('malformed', Buffer.from(text));
    await until(async () => (await world.processes()).length === 0);
  });

  test('of one flush packet, git’s own probe, is answered with nothing', async () => {
    expect(await post('probe', Buffer.from('0000'))).toMatchObject({ status: 200, body: '' });
  });

  test('of a malformed content type is the request’s fault', async () => {
    expect(await post('typed', Buffer.from('0000'), { 'content-type': ';' })).toMatchObject({ status: 400 });
  });

  test('in an unknown encoding is refused', async () => {
    expect(await post('encoded', Buffer.from('0000'), { 'content-encoding': 'br' })).toMatchObject({
      status: 400,
    });
  });

  test('may come in chunks after Expect: 100-continue, from the real git', async () => {
    const path = await world.working('chunked', { 'some.bin': randomBytes(3 * megabyte) });
    const options = ['-c', 'http.postBuffer=65536', '-c', 'http.expectContinue=true'];
    const { output, code } = await world.try(path, ...options, 'push', world.url('chunked'), 'main');
    expect(output).toContain('is live');
    expect(code).toBe(0);
  });

  test('of 60 MB passes without being held in memory', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [`${index}.bin`, randomBytes(megabyte)]),
    );
    const path = await world.working('large', files);
    const before = process.memoryUsage().rss;
    const { code } = await world.try(path, '-c', 'core.compression=0', 'push', world.url('large'), 'main');
    expect(code).toBe(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(40 * megabyte);
  }, 60_000);

  test('above the limit is refused in our words, after which a smaller one passes', async () => {
    const path = await world.working('oversize', { 'big.bin': randomBytes(81 * megabyte) });
    const { output, code } = await world.try(
      path,
      '-c',
      'core.compression=0',
      'push',
      world.url('oversize'),
      'main',
    );
    expect(code).not.toBe(0);
    expect(output).toContain('remote: ! too-large: ');
    expect(await world.ref('oversize')).toBe(null);
    await world.git(path, 'rm', '--quiet', 'big.bin');
    await world.commit(path, { 'small.txt': 's' });
    await world.git(path, 'checkout', '--quiet', '--orphan', 'other');
    await world.git(path, 'commit', '--quiet', '--message', 'squashed');
    expect((await world.try(path, 'push', world.url('oversize'), 'other:main')).code).toBe(0);
  }, 60_000);

  test('that stops coming closes the connection and ends git', async () => {
    const socket = connect(world.port, '127.0.0.1');
    socket.write(
      `POST /stalled.git/git-receive-pack HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization('all')}\r\nContent-Length: 1000\r\n\r\n00`,
    );
    await until(async () => (await world.processes()).length > 0);
    await until(() => socket.destroyed || socket.readableEnded || socket.closed);
    await until(async () => (await world.processes()).length === 0);
  });
});

describe('hostile objects', () => {
  test('a tree that holds .git is refused by git, with a word of ours', async () => {
    const path = await world.working('evil');
    const blob = (await world.git(path, 'rev-parse', 'HEAD:index.html')).output.trim();
    await appendFile(
      join(path, 'tree'),
      Buffer.concat([Buffer.from('100644 .GIT\0'), Buffer.from(blob, 'hex')]),
    );
    const tree = await world.git(path, 'hash-object', '-t', 'tree', '--literally', '-w', 'tree');
    const commit = await world.git(path, 'commit-tree', '-m', 'x', tree.output.trim());
    const { output } = await world.try(
      path,
      'push',
      world.url('evil'),
      `${commit.output.trim()}:refs/heads/main`,
    );
    expect(output).toContain('hasDotgit');
    expect(output).toContain('! bad-input: ');
    expect(await world.ref('evil')).toBe(null);
  });

  test('a clumsy old history is taken', async () => {
    const path = await world.working('old');
    const tree = (await world.git(path, 'rev-parse', 'HEAD^{tree}')).output.trim();
    await appendFile(
      join(path, 'c'),
      `tree ${tree}\nauthor Ann <ann@x 5 +0000\ncommitter Ann <> 0123 +51800\n\nold\n`,
    );
    const commit = await world.git(path, 'hash-object', '-t', 'commit', '--literally', '-w', 'c');
    const { output } = await world.try(
      path,
      'push',
      world.url('old'),
      `${commit.output.trim()}:refs/heads/main`,
    );
    expect(output).toContain('is live');
  });

  test('push options are not offered, and odd names of branches harm nobody', async () => {
    const path = await world.working('options');
    await mkdir(join(path, 'sub'), { recursive: true });
    expect((await world.try(path, 'push', '-o', 'x;y', world.url('options'), 'main')).code).not.toBe(0);
    const { output } = await world.try(path, 'push', world.url('options'), 'main:refs/heads/--exec=sh');
    expect(output).toContain('! bad-branch: ');
    expect((await world.try(path, 'push', world.url('options'), 'main:refs/replace/x')).output).toContain(
      'bad-branch',
    );
  });
});

test('a server that dies while a hook asks it leaves the push refused, in a sentence', async () => {
  const other = await GitWorld.start();
  const path = await other.working('shop');
  await other.local.close();
  const { output, code } = await other.try(path, 'push', other.url('shop'), 'main');
  expect(code).not.toBe(0);
  expect(output).toContain('remote: ! interrupted: ');
  await other.stop();
});
