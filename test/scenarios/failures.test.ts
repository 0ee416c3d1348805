import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeApp, type Repository, until, World } from '../support/world.ts';

let world: World;
let app: Repository;
beforeAll(async () => {
  world = await World.start();
  app = await world.repository('shop', nodeApp('good'));
  await app.mustPush();
}, 300_000);
afterAll(() => world?.stop(), 60_000);

const serve = (body: string): Record<string, string> => ({ ...nodeApp(''), 'server.js': body });
const http = (rest: string): string => `import('node:http').then(({ createServer }) => { ${rest} });\n`;

interface Failure {
  title: string;
  files: Record<string, string | null>;
  code: string;
  says: RegExp;
  hint: RegExp;
}

const dockerfile = { 'package.json': null, 'server.js': null };

/** What a push may run into, what it must be told, and what it must do about it. */
const failures: Failure[] = [
  {
    title: 'a build step that fails',
    files: nodeApp('', {
      'package.json': JSON.stringify({
        name: 'app',
        scripts: { build: 'node build.js', start: 'node server.js' },
      }),
      'build.js': 'console.error("no such thing"); process.exit(9)',
    }),
    code: 'build-failed',
    says: /run build.*9/,
    hint: /./,
  },
  {
    title: 'a crash at boot',
    files: serve('console.error("no database today"); process.exit(3)'),
    code: 'boot-crash',
    says: /exit code 3.*no database today/,
    hint: /./,
  },
  {
    title: 'a package that is not installed',
    files: serve('require("left-pad")'),
    code: 'boot-crash',
    says: /left-pad is not installed/,
    hint: /npm install left-pad/,
  },
  {
    title: 'an app that never listens',
    files: { ...serve('setInterval(() => {}, 1000)'), 'landfall.toml': 'boot_seconds = 5\n' },
    code: 'never-listened',
    says: /did not listen on port 5000 within 5 s/,
    hint: /PORT/,
  },
  {
    title: 'another port',
    files: serve(http('createServer((q, r) => r.end("x")).listen(7777)')),
    code: 'wrong-port',
    says: /7777/,
    hint: /PORT/,
  },
  {
    title: 'loopback only',
    files: serve(http('createServer((q, r) => r.end("x")).listen(process.env.PORT, "127.0.0.1")')),
    code: 'loopback-only',
    says: /127\.0\.0\.1/,
    hint: /0\.0\.0\.0/,
  },
  {
    title: '5xx on /',
    files: serve(http('createServer((q, r) => { r.statusCode = 500; r.end() }).listen(process.env.PORT)')),
    code: 'http-5xx',
    says: /GET \/ with 500/,
    hint: /health/,
  },
  {
    title: 'out of memory at boot',
    files: serve('const all = []; for (;;) all.push(Buffer.alloc(16 * 1024 * 1024, 1))'),
    code: 'out-of-memory',
    says: /memory/,
    hint: /./,
  },
  {
    title: 'no start command',
    files: {
      ...nodeApp(''),
      'package.json': JSON.stringify({ name: 'app', dependencies: { express: '5' } }),
      'server.js': null,
      'lib/util.js': 'module.exports = 1',
    },
    code: 'no-start-command',
    says: /./,
    hint: /./,
  },
  {
    title: 'a manifest that is no JSON',
    files: nodeApp('', { 'package.json': '{\n  "name": "app",\n  "scripts": {,}\n}\n' }),
    code: 'invalid-manifest',
    says: /package\.json:3|line 3/,
    hint: /./,
  },
  {
    title: 'nothing to detect',
    files: { ...dockerfile, 'README.md': 'hello' },
    code: 'nothing-detected',
    says: /package\.json.*README\.md/s,
    hint: /./,
  },
  {
    title: 'two apps in one repository',
    files: {
      ...dockerfile,
      'README.md': null,
      'backend/package.json': JSON.stringify({
        name: 'backend',
        scripts: { start: 'node server.js' },
        dependencies: { express: '5' },
      }),
      'backend/server.js': 'require("express")().listen(process.env.PORT)',
      'admin/package.json': JSON.stringify({
        name: 'admin',
        scripts: { start: 'node server.js' },
        dependencies: { express: '5' },
      }),
      'admin/server.js': 'require("express")().listen(process.env.PORT)',
    },
    code: 'ambiguous',
    says: /./,
    hint: /app = /,
  },
];

