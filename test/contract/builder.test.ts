import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { Readable, Transform } from 'node:stream';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BuildKitBuilder } from '../../src/build/builder.ts';
import type { BuildRequest } from '../../src/engine/engine.ts';
import { UserError } from '../../src/errors.ts';
import { docker, makeTestImage, removeTestImage } from '../support/images.ts';

const id = `lfbuild-${randomBytes(4).toString('hex')}`;
const base = `${id}-base:1`;
const tag = `${id}:1`;
const builder = new BuildKitBuilder({ instance: id });

beforeAll(async () => {
  await makeTestImage(base);
});
afterAll(async () => {
  const images = (await docker('images', '-aq', '--filter', `label=landfall.instance=${id}`)).split('\n');
  for (const image of new Set(images.filter(Boolean))) await removeTestImage(image);
  await removeTestImage(base);
});

function tar(files: Record<string, string>): Readable {
  async function* whole() {
    const packed = pack();
    for (const [name, text] of Object.entries(files)) packed.entry({ name }, text);
    packed.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of packed) chunks.push(chunk as Buffer);
    for (const chunk of chunks) yield chunk;
  }
  return Readable.from(whole(), { objectMode: false });
}

/** Lines after `FROM`; the random comment keeps one test's cache from another's. */
function request(steps: string[], more: Partial<BuildRequest> & { files?: Record<string, string> } = {}) {
  const log: string[] = [];
  const Dockerfile = [
    `FROM ${base}`,
    'USER 0:0',
    `ENV TEST=${randomBytes(6).toString('hex')}`,
    ...steps,
  ].join('\n');
  const files = { Dockerfile, ...more.files };
  const whole: BuildRequest = {
    context: () => tar(files),
    dockerfile: 'Dockerfile',
    args: {},
    secrets: {},
    labels: {},
    target: null,
    tag,
    log: (line) => log.push(line),
    signal: new AbortController().signal,
    ...more,
  };
  return { ...whole, lines: log };
}

async function refusal(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (!(error instanceof UserError)) throw new Error(`expected a UserError, got ${String(error)}`);
  return error;
}

test('a step is announced, its output follows as it comes, then its seconds', async () => {
  const build = request(['RUN echo one; echo two >&2; echo three', 'RUN true']);
  const result = await builder.build(build);
  const [begin, one, two, three, end, next] = build.lines;
  expect(begin).toBe('[2/3] RUN echo one; echo two >&2; echo three');
  expect([one, two, three].sort()).toEqual(['      one', '      three', '      two']);
  expect(end).toMatch(/^\[2\/3\] RUN echo one; echo two >&2; echo three … \d+\.\ds$/);
  expect(next).toMatch(/^\[3\/3\] RUN true/);
  expect(await builder.find(tag)).toBe(result.image);
  expect(result.sizeBytes).toBeGreaterThan(1000);
});

test('output arrives while the step still runs', async () => {
  const build = request(['RUN echo early; sleep 2; echo late']);
  let early = 0;
  const log = (line: string) => {
    if (line.trim() === 'early') early = performance.now();
  };
  await builder.build({ ...build, log });
  expect(performance.now() - early).toBeGreaterThan(1500);
});

test('a build that was made before is answered from the cache in under a second', async () => {
  const build = request(['RUN echo made']);
  const first = await builder.build(build);
  build.lines.length = 0;
  const again = await builder.build(build);
  expect(again.image).toBe(first.image);
  expect(again.seconds).toBeLessThan(1);
  expect(build.lines).toEqual(['[2/2] RUN echo made … cached']);
});

test('a failing step is named with its exit code and its last words', async () => {
  const steps = [
    'RUN echo fine',
    'RUN export A=b; for i in $(seq 9); do echo "line $i"; done; echo "ERROR: no such module" >&2; exit 3',
  ];
  const error = await refusal(builder.build(request(steps)));
  expect(error.code).toBe('build-failed');
  expect(error.message).toMatch(/^`RUN for i in .*` ended with exit code 3:\n/);
  const last = error.message.split('\n').slice(1);
  expect(last).toHaveLength(5);
  expect(last).toContain('ERROR: no such module');
  expect(error.hint).not.toBe('');
});

