import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePorts, run, startInstance, type TestInstance } from '../support/instance.ts';

const bin = join(import.meta.dirname, '../../bin');

describe('bin/up', { timeout: 600_000 }, () => {
  let instance: TestInstance;
  beforeAll(async () => {
    instance = await startInstance({ name: 'up', hello: true });
  }, 900_000);
  afterAll(() => instance?.stop(), 120_000);

  it('says in one line of JSON where everything is', async () => {
    const line = await instance.up();
    const port = instance.httpPort;
    expect(line).toEqual({
      url: `http://hello.localhost:${port}/`,
      remote: `http://landfall.localhost:${port}/<app>.git`,
      tokenFile: join(instance.home, 'token'),
      api: `http://landfall.localhost:${port}/api/v1`,
      home: instance.home,
      socket: join(instance.home, 'run/landfall.sock'),
      instance: instance.instance,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    expect(statSync(join(instance.home, 'token')).mode & 0o777).toBe(0o600);
  });

  it('has pushed hello, which answers', async () => {
    expect((await instance.get('hello')).status).toBe(200);
  });

  it('run again, restarts nothing and ends within 15 s', async () => {
    const before = await containers(instance);
    expect(before).toHaveLength(3);
    const began = performance.now();
    await instance.up();
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(await containers(instance)).toEqual(before);
  });

  it('puts a command of its own name on the PATH when another instance may have the plain one', async () => {
    const path = `/usr/local/bin/landfall-${instance.instance}`;
    const { LANDFALL_HOME: _, ...env } = instance.env;
    const { code, stdout } = await run(path, ['apps', '--json'], env);
    expect(code).toBe(0);
    expect(stdout).toContain('"hello"');
  });

  it('mends what is missing, and touches nothing else', async () => {
    const name = `${instance.instance}-server`;
    const before = (await containers(instance)).filter((line) => !line.includes(name));
    await run('docker', ['rm', '-f', name], instance.env);
    await instance.up();
    const after = await containers(instance);
    expect(after).toHaveLength(3);
    expect(after.filter((line) => !line.includes(name))).toEqual(before);
  });

  it('swaps the server for other settings once the running deploy has ended, and leaves the proxy', async () => {
    const proxy = await container(instance, 'proxy');
    const server = await container(instance, 'server');
    const pushed = instance.push('slow', {
      Dockerfile: 'FROM landfall-base/debian:trixie\nRUN sleep 6\nCOPY . .\nCMD ["perl", "server.pl"]\n',
      'server.pl': perlServer,
    });
    await vi.waitUntil(async () => (await instance.landfall('apps', '--json')).stdout.includes('building'), {
      timeout: 30_000,
      interval: 200,
    });
    instance.env.LANDFALL_MIN_FREE_MB = '512';
    await instance.up();
    expect(await pushed).toMatchObject({ code: 0 });
    expect((await instance.get('slow')).body).toBe('slow but here');
    expect(await container(instance, 'server')).not.toBe(server);
    expect(await container(instance, 'proxy')).toBe(proxy);
    expect((await instance.landfall('apps', 'destroy', 'slow', '--confirm', 'slow')).code).toBe(0);
  });

  it('brings everything back after bin/down', async () => {
    expect((await run(join(bin, 'down'), [], instance.env)).code).toBe(0);
    await expect(instance.get('hello')).rejects.toThrow('ECONNREFUSED');
    await instance.up();
    expect((await instance.get('hello')).status).toBe(200);
  });

  it('refuses a home that belongs to another instance', async () => {
    const { code, stdout } = await run(join(bin, 'up'), ['--json'], {
      ...instance.env,
      LANDFALL_INSTANCE: 'lftest-other',
    });
    expect(code).not.toBe(0);
    expect(JSON.parse(stdout).error.code).toBe('bad-setting');
  });

  it('does not bring back a hello that was destroyed', async () => {
    expect((await instance.landfall('apps', 'destroy', 'hello', '--confirm', 'hello')).code).toBe(0);
    await instance.up();
    expect((await instance.get('hello')).status).toBe(404);
  });

  it('leaves nothing after bin/down --purge', async () => {
    await instance.stop();
    const label = `label=landfall.instance=${instance.instance}`;
    for (const args of [
      ['ps', '-aq', '--filter', label],
      ['network', 'ls', '-q', '--filter', label],
      ['volume', 'ls', '-q', '--filter', label],
      ['image', 'ls', '-q', '--filter', label],
      ['image', 'ls', '-q', `${instance.instance}/*`],
    ])
      expect((await run('docker', args, instance.env)).stdout).toBe('');
    expect(existsSync(instance.home)).toBe(false);
    expect(existsSync(`/usr/local/bin/landfall-${instance.instance}`)).toBe(false);
    instance = await startInstance({ name: 'up2' });
  });
});

describe('bin/up says what cannot work', () => {
  const up = async (
    env: Record<string, string>,
  ): Promise<{ code: string; message: string; hint: string }> => {
    const all = {
      ...process.env,
      LANDFALL_HOME: '/tmp/lftest-never',
      LANDFALL_INSTANCE: 'lftest-never',
      ...env,
    };
    const { code, stdout } = await run(join(bin, 'up'), ['--json'], all);
    expect(code).not.toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    return JSON.parse(stdout).error;
  };

  it('a port that is taken, and by what', async () => {
    const [port = 0] = await freePorts(1);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    try {
      const error = await up({ LANDFALL_HTTP_PORT: String(port) });
      expect(error.code).toBe('port-taken');
      expect(error.message).toContain(`pid ${process.pid}`);
    } finally {
      server.close();
    }
    expect(existsSync('/tmp/lftest-never')).toBe(false);
  });

  it.each([
    ['LANDFALL_HOME', 'relative/path'],
    ['LANDFALL_HOME', '/usr'],
    ['LANDFALL_HOME', `/tmp/${'long'.repeat(20)}`],
    ['LANDFALL_DOMAIN', 'Not A Domain'],
    ['LANDFALL_DOMAIN', 'quote".test'],
    ['LANDFALL_HTTP_PORT', '0'],
    ['LANDFALL_HTTP_PORT', '65536'],
    ['LANDFALL_SUBNET', '10.300.0.0/16'],
    ['LANDFALL_INSTANCE', 'Upper'],
    ['LANDFALL_BASES', 'somewhere'],
  ])('a wrong setting: %s=%s', async (name, value) => {
    const [port] = await freePorts(1);
    const error = await up({ LANDFALL_HTTP_PORT: String(port), [name]: value });
    expect(error.code).toBe('bad-setting');
    expect(error.message).toContain(name);
  });

  it('tokens in clear beyond the loopback, unless they are accepted', async () => {
    const error = await up({ LANDFALL_DOMAIN: 'example.test' });
    expect(error.code).toBe('insecure-http');
    expect(error.hint).toContain('LANDFALL_INSECURE_HTTP=1');
  });

  it('no root', async () => {
    // A copy that anyone may read: the checkout may lie in a folder of root's.
    const copy = mkdtempSync(join(tmpdir(), 'lftest-'));
    try {
      cpSync(bin, join(copy, 'bin'), { recursive: true });
      chmodSync(copy, 0o755);
      const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
      const { code, stdout } = await run('setpriv', [...nobody, join(copy, 'bin/up'), '--json'], {
        PATH: process.env.PATH,
      });
      expect(code).not.toBe(0);
      expect(JSON.parse(stdout).error.code).toBe('not-root');
    } finally {
      rmSync(copy, { recursive: true });
    }
  });
});

/** Name, id and time of start of every container of the instance. */
async function containers(instance: TestInstance): Promise<string[]> {
  const filter = `label=landfall.instance=${instance.instance}`;
  const { stdout: ids } = await run('docker', ['ps', '-q', '--filter', filter], instance.env);
  const format = '{{.Name}} {{.Id}} {{.State.StartedAt}}';
  const { stdout } = await run('docker', ['inspect', '-f', format, ...ids.trim().split('\n')], instance.env);
  return stdout.trim().split('\n').sort();
}

async function container(instance: TestInstance, role: string): Promise<string> {
  const line = (await containers(instance)).find((text) => text.startsWith(`/${instance.instance}-${role} `));
  return line ?? '';
}

/** The smallest server that the root of all bases can run. */
const perlServer = `use IO::Socket::INET;
my $listener = IO::Socket::INET->new(LocalPort => $ENV{PORT}, Listen => 20, ReuseAddr => 1) or die;
$SIG{TERM} = sub { exit 0 };
while (my $client = $listener->accept) {
  while (my $line = <$client>) { last if $line eq "\\r\\n" }
  print $client "HTTP/1.1 200 OK\\r\\nContent-Length: 13\\r\\nConnection: close\\r\\n\\r\\nslow but here";
  close $client;
}
`;
