import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Answer {
  status: number;
  body: string;
}

export interface Ran {
  code: number;
  out: string;
  err: string;
}

/**
 * A whole Landfall of a test's own: the server as a process on this machine's Node, a real HAProxy, the real Docker, with an
 * instance name, a home, a port and a subnet that no other has. `stop` leaves nothing behind.
 */
export class World {
  readonly home = mkdtempSync(join(tmpdir(), 'lfw-'));
  readonly instance = `lfw${randomBytes(3).toString('hex')}`;
  readonly subnet = `10.${randomInt(100, 199)}.${randomInt(0, 15) * 16}.0/20`;
  readonly port: number;
  readonly #extra: Record<string, string>;
  #server: ChildProcess | null = null;
  #proxy: ChildProcess | null = null;

  private constructor(port: number, extra: Record<string, string>) {
    this.port = port;
    this.#extra = extra;
  }

  /** `extra`: further settings, LANDFALL_…. */
  static async start(extra: Record<string, string> = {}): Promise<World> {
    const world = new World(await freePort(), extra);
    await world.startServer();
    await world.startProxy();
    await until(
      async () => (await world.get('landfall.localhost', '/healthz')).status === 200,
      'the server behind its proxy',
    );
    return world;
  }

  get token(): string {
    return readFileSync(join(this.home, 'token'), 'utf8').trim();
  }

  get serverPid(): number {
    return this.#server?.pid ?? 0;
  }

  get socket(): string {
    return join(this.home, 'run/landfall.sock');
  }

  /** What the server has printed. */
  get log(): string {
    return readFileSync(join(this.home, 'server.log'), 'utf8');
  }

  /** Starts the server (again); `more` overrides settings for this run. */
  async startServer(more: Record<string, string> = {}): Promise<void> {
    const log = openSync(join(this.home, 'server.log'), 'a');
    const server = spawn(
      process.execPath,
      ['--max-semi-space-size=2', '--expose-gc', join(root, 'src/main.ts')],
      {
        stdio: ['ignore', log, log],
        env: {
          PATH: process.env.PATH ?? '',
          LANDFALL_HOME: this.home,
          LANDFALL_INSTANCE: this.instance,
          LANDFALL_HTTP_PORT: String(this.port),
          LANDFALL_SUBNET: this.subnet,
          LANDFALL_BASES: 'local',
          ...this.#extra,
          ...more,
        },
      },
    );
    this.#server = server;
    await until(async () => {
      if (server.exitCode !== null || server.signalCode !== null)
        throw new Error(`the server ended: ${this.log.slice(-2000)}`);
      return (
        existsSync(this.socket) &&
        (await this.local('GET', '/healthz')
          .then((one) => one.status === 200)
          .catch(() => false))
      );
    }, 'the server');
  }

  /** kill -9, and waits until it is gone. */
  async killServer(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    await end(this.#server, signal);
  }

  /** Resolves when the server has ended by itself. */
  async serverEnded(): Promise<void> {
    await until(
      () => this.#server === null || this.#server.exitCode !== null || this.#server.signalCode !== null,
      'the end of the server',
    );
  }

  async startProxy(): Promise<void> {
    const config = join(this.home, 'proxy/haproxy.cfg');
    const log = openSync(join(this.home, 'proxy.log'), 'a');
    this.#proxy = spawn(
      '/usr/sbin/haproxy',
      ['-W', '-S', join(this.home, 'proxy/run/master.sock'), '-f', config],
      {
        stdio: ['ignore', log, log],
        env: {},
        detached: true,
      },
    );
    await until(() => accepts(join(this.home, 'proxy/run/haproxy.sock')), 'the proxy');
  }

  /** kill -9 of the proxy's master and workers. */
  async killProxy(): Promise<void> {
    const proxy = this.#proxy;
    if (!proxy?.pid || proxy.exitCode !== null || proxy.signalCode !== null) return;
    const gone = new Promise((resolve) => proxy.once('exit', resolve));
    process.kill(-proxy.pid, 'SIGKILL');
    await gone;
  }