test('a base that is not there, a file that is not there and a Dockerfile that cannot be read each say so', async () => {
  const none = await refusal(builder.build(request([], { files: { Dockerfile: `FROM ${id}-nothing:1` } })));
  expect(none).toMatchObject({
    code: 'build-failed',
    message: expect.stringContaining(`${id}-nothing:1 is not on this server`),
  });
  const file = await refusal(builder.build(request(['COPY package.json /'])));
  expect(file).toMatchObject({
    code: 'build-failed',
    message: expect.stringContaining('package.json is not in the commit'),
  });
  const broken = await refusal(builder.build(request(['BUILD it'])));
  expect(broken).toMatchObject({
    code: 'build-failed',
    message: expect.stringMatching(/line 4.*unknown instruction: BUILD/i),
  });
});

test('a secret is read in the step that mounts it, even late, and is nowhere in the image', async () => {
  const secret = randomBytes(12).toString('hex');
  const turned = [...secret].reverse().join('');
  const build = request(
    [
      'RUN sleep 7',
      'RUN --mount=type=secret,id=token,target=/token cat /token | tr 0123456789 abcdefghij',
      'RUN ls /token; true',
    ],
    { secrets: { token: Buffer.from(secret), other: Buffer.from(turned) } },
  );
  await builder.build(build);
  expect(build.lines).toContain(
    `      ${secret.replace(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? '')}`,
  );
  const archive = `/tmp/${id}.tar`;
  await docker('save', tag, '-o', archive);
  const saved = readFileSync(archive);
  rmSync(archive);
  expect(saved.includes(secret)).toBe(false);
  expect(await docker('history', '--no-trunc', tag)).not.toContain(secret);
}, 40_000);

test('a secret that the request does not carry is not to be had', async () => {
  const build = request(['RUN --mount=type=secret,id=token,required=true,target=/token cat /token']);
  expect((await refusal(builder.build(build))).code).toBe('build-failed');
});

test('an abort ends the build and its processes within two seconds', async () => {
  const seconds = String(100_000 + Math.floor(Math.random() * 900_000));
  const sleeps = () =>
    readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `sleep\0${seconds}\0`;
      } catch {
        return false;
      }
    });
  const stop = new AbortController();
  const running = builder.build(request([`RUN sleep ${seconds}`], { signal: stop.signal }));
  running.catch(() => {});
  await expect.poll(sleeps, { timeout: 20_000 }).not.toEqual([]);
  const reason = new Error('the pusher went away');
  stop.abort(reason);
  await expect(running).rejects.toBe(reason);
  await expect.poll(sleeps, { timeout: 2000 }).toEqual([]);
});

test('.dockerignore is obeyed, and the one of the Dockerfile comes before it', async () => {
  const files = { 'a.txt': 'a', 'b.txt': 'b', 'sub/c.txt': 'c', 'sub/keep.txt': 'k' };
  const steps = ['COPY . /src', 'RUN cd /src && ls -a . sub'];
  const common = request(steps, { files: { ...files, '.dockerignore': 'a.txt\nsub\n!sub/keep.txt\n' } });
  await builder.build(common);
  expect(common.lines).toEqual(expect.arrayContaining(['      b.txt', '      keep.txt']));
  expect(common.lines).not.toContain('      a.txt');
  expect(common.lines).not.toContain('      c.txt');
  const own = request(steps, {
    files: { ...files, '.dockerignore': 'a.txt\n', 'Dockerfile.dockerignore': 'b.txt\n' },
  });
  await builder.build(own);
  expect(own.lines).toContain('      a.txt');
  expect(own.lines).not.toContain('      b.txt');
});