describe('a push that can not go live', { timeout: 300_000 }, () => {
  for (const failure of failures)
    test(`${failure.title} is refused as ${failure.code}, with the next step, and the old release serves`, async () => {
      await app.git('checkout', '-q', '-f', '-B', 'main', 'production/main');
      await app.commit(failure.files);
      const { code, err } = await app.push();
      expect(code).not.toBe(0);
      const [, sentence] = new RegExp(`remote: ! ${failure.code}: (.*)`).exec(err) ?? [err];
      expect(sentence).toMatch(failure.says);
      expect(err).toMatch(/remote: {3}→ ./);
      expect(/→ (.*)/.exec(err)?.[1]).toMatch(failure.hint);
      const [deploy] = await world.deploys('shop');
      expect(deploy).toMatchObject({ state: 'failed', failure: { code: failure.code } });
      expect(await world.get('shop.localhost')).toEqual({ status: 200, body: 'good v1' });
      await until(async () => (await world.containers()).length === 1, 'the end of the candidate');
      expect(await app.git('ls-remote', 'production', 'main')).toContain(
        await app.git('rev-parse', 'production/main'),
      );
    });

  test('an app that listens on another path than / passes with its health path', async () => {
    await app.git('checkout', '-q', '-f', '-B', 'main', 'production/main');
    const server = http(
      'createServer((q, r) => { r.statusCode = q.url === "/up" ? 200 : 500; r.end() }).listen(process.env.PORT)',
    );
    const other = await world.repository('healthy', {
      ...serve(server),
      'landfall.toml': 'health = "/up"\n',
    });
    await other.mustPush();
  });
});

describe('a push that is not one', { timeout: 120_000 }, () => {
  const refused = async (ran: { code: number; err: string }, code: string): Promise<void> => {
    expect(ran.code).not.toBe(0);
    expect(ran.err).toContain(`remote: ! ${code}: `);
    expect((await world.deploys('shop'))[0]?.failure?.code).toBe(code);
  };

  test('to another branch names the command to use', async () => {
    const ran = await app.push('production', 'HEAD:refs/heads/feature');
    await refused(ran, 'bad-branch');
    expect(ran.err).toMatch(/git push \S+ feature:main/);
  });

  test('that deletes the deploy branch is refused', async () => {
    await refused(await app.push('production', ':main'), 'delete-refused');
    expect((await world.get('shop.localhost')).status).toBe(200);
  });
});

describe('a stranger', () => {
  test('with a wrong token gets 401 for known and unknown apps alike', async () => {
    const answers = await Promise.all(
      [
        '/shop.git/info/refs?service=git-receive-pack',
        '/nothing.git/info/refs?service=git-receive-pack',
        '/api/v1/apps',
        '/',
      ].map((path) => world.get('landfall.localhost', path, { authorization: 'Basic eDp4' })),
    );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]?.status).toBe(401);
  });

  test('with a token that may only read can not push, and one for another app can not either', async () => {
    const made = await world.json<{ token: string }>('tokens', 'create', 'reader', '--right', 'read');
    const authorization = `Basic ${Buffer.from(`x:${made.token}`).toString('base64')}`;
    const path = '/shop.git/info/refs?service=git-receive-pack';
    expect((await world.get('landfall.localhost', path, { authorization })).status).not.toBe(200);
    expect((await world.get('landfall.localhost', '/api/v1/apps', { authorization })).status).toBe(200);
    await world.landfall('apps', 'create', 'other');
    const other = await world.json<{ token: string }>('tokens', 'create', 'other', '--app', 'other');
    const theirs = { authorization: `Basic ${Buffer.from(`x:${other.token}`).toString('base64')}` };
    expect((await world.get('landfall.localhost', path, theirs)).status).not.toBe(200);
    expect(
      (await world.get('landfall.localhost', '/other.git/info/refs?service=git-receive-pack', theirs)).status,
    ).toBe(200);
  });

  test('a name that no app can have is refused in words', async () => {
    const bad = await world.repository('Bad_Name', nodeApp('x'));
    const ran = await bad.push();
    expect(ran.code).not.toBe(0);
    expect(ran.err).toContain('bad-app-name');
  });
});
