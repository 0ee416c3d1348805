import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { HaproxyProxy } from '../../src/proxy/haproxy.ts';
import type { Route, RouteServer } from '../../src/proxy/routes.ts';

/** A real HAProxy of this machine, in a home of its own on a free loopback port, with its driver. */
export interface ProxyRig {
  home: string;
  port: number;
  driver: HaproxyProxy;
  lines: string[];
  /** A second driver, as after a restart of the server. */
  newDriver(changed?: { httpPort?: number; domain?: string }): HaproxyProxy;
  start(): Promise<void>;
  /** kill -9 of master and workers. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/** The same scenarios with the proxy's image (another version of HAProxy): LANDFALL_TEST_PROXY_IMAGE=name:tag. */
const image = process.env.LANDFALL_TEST_PROXY_IMAGE;

function direct(home: string): string[] {
  return ['-W', '-S', join(home, 'proxy/run/master.sock'), '-f', join(home, 'proxy/haproxy.cfg')];
}

function container(home: string): string {
  return basename(home).toLowerCase();
}

function dockerRun(home: string, name: string): string[] {
  const folders = ['proxy', 'run'].flatMap((folder) => ['--volume', `${home}/${folder}:${home}/${folder}`]);
  const rights = ['NET_BIND_SERVICE', 'SETUID', 'SETGID', 'KILL', 'DAC_OVERRIDE', 'CHOWN', 'FOWNER'];
  return [
    ...[
      'run',
      '--rm',
      '--name',
      container(home),
      '--network',
      'host',
      '--env',
      `LANDFALL_HOME=${home}`,
      ...folders,
    ],
    ...['--cap-drop', 'ALL', ...rights.flatMap((right) => ['--cap-add', right])],
    ...['--security-opt', 'no-new-privileges', '--read-only', name],
  ];
}

export async function proxyRig(options: { started?: boolean } = {}): Promise<ProxyRig> {
  const home = mkdtempSync(join(tmpdir(), 'lfp-'));
  mkdirSync(join(home, 'run'));
  const port = await freePort();
  const lines: string[] = [];
  let child: ChildProcess | null = null;
  const drivers: HaproxyProxy[] = [];
  const newDriver: ProxyRig['newDriver'] = (changed = {}) => {
    const driver = new HaproxyProxy({
      home,
      domain: 'test',
      httpPort: port,
      httpsPort: 443,
      log: (m) => lines.push(m),
      ...changed,
    });
    drivers.push(driver);
    return driver;
  };
  const end = async (): Promise<void> => {
    const running = child;
    if (!running?.pid || running.exitCode !== null || running.signalCode !== null) return;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    if (image) spawnSync('docker', ['kill', container(home)]);
    // The group: master and workers.
    else process.kill(-running.pid, 'SIGKILL');
    await gone;
  };
  const rig: ProxyRig = {
    home,
    port,
    driver: newDriver(),
    lines,
    newDriver,
    start: async () => {
      const [file, args] = image ? ['docker', dockerRun(home, image)] : ['/usr/sbin/haproxy', direct(home)];
      child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: {}, detached: true });
      child.on('error', (error) =>
        lines.push(`${error.message}: install haproxy, or set LANDFALL_TEST_PROXY_IMAGE`),
      );
      child.stdout?.on('data', (d) => lines.push(String(d)));
      child.stderr?.on('data', (d) => lines.push(String(d)));
      await until(async () => {
        if (child?.exitCode != null || !child?.pid) throw new Error(`the proxy ended: ${lines.join('')}`);
        return await rig.driver.ping().then(
          () => true,
          () => false,
        );
      });
    },
    crash: end,
    stop: async () => {
      for (const driver of drivers) await driver.close();
      await end();
      rmSync(home, { recursive: true, force: true });
    },
  };
  await rig.driver.prepare();
  if (options.started !== false) await rig.start();
  return rig;
}

/** An instance of an app: answers its version, slowly or in pieces when asked, and speaks WebSocket. */
export interface FakeInstance {
  version: string;
  port: number;
  /** Requests begun and not ended. */
  open: number;
  seen: IncomingMessage[];
  server: Server;
  /** As SIGKILL does: every connection is reset. */
  kill(): Promise<void>;
}

export async function fakeInstance(version: string): Promise<FakeInstance> {
  const instance: FakeInstance = {
    version,
    port: 0,
    open: 0,
    seen: [],
    server: createServer((req, res) => {
      instance.open += 1;
      instance.seen.push(req);
      res.on('close', () => {
        instance.open -= 1;
      });
      void answer(version, req, res);
    }),
    kill: async () => {
      const closed = new Promise((resolve) => instance.server.close(resolve));
      instance.server.closeAllConnections();
      for (const client of sockets.clients) client.terminate();
      await closed;
    },
  };
  const sockets = new WebSocketServer({ server: instance.server });
  sockets.on('connection', (client) => client.on('message', (data) => client.send(`${version}:${data}`)));
  instance.server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => instance.server.listen(0, '127.0.0.1', resolve));
  const at = instance.server.address();
  instance.port = typeof at === 'object' && at ? at.port : 0;
  return instance;
}

async function answer(version: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? '/', 'http://app');
  res.setHeader('x-version', version);
  if (url.pathname === '/slow') {
    await delay(Number(url.searchParams.get('ms')));
    res.end(version);
  } else if (url.pathname === '/headers') {
    res.end(JSON.stringify(req.headers));
  } else if (url.pathname === '/events') {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write('data: first\n\n');
    await delay(Number(url.searchParams.get('silent')));
    res.end('data: last\n\n');
  } else if (req.method === 'POST') {
    const hash = createHash('sha1');
    for await (const chunk of req) hash.update(chunk);
    res.end(hash.digest('hex'));
  } else {
    res.end(version);
  }
}

export function route(appId: string, servers: readonly [FakeInstance, RouteServer['state']][]): Route {
  return {
    appId,
    name: `name-${appId}`,
    hosts: [`${appId}.test`],
    servers: servers.map(([{ version, port }, state]) => ({
      instance: version,
      dial: { host: '127.0.0.1', port },
      state,
    })),
  };
}

export interface Answer {
  status: number;
  body: string;
  headers: IncomingMessage['headers'];
}

export function get(
  port: number,
  host: string,
  path = '/',
  options: {
    headers?: Record<string, string>;
    method?: string;
    body?: Buffer;
    agent?: import('node:http').Agent;
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: options.method ?? 'GET',
        headers: { host, ...options.headers },
        ...(options.agent ? { agent: options.agent } : { agent: false as const }),
      },
      (res) => {
        let body = '';
        res.setEncoding('utf8');
        res.on('data', (text) => {
          body += text;
        });
        res.on('error', reject);
        res.on('end', () => resolve({ status: res.statusCode ?? 0, body, headers: res.headers }));
      },
    );
    req.on('error', reject);
    req.end(options.body);
  });
}

/** Waits for a condition, bounded. */
export async function until(condition: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not true within ${ms} ms: ${condition}`);
    await delay(5);
  }
}

export async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof at !== 'object' || !at) throw new Error('no port');
  return at.port;
}

/** Raw bytes to the proxy, for requests that node:http would not send. */
export async function raw(port: number, text: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.setEncoding('utf8');
  socket.write(text);
  let answer = '';
  for await (const part of socket) answer += part;
  return answer;
}