test('arguments, labels and the target reach the build', async () => {
  const Dockerfile = `FROM ${base} AS first\nARG WORD=none\nUSER 0:0\nRUN echo "word $WORD"\nEXPOSE 8080\nFROM first AS second\nRUN false`;
  const build = request([], {
    files: { Dockerfile },
    args: { WORD: id },
    labels: { 'landfall.app': 'x' },
    target: 'first',
  });
  const { image } = await builder.build(build);
  expect(build.lines).toContain(`      word ${id}`);
  expect(await docker('inspect', '-f', '{{json .Config.Labels}}', image)).toContain('"landfall.app":"x"');
  expect(await builder.inspect(image)).toMatchObject({ ports: [8080], hasCommand: true, user: '0:0' });
});

test("a context that breaks off while it is sent ends the build with the reader's own error", async () => {
  let opened = 0;
  const context = () => {
    const whole = tar({ Dockerfile: `FROM ${base}`, big: 'x'.repeat(5_000_000) });
    if (++opened === 1) return whole;
    let sent = 0;
    const cut = new Transform({
      transform(chunk, _encoding, done) {
        sent += chunk.length;
        if (sent > 1_000_000) done(new Error('git archive died'));
        else done(null, chunk);
      },
    });
    return whole.pipe(cut);
  };
  await expect(builder.build(request([], { context }))).rejects.toThrow('git archive died');
});

test('no connection to the daemon is left open by a build that failed', async () => {
  const connections = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
      } catch {
        return false;
      }
    }).length;
  const before = connections();
  await refusal(builder.build(request(['RUN exit 1'])));
  await expect.poll(connections, { timeout: 5000 }).toBeLessThanOrEqual(before);
});

test('a daemon that is not there is engine-down', async () => {
  const lost = new BuildKitBuilder({ instance: id, socketPath: `/tmp/${id}.sock` });
  expect((await refusal(lost.build(request(['RUN true'])))).code).toBe('engine-down');
  expect((await refusal(lost.find(base))).code).toBe('engine-down');
});

test('a daemon that dies while it builds is engine-down', async () => {
  const dying = createServer((call, answer) => {
    if (call.url === '/_ping') return void answer.setHeader('api-version', '1.41').end('OK');
    answer.write('{"stream":"begun"}\n');
    call.once('data', () => call.socket.destroy());
  });
  dying.on('upgrade', (_call, socket) => {
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
    socket.on('error', () => {});
  });
  const socketPath = `/tmp/${id}-dying.sock`;
  await new Promise<void>((resolve) => dying.listen(socketPath, resolve));
  try {
    const lost = new BuildKitBuilder({ instance: id, socketPath });
    expect((await refusal(lost.build(request(['RUN true'])))).code).toBe('engine-down');
  } finally {
    dying.close();
  }
});

test('a registry that has not the image is told from one that does not answer, which ends in its time', async () => {
  const registry = createServer((call, answer) => {
    if (call.url?.includes('/silent/')) return;
    answer.statusCode = call.url === '/v2/' ? 200 : 404;
    answer.setHeader('content-type', 'application/json');
    answer.end(JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] }));
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  const address = registry.address();
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const { signal } = new AbortController();
  try {
    expect(await builder.pull(`${host}/${id}:1`, 10_000, signal)).toBe('absent');
    const begun = performance.now();
    expect(await builder.pull(`${host}/silent/${id}:1`, 1500, signal)).toBe('unreachable');
    expect(performance.now() - begun).toBeLessThan(2500);
  } finally {
    registry.close();
    registry.closeAllConnections();
  }
  expect(await builder.pull(`127.0.0.1:9/${id}:1`, 10_000, signal)).toBe('unreachable');
});

test('an image is removed by its name, and removing it again is no error', async () => {
  await builder.build(request(['RUN echo to be removed'], { tag: `${id}:gone` }));
  await builder.remove(`${id}:gone`);
  expect(await builder.find(`${id}:gone`)).toBeNull();
  await builder.remove(`${id}:gone`);
});
