import { createHash, randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type FakeInstance,
  fakeInstance,
  get,
  type ProxyRig,
  proxyRig,
  raw,
  route,
  until,
} from '../support/proxy.ts';

const app = 'bbbbbbbbb2';
const host = `${app}.test`;
let proxy: ProxyRig;
let one: FakeInstance;

beforeAll(async () => {
  proxy = await proxyRig();
  one = await fakeInstance('v1');
  await proxy.driver.apply([route(app, [[one, 'ready']]), route('empty', [])]);
});

afterAll(async () => {
  await proxy.stop();
  await one.kill();
});

describe('the host', () => {
  it('is matched whole, in any case, with a port and a final dot', async () => {
    for (const spelling of [host, `${host}:8080`, `${host}.`, host.toUpperCase(), `${host}.:80`])
      expect((await get(proxy.port, spelling)).body, spelling).toBe('v1');
    for (const other of [`x.${host}`, `x${host}`, `${app}.test.example`, 'test', 'b1', 'control'])
      expect((await get(proxy.port, other)).status, other).toBe(404);
  });

  it('that nobody has gets a 404 that says so, as text or as a page, with nothing of the request unescaped', async () => {
    const plain = await get(proxy.port, 'nobody.test');
    expect(plain).toMatchObject({ status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' } });
    expect(plain.body).toContain('No app on this server answers at nobody.test.');
    const page = await get(proxy.port, 'nobody.test', '/', { headers: { accept: 'text/html,*/*' } });
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).toContain('<p>No app on this server answers at nobody.test.');
    const evil = await raw(proxy.port, 'GET / HTTP/1.0\r\nHost: <script>x\r\nAccept: text/html\r\n\r\n');
    expect(evil).not.toContain('<script>');
  });

  it('of an app with no server gets a 503 that names the app and the next step', async () => {
    const plain = await get(proxy.port, 'empty.test');
    expect(plain.status).toBe(503);
    expect(plain.body).toContain('The app name-empty has no running instance.');
    expect(plain.body).toContain('landfall logs name-empty');
    const page = await get(proxy.port, 'empty.test', '/', { headers: { accept: 'text/html' } });
    expect(page.status).toBe(503);
    expect(page.body).toContain('<h1>name-empty is not running</h1>');
  });

  it('of an app whose server does not listen gets a page that names it too', async () => {
    const dead = await fakeInstance('v1');
    await dead.kill();
    await proxy.driver.apply([
      route(app, [[one, 'ready']]),
      route('empty', []),
      route('dead', [[dead, 'ready']]),
    ]);
    const { status, body } = await get(proxy.port, 'dead.test');
    expect(status).toBe(503);
    expect(body).toContain('name-dead did not answer');
  });
});

describe('headers', () => {
  it('that only the proxy may set are its own, whatever the client sent and however it spelled it', async () => {
    const forged = [
      'X-Forwarded-For',
      'X-Forwarded-Proto',
      'X-Forwarded-Host',
      'X-Forwarded-Port',
      'X-Forwarded-Prefix',
      'X-Real-IP',
      'X-Request-Id',
      'X-Request-Start',
      'Forwarded',
      'Proxy',
      'X_Forwarded_For',
      'X-Forwarded_For',
      'X_Request_Id',
    ];
    const { body } = await get(proxy.port, `${host}:99`, '/headers', {
      headers: {
        ...Object.fromEntries(forged.map((name) => [name, 'forged'])),
        'X-Requested-With': 'kept',
      },
    });
    expect(body).not.toContain('forged');
    const seen = JSON.parse(body);
    expect(seen).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': `${host}:99`,
      'x-forwarded-port': String(proxy.port),
      'x-requested-with': 'kept',
    });
    expect(seen['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    const began = Number(seen['x-request-start'].slice(2)) / 1000;
    expect(Math.abs(began - Date.now())).toBeLessThan(10_000);
  });
});

describe('bodies', () => {
  it('of 50 MB arrive whole', async () => {
    const body = randomBytes(50 * 1024 * 1024);
    const answer = await get(proxy.port, host, '/', { method: 'POST', body });
    expect(answer.body).toBe(createHash('sha1').update(body).digest('hex'));
  });

  it('that come in pieces are passed on at once, through a silence of 5 s', async () => {
    const times: number[] = [];
    const start = performance.now();
    await new Promise<void>((resolve, reject) => {
      request(
        { host: '127.0.0.1', port: proxy.port, path: '/events?silent=5000', headers: { host } },
        (res) => {
          res.on('data', () => times.push(performance.now() - start));
          res.on('end', resolve);
        },
      )
        .on('error', reject)
        .end();
    });
    expect(times[0]).toBeLessThan(1000);
    expect(times[1]).toBeGreaterThan(4900);
  });
});

describe('the server itself', () => {
  let running: Server | null = null;
  const listen = async (server: Server): Promise<void> => {
    running = server;
    await new Promise<void>((resolve) => server.listen(join(proxy.home, 'run/http.sock'), resolve));
    chmodSync(join(proxy.home, 'run/http.sock'), 0o666);
  };

  afterEach(async () => {
    running?.closeAllConnections();
    await new Promise((resolve) => running?.close(resolve));
  });

  it('answers at landfall.<domain> by its socket; while it restarts, requests wait', async () => {
    const early = get(proxy.port, 'landfall.test');
    await delay(300);
    const server = createServer((req, res) => res.end(`control ${req.headers.host}`));
    await listen(server);
    expect((await early).body).toBe('control landfall.test');
    expect((await get(proxy.port, 'LANDFALL.test:80')).body).toBe('control LANDFALL.test:80');
  });

  it('streams both ways at once and hears soon that the client has gone', async () => {
    let gone = 0;
    let heard = '';
    const server = createServer((req, res) => {
      res.flushHeaders();
      req.on('data', (text) => {
        heard += text;
        res.write(`progress ${text}`);
      });
      res.on('close', () => {
        gone = performance.now();
      });
    });
    await listen(server);
    const seen: string[] = [];
    const req = request(
      { host: '127.0.0.1', port: proxy.port, method: 'POST', headers: { host: 'landfall.test' } },
      (res) => res.on('data', (text) => seen.push(String(text))).on('error', () => {}),
    );
    req.on('error', () => {});
    req.write('one');
    await until(() => heard === 'one' && seen.join('') === 'progress one');
    req.write('two');
    await until(() => seen.join('') === 'progress oneprogress two');
    const left = performance.now();
    req.destroy();
    await until(() => gone > 0);
    expect(gone - left).toBeLessThan(1000);
  });
});
