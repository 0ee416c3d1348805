import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ask } from '../../src/proxy/socket.ts';
import { load } from '../support/load.ts';
import {
  type FakeInstance,
  fakeInstance,
  get,
  type ProxyRig,
  proxyRig,
  route,
  until,
} from '../support/proxy.ts';

const app = 'aaaaaaaaa2';
const host = `${app}.test`;
let rig: ProxyRig | null = null;
let instances: FakeInstance[] = [];

afterEach(async () => {
  await rig?.stop();
  for (const instance of instances) await instance.kill();
  rig = null;
  instances = [];
});

async function up(): Promise<ProxyRig> {
  rig = await proxyRig();
  return rig;
}

async function instance(version: string): Promise<FakeInstance> {
  const made = await fakeInstance(version);
  instances.push(made);
  return made;
}

async function drained(proxy: ProxyRig, version: string): Promise<void> {
  await until(async () => ((await proxy.driver.sessions(app)).get(version) ?? 0) === 0);
}

async function retries(proxy: ProxyRig): Promise<number> {
  const stat = await ask(join(proxy.home, 'proxy/run/haproxy.sock'), 'show stat b1 2 -1');
  const [names = '', values = ''] = stat.split('\n');
  return Number(values.split(',')[names.split(',').indexOf('wretr')]);
}

/** The swap as a deploy does it. */
async function swap(proxy: ProxyRig, old: FakeInstance, version: string): Promise<FakeInstance> {
  const next = await instance(version);
  await proxy.driver.apply([
    route(app, [
      [old, 'drain'],
      [next, 'ready'],
    ]),
  ]);
  expect((await get(proxy.port, host)).body).toBe(version);
  await drained(proxy, old.version);
  await proxy.driver.apply([route(app, [[next, 'ready']])]);
  await old.kill();
  return next;
}