  /** A reload as somebody at the machine would do it: the running workers finish, new ones take over. */
  async reloadProxy(): Promise<void> {
    const workers = async (): Promise<string> =>
      (await run('pgrep', ['-P', String(this.#proxy?.pid)])).stdout.trim();
    const before = await workers();
    this.#proxy?.kill('SIGUSR2');
    await until(async () => (await workers()) !== before, 'a new worker');
  }

  /** A repository with these files, its first commit, and the remote `production`. */
  async repository(app: string, files: Record<string, string>): Promise<Repository> {
    const repository = new Repository(this, app, mkdtempSync(join(this.home, 'work-')));
    await repository.git('init', '-q', '-b', 'main');
    await repository.git('remote', 'add', 'production', `http://landfall.localhost:${this.port}/${app}.git`);
    await repository.commit(files);
    return repository;
  }

  /** Through the proxy. */
  get(host: string, path = '/', headers: Record<string, string> = {}): Promise<Answer> {
    return ask({ host: '127.0.0.1', port: this.port, path, headers: { host, ...headers } });
  }

  /** The API, with a token. */
  api(method: string, path: string, token = this.token): Promise<Answer> {
    const authorization = `Basic ${Buffer.from(`x:${token}`).toString('base64')}`;
    return ask({
      host: '127.0.0.1',
      port: this.port,
      method,
      path: `/api/v1${path}`,
      headers: { host: 'landfall.localhost', authorization },
    });
  }

  local(method: string, path: string, body?: string): Promise<Answer> {
    const headers = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
    return ask({ socketPath: this.socket, method, path, headers }, body);
  }

  /** `landfall ARGS` on the server. */
  async landfall(...args: string[]): Promise<Ran> {
    const form = new URLSearchParams(args.map((arg) => ['arg', arg])).toString();
    const { body } = await this.local('POST', '/cli', form);
    const lines = body.split('\n');
    const pick = (mark: string): string =>
      lines.flatMap((line) => (line.startsWith(mark) ? [line.slice(1)] : [])).join('\n');
    return { code: Number(pick('x')), out: pick('1'), err: pick('2') };
  }

  /** The same with --json, parsed. */
  async json<T = unknown>(...args: string[]): Promise<T> {
    const { out } = await this.landfall(...args, '--json');
    return JSON.parse(out) as T;
  }

  /** Deploys of an app, newest first. */
  deploys(app: string): Promise<
    {
      id: number;
      state: string;
      kind: string;
      release: number | null;
      failure: { code: string; message: string; hint: string } | null;
    }[]
  > {
    return this.json('deploys', app);
  }

  /** Names of this world's containers that run an app. */
  async containers(): Promise<string[]> {
    const { stdout } = await run('docker', [
      'ps',
      '-a',
      '--filter',
      `label=landfall.instance=${this.instance}`,
      '--format',
      '{{.Names}}',
    ]);
    return stdout
      .split('\n')
      .filter((name) => name !== '')
      .sort();
  }

  async stop(): Promise<void> {
    await end(this.#server, 'SIGKILL');
    await this.killProxy();
    await this.#remove(['ps', '-aq'], ['rm', '-f']);
    await this.#remove(['network', 'ls', '-q'], ['network', 'rm']);
    await this.#remove(['image', 'ls', '-q'], ['image', 'rm', '-f']);
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  async #remove(list: string[], remove: string[]): Promise<void> {
    const { stdout } = await run('docker', [...list, '--filter', `label=landfall.instance=${this.instance}`]);
    const ids = [...new Set(stdout.split('\n').filter((id) => id !== ''))];
    if (ids.length > 0) await run('docker', [...remove, ...ids]).catch(() => {});
  }
}

/** A person's clone. */
export class Repository {
  readonly world: World;
  readonly app: string;
  readonly folder: string;

  constructor(world: World, app: string, folder: string) {
    this.world = world;
    this.app = app;
    this.folder = folder;
  }

  async git(...args: string[]): Promise<string> {
    const { stdout } = await run('git', args, { cwd: this.folder, env: this.#env() });
    return stdout.trim();
  }

  /** Writes the files (null removes one) and commits; returns the commit. */
  async commit(files: Record<string, string | null>, message = 'change'): Promise<string> {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.folder, name);
      mkdirSync(dirname(path), { recursive: true });
      if (text === null) rmSync(path, { force: true });
      else writeFileSync(path, text);
    }
    await this.git('add', '-A');
    await this.git('commit', '-q', '--allow-empty', '-m', message);
    return await this.git('rev-parse', 'HEAD');
  }

  /** A push that is under way: `ran` resolves with its end, whatever that is. */
  startPush(...args: string[]): { child: ChildProcess; ran: Promise<Ran> } {
    const child = spawn('git', ['push', ...(args.length > 0 ? args : ['production', 'main'])], {
      cwd: this.folder,
      env: this.#env(),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err]: string[][] = [[], []];
    child.stdout?.on('data', (chunk) => out?.push(String(chunk)));
    child.stderr?.on('data', (chunk) => err?.push(String(chunk)));
    const ran = new Promise<Ran>((resolve) => {
      child.on('close', (code) =>
        resolve({ code: code ?? -1, out: out?.join('') ?? '', err: err?.join('') ?? '' }),
      );
    });
    return { child, ran };
  }

  push(...args: string[]): Promise<Ran> {
    return this.startPush(...args).ran;
  }

  /** Pushes, and throws with git's words when it is refused. */
  async mustPush(): Promise<Ran> {
    const ran = await this.push();
    if (ran.code !== 0) throw new Error(`the push was refused:\n${ran.err}\n${this.world.log.slice(-2000)}`);
    return ran;
  }

  #env(): Record<string, string> {
    return {
      PATH: process.env.PATH ?? '',
      HOME: this.world.home,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@example.com',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@example.com',
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'http.curloptResolve',
      GIT_CONFIG_VALUE_0: `landfall.localhost:${this.world.port}:127.0.0.1`,
      GIT_CONFIG_KEY_1: 'http.extraHeader',
      GIT_CONFIG_VALUE_1: `Authorization: Basic ${Buffer.from(`x:${this.world.token}`).toString('base64')}`,
    };
  }
}

/** A small Node app without dependencies: answers `text` and its release. */
export function nodeApp(text: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    'package.json': JSON.stringify({
      name: 'app',
      private: true,
      scripts: { start: 'node server.js' },
      engines: { node: '24' },
    }),
    'server.js': `import('node:http').then(({ createServer }) => {
  const server = createServer((request, response) => response.end(${JSON.stringify(text)} + ' ' + process.env.LANDFALL_RELEASE));
  server.listen(process.env.PORT);
  process.on('SIGTERM', () => server.close(() => process.exit(0)));
});
`,
    ...more,
  };
}

/** Waits for a condition; throws when it has not come after a minute. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = 'the condition',
  ms = 60_000,
): Promise<void> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what}: not after ${ms} ms`);
    await delay(25);
  }
}

function ask(options: RequestOptions, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request({ agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
      response.on('error', reject);
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

/** Somebody listens on this Unix socket. */
function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', () => end(true));
    socket.on('error', () => end(false));
  });
}

async function end(child: ChildProcess | null, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
