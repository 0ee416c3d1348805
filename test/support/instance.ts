import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const bin = join(import.meta.dirname, '../../bin');

/** A whole Landfall of its own, made by bin/up as a user makes it: own home, ports, subnet and Docker names. */
export interface TestInstance {
  /** Where the app `hello` answers, when it was asked for. */
  url: string;
  /** For a new app, with `<app>` for its name. */
  remote: string;
  /** All rights. */
  token: string;
  api: string;
  home: string;
  socket: string;
  /** Prefix and label of its Docker objects. */
  instance: string;
  httpPort: number;
  /** The environment that bin/up, bin/down and bin/landfall need. */
  env: NodeJS.ProcessEnv;
  /** bin/up once more; the parsed line. Throws with what it printed when it fails. */
  up(...args: string[]): Promise<Record<string, string>>;
  /** bin/landfall on this server. */
  landfall(...args: string[]): Promise<Output>;
  /** Commits these files in a new repository and pushes it to `main` of the app, by a real git. */
  push(app: string, files: Record<string, string>): Promise<Output>;
  /** A request through the public port: to `<host>.localhost`. */
  get(host: string, path?: string, headers?: Record<string, string>): Promise<Answer>;
  /** Stops it and removes everything but the base images. */
  stop(): Promise<void>;
}

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

/** Runs bin/up for an instance `lftest-<name>-<random>`. `hello`: with the example app. Allow minutes: the first one of a
 * machine makes the base images. */
export async function startInstance(options: {
  name: string;
  hello?: boolean;
  env?: Record<string, string>;
}): Promise<TestInstance> {
  const [httpPort, httpsPort, sshPort] = await freePorts(3);
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    LANDFALL_HOME: mkdtempSync(join(tmpdir(), 'lftest-')),
    LANDFALL_INSTANCE: `lftest-${options.name}-${randomBytes(3).toString('hex')}`,
    LANDFALL_HTTP_PORT: String(httpPort),
    LANDFALL_HTTPS_PORT: String(httpsPort),
    LANDFALL_SSH_PORT: String(sshPort),
    LANDFALL_SUBNET: `10.${randomInt(210, 250)}.0.0/16`,
    ...options.env,
  };
  const up = async (...args: string[]): Promise<Record<string, string>> => {
    const { code, stdout, stderr } = await run(join(bin, 'up'), ['--json', ...args], env);
    if (code !== 0) throw new Error(`bin/up failed (${code})\n${stderr}\n${stdout}`);
    return JSON.parse(stdout);
  };
  const home = String(env.LANDFALL_HOME);
  const stop = async (): Promise<void> => {
    if (!existsSync(join(home, 'settings.json'))) return rmSync(home, { recursive: true, force: true });
    const { code, stderr } = await run(join(bin, 'down'), ['--purge', '--keep-bases'], env);
    if (code !== 0) throw new Error(`bin/down failed (${code})\n${stderr}`);
  };
  const first = options.hello ? [] : ['--no-hello'];
  const line = await up(...first).catch(async (error) => {
    await stop().catch(() => {});
    throw error;
  });
  const field = (name: string): string => line[name] ?? '';
  const readToken = (): string => readFileSync(field('tokenFile'), 'utf8').trim();
  return {
    url: field('url'),
    remote: field('remote'),
    token: readToken(),
    api: field('api'),
    home: field('home'),
    socket: field('socket'),
    instance: field('instance'),
    httpPort: Number(env.LANDFALL_HTTP_PORT),
    env,
    up: (...args) => up(...first, ...args),
    landfall: (...args) => run(join(bin, 'landfall'), args, env),
    push: (app, files) => push(field('remote').replace('<app>', app), readToken(), files),
    get: (host, path = '/', headers = {}) =>
      get(Number(env.LANDFALL_HTTP_PORT), `${host}.localhost`, path, headers),
    stop,
  };
}

async function push(remote: string, token: string, files: Record<string, string>): Promise<Output> {
  const folder = mkdtempSync(join(tmpdir(), 'lftest-'));
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: '3',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`test:${token}`).toString('base64')}`,
    GIT_CONFIG_KEY_1: 'user.name',
    GIT_CONFIG_VALUE_1: 'Test',
    GIT_CONFIG_KEY_2: 'user.email',
    GIT_CONFIG_VALUE_2: 'test@landfall.invalid',
  };
  const git = (...args: string[]) => run('git', ['-C', join(folder, 'app'), ...args], env);
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, 'app', name)), { recursive: true });
      writeFileSync(join(folder, 'app', name), text);
    }
    for (const args of [
      ['init', '-qb', 'main'],
      ['add', '-A'],
      ['commit', '-qm', 'Test'],
    ])
      await git(...args);
    return await git('push', remote, 'main');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a program to its end, whatever its exit code; no standard input. */
export function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

function get(port: number, host: string, path: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path, headers: { host: `${host}:${port}`, ...headers }, agent: false },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text) => {
          body += text;
        });
        response.once('error', reject);
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    sent.once('error', reject);
    sent.end();
  });
}

/** Ports that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