describe('a swap', () => {
  it('loses no request of any kind, and needs no reload, not even for a new app', async () => {
    const proxy = await up();
    const { pid } = await proxy.driver.ping();
    let current = await instance('v0');
    await proxy.driver.apply([route(app, [[current, 'ready']])]);
    const traffic = load(proxy.port, host);
    for (let i = 1; i <= 8; i += 1) current = await swap(proxy, current, `v${i}`);
    await traffic.stop();
    expect(traffic.lost).toEqual([]);
    expect(traffic.done).toBeGreaterThan(500);
    // Nor was one tried twice, which takes a second.
    expect(await retries(proxy)).toBe(0);
    expect((await proxy.driver.ping()).pid).toBe(pid);
  });

  it('cuts what is still open when the old server is no longer listed', async () => {
    const proxy = await up();
    const [old, next] = [await instance('v1'), await instance('v2')];
    await proxy.driver.apply([route(app, [[old, 'ready']])]);
    const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/`, { headers: { host } });
    await new Promise((resolve) => socket.once('open', resolve));
    await proxy.driver.apply([
      route(app, [
        [old, 'drain'],
        [next, 'ready'],
      ]),
    ]);
    expect((await proxy.driver.sessions(app)).get('v1')).toBe(1);
    const heard = new Promise((resolve) => socket.once('message', (m) => resolve(String(m))));
    socket.send('still there');
    expect(await heard).toBe('v1:still there');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await proxy.driver.apply([route(app, [[next, 'ready']])]);
    await closed;
  });

  it('never gives a slot that has a connection to another server', async () => {
    const proxy = await up();
    const old = await instance('v0');
    await proxy.driver.apply([route(app, [[old, 'ready']])]);
    // Idle connections from the proxy to the old server, which is not stopped and so keeps them open.
    const agent = new Agent({ keepAlive: true });
    await Promise.all([1, 2, 3].map(() => get(proxy.port, host, '/slow?ms=50', { agent })));
    const slow = get(proxy.port, host, '/slow?ms=1500').catch(() => null);
    await until(() => old.open === 1);
    for (let i = 1; i <= 25; i += 1) {
      const next = await instance(`v${i}`);
      await proxy.driver.apply([route(app, [[next, 'ready']])]);
      for (let n = 0; n < 4; n += 1) expect((await get(proxy.port, host, '/', { agent })).body).toBe(`v${i}`);
    }
    await slow;
    agent.destroy();
  });
});

describe('a reload', () => {
  it('loses no request, also when deploys follow while old workers still have connections', async () => {
    const proxy = await up();
    let current = await instance('v0');
    await proxy.driver.apply([route(app, [[current, 'ready']])]);
    const traffic = load(proxy.port, host);
    for (let i = 1; i <= 4; i += 1) {
      await proxy.driver.reload();
      current = await swap(proxy, current, `v${i}`);
    }
    await traffic.stop();
    expect(traffic.lost).toEqual([]);
    expect(traffic.done).toBeGreaterThan(300);
  });

  it('still counts and cuts the sessions of before it', async () => {
    const proxy = await up();
    const [old, next] = [await instance('v1'), await instance('v2')];
    await proxy.driver.apply([route(app, [[old, 'ready']])]);
    const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/`, { headers: { host } });
    await new Promise((resolve) => socket.once('open', resolve));
    await proxy.driver.reload();
    await proxy.driver.apply([
      route(app, [
        [old, 'drain'],
        [next, 'ready'],
      ]),
    ]);
    expect((await proxy.driver.sessions(app)).get('v1')).toBe(1);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await proxy.driver.apply([route(app, [[next, 'ready']])]);
    await closed;
  });

  it('a connection kept open on the old worker reaches the new version after a deploy', async () => {
    const proxy = await up();
    const old = await instance('v1');
    await proxy.driver.apply([route(app, [[old, 'ready']])]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await get(proxy.port, host, '/', { agent });
    await proxy.driver.reload();
    await swap(proxy, old, 'v2');
    expect((await get(proxy.port, host, '/', { agent })).body).toBe('v2');
    agent.destroy();
  });

  it('done by somebody else is noticed: the driver goes on with the new worker', async () => {
    const proxy = await up();
    const one = await instance('v1');
    await proxy.driver.apply([route(app, [[one, 'ready']])]);
    await proxy.driver.settled();
    const { pid } = await proxy.driver.ping();
    await ask(join(proxy.home, 'proxy/run/master.sock'), 'reload');
    await until(async () => (await proxy.driver.ping()).pid !== pid);
    await swap(proxy, one, 'v2');
  });

  it('that is refused leaves the old configuration serving, and the routes still follow', async () => {
    const proxy = await up();
    const one = await instance('v1');
    await proxy.driver.apply([route(app, [[one, 'ready']])]);
    await proxy.driver.settled();
    const { pid } = await proxy.driver.ping();
    // Another server on the new port.
    const taken = await instance('taken');
    proxy.driver = proxy.newDriver({ httpPort: taken.port });
    await swap(proxy, one, 'v2');
    expect((await proxy.driver.ping()).pid).toBe(pid);
    expect(proxy.lines.join('')).toContain('the proxy refused its new configuration');
  });

  it('follows a changed setting: the server answers at its new domain', async () => {
    const proxy = await up();
    const one = await instance('v1');
    await proxy.driver.apply([route(app, [[one, 'ready']])]);
    await proxy.driver.settled();
    proxy.driver = proxy.newDriver({ domain: 'other.test' });
    await proxy.driver.apply([route(app, [[one, 'ready']])]);
    expect((await get(proxy.port, 'landfall.test')).status).toBe(404);
    expect((await get(proxy.port, host)).body).toBe('v1');
  });

  it('happens by itself when there are more apps or instances than were made ready', async () => {
    const proxy = await up();
    const { pid } = await proxy.driver.ping();
    const many = await Promise.all(Array.from({ length: 12 }, (_, i) => instance(`v${i}`)));
    const one = many[0] as FakeInstance;
    const apps = Array.from({ length: 20 }, (_, i) =>
      route(`app${String(i).padStart(7, '0')}`, [[one, 'ready']]),
    );
    await proxy.driver.apply([
      ...apps,
      route(
        app,
        many.map((i) => [i, 'ready']),
      ),
    ]);
    expect((await proxy.driver.ping()).pid).not.toBe(pid);
    expect((await get(proxy.port, 'app0000019.test')).status).toBe(200);
    const seen = new Set<string>();
    for (let i = 0; i < 48; i += 1) seen.add((await get(proxy.port, host)).body);
    expect(seen.size).toBe(12);
  });
});

describe('a new driver', () => {
  it('takes over the running proxy without a reload or a lost request', async () => {
    const proxy = await up();
    let current = await instance('v0');
    await proxy.driver.apply([route(app, [[current, 'ready']])]);
    const { pid } = await proxy.driver.ping();
    const traffic = load(proxy.port, host);
    for (let i = 1; i <= 4; i += 1) {
      await proxy.driver.settled();
      // Without close: as after kill -9 of the server, the old connection may still be there.
      proxy.driver = proxy.newDriver();
      await proxy.driver.apply([route(app, [[current, 'ready']])]);
      current = await swap(proxy, current, `v${i}`);
    }
    await traffic.stop();
    expect(traffic.lost).toEqual([]);
    expect((await proxy.driver.ping()).pid).toBe(pid);
  });

  it('finds what is on disk to be what runs: a proxy killed with -9 serves the same after its restart', async () => {
    const proxy = await up();
    const first = await instance('v1');
    await proxy.driver.apply([route(app, [[first, 'ready']])]);
    const next = await swap(proxy, first, 'v2');
    await proxy.driver.settled();
    await proxy.crash();
    await proxy.start();
    expect((await get(proxy.port, host)).body).toBe('v2');
    await swap(proxy, next, 'v3');
  });

  it('changes nothing when it is told what already is', async () => {
    const proxy = await up();
    const one = await instance('v1');
    await proxy.driver.apply([route(app, [[one, 'ready']])]);
    await proxy.driver.settled();
    const config = readFileSync(join(proxy.home, 'proxy/haproxy.cfg'), 'utf8');
    await proxy.newDriver().apply([route(app, [[one, 'ready']])]);
    await proxy.driver.settled();
    expect(readFileSync(join(proxy.home, 'proxy/haproxy.cfg'), 'utf8')).toBe(config);
  });
});

describe('a proxy that is down', () => {
  it('is a proxy-down failure, and serves the routes once it is started', async () => {
    const proxy = await proxyRig({ started: false });
    rig = proxy;
    const one = await instance('v1');
    const wanted = [route(app, [[one, 'ready']])];
    await expect(proxy.driver.apply(wanted)).rejects.toMatchObject({ code: 'proxy-down' });
    await proxy.start();
    expect((await get(proxy.port, host)).body).toBe('v1');
    await proxy.driver.apply(wanted);
  });

  it('is waited for when it comes back soon', async () => {
    const proxy = await up();
    const [one, two] = [await instance('v1'), await instance('v2')];
    await proxy.driver.apply([route(app, [[one, 'ready']])]);
    await proxy.crash();
    const applied = proxy.driver.apply([route(app, [[two, 'ready']])]);
    await proxy.start();
    await applied;
    expect((await get(proxy.port, host)).body).toBe('v2');
  });

  it('refuses to be started a second time on the same port', async () => {
    const proxy = await up();
    const second = await proxyRig({ started: false });
    try {
      const config = readFileSync(join(proxy.home, 'proxy/haproxy.cfg'), 'utf8');
      expect(config).toContain('noreuseport');
      const { spawnSync } = await import('node:child_process');
      const { writeFileSync } = await import('node:fs');
      writeFileSync(join(second.home, 'proxy/haproxy.cfg'), config.replaceAll(proxy.home, second.home));
      const run = spawnSync('/usr/sbin/haproxy', ['-f', join(second.home, 'proxy/haproxy.cfg')], {
        timeout: 5000,
      });
      expect(run.status).toBe(1);
      expect(String(run.stderr)).toContain('Address already in use');
    } finally {
      await second.stop();
    }
  });
});
