import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { UserError } from '../../src/errors.ts';
import { gitRoutes, internalPushRoutes } from '../../src/git/http.ts';
import type { Pushes, PushRequest } from '../../src/git/pushes.ts';
import { Receiver, type ReceiverOptions } from '../../src/git/receive.ts';
import { Repositories } from '../../src/git/repositories.ts';
import type { Actor, App } from '../../src/types.ts';

export interface Ended {
  code: number | null;
  /** stdout and stderr as they came. */
  output: string;
  /** Milliseconds since the start at which each `remote:` line arrived. */
  arrivals: Map<string, number>;
}

type Decide = (request: PushRequest, log: (line: string) => void, signal: AbortSignal) => Promise<string[]>;

/** A deployer that does what the test says. `accept` keeps the objects and sets the head, as the real one does. */
export class FakePushes implements Pushes {
  /** Codes of what the door refused by itself. */
  readonly refusals: string[] = [];
  readonly apps = new Map<string, App>();
  readonly heads = new Map<string, string>();
  readonly seen: PushRequest[] = [];
  authentications = 0;
  decide: Decide = async (request) => {
    await this.accept(request);
    return [`shop ${request.commit.slice(0, 7)} is live`];
  };

  async accept({ app, commit, source }: PushRequest): Promise<void> {
    await source.keep();
    this.heads.set(app.id, commit);
  }

  authenticate(password: string | null): Actor | null {
    this.authentications++;
    if (password === 'all') return { name: 'all', appId: null, right: 'admin' };
    if (password === 'reader') return { name: 'reader', appId: null, right: 'read' };
    return null;
  }

  openApp(name: string, actor: Actor, purpose: 'read' | 'push'): App | null {
    if (!/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/.test(name))
      throw new UserError('bad-app-name', `${name} is no app name.`, 'Use lower-case letters.');
    const found = this.apps.get(name);
    if (found) return found;
    if (purpose === 'read' || actor.right === 'read') return null;
    const app: App = {
      id: `${name.replaceAll('-', '')}aaaaaaaaaa`.slice(0, 10),
      name,
      counts: {},
      createdAt: '2026-01-01T00:00:00Z',
    };
    this.apps.set(name, app);
    return app;
  }

  async push(request: PushRequest, log: (line: string) => void, signal: AbortSignal) {
    this.seen.push(request);
    return { lines: await this.decide(request, log, signal) };
  }

  refused(_app: App, _commit: string | null, _actor: Actor, error: UserError): void {
    this.refusals.push(error.code);
  }

  head(appId: string): string | null {
    return this.heads.get(appId) ?? null;
  }
}

/** A git door on a loopback port, its local socket, and folders to work in. */
export class GitWorld {
  readonly home: string;
  readonly pushes = new FakePushes();
  readonly repositories: Repositories;
  readonly receiver: Receiver;
  readonly messages: string[] = [];
  readonly server: FastifyInstance = fastify({ requestTimeout: 0 });
  readonly local: FastifyInstance = fastify();

  constructor(home: string, more: Partial<ReceiverOptions>) {
    this.home = home;
    this.repositories = new Repositories(home);
    this.receiver = new Receiver({
      pushes: this.pushes,
      repositories: this.repositories,
      hooks: resolve(import.meta.dirname, '../../hooks'),
      socket: join(home, 'landfall.sock'),
      log: (message, error) => this.messages.push(`${message} ${error ?? ''}`),
      ...more,
    });
  }

  static async start(more: Partial<ReceiverOptions> = {}, idleMs = 120_000): Promise<GitWorld> {
    const world = new GitWorld(await mkdtemp(join(tmpdir(), 'landfall-git-')), more);
    const { receiver } = world;
    await world.server.register(gitRoutes, { receiver, idleMs });
    await world.local.register(internalPushRoutes, { receiver });
    await world.server.listen({ host: '127.0.0.1', port: 0 });
    await world.local.listen({ path: join(world.home, 'landfall.sock') });
    return world;
  }

  async stop(): Promise<void> {
    await Promise.all([this.server.close(), this.local.close()]);
    await rm(this.home, { recursive: true, force: true });
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  url(app: string, password = 'all'): string {
    return `http://any:${password}@127.0.0.1:${this.port}/${app}.git`;
  }

  /** Processes on this machine that work in this world: git, hook, curl. */
  async processes(home = this.home): Promise<string[]> {
    const { output } = await this.run('ps', ['-eo', 'pid,args'], '/');
    return output.split('\n').filter((line) => line.includes(home) && line.includes('git'));
  }

  /** A working copy with one commit on main that holds these files. */
  async working(name: string, files: Record<string, string | Buffer> = { 'index.html': 'hello\n' }) {
    const path = join(this.home, name);
    await mkdir(path, { recursive: true });
    await this.git(path, 'init', '--quiet', '--initial-branch=main');
    await this.commit(path, files);
    return path;
  }

  /** Adds files and returns the new commit's id. */
  async commit(path: string, files: Record<string, string | Buffer>): Promise<string> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), content);
    }
    await this.git(path, 'add', '--all');
    await this.git(path, 'commit', '--quiet', '--allow-empty', '--message', 'work');
    return (await this.git(path, 'rev-parse', 'HEAD')).output.trim();
  }

  /** Runs git to its end; fails the test when git fails. */
  async git(cwd: string, ...args: string[]): Promise<Ended> {
    const ended = await this.try(cwd, ...args);
    if (ended.code !== 0) throw new Error(`git ${args.join(' ')}: ${ended.output}`);
    return ended;
  }

  /** Runs git to its end, whatever that is. */
  try(cwd: string, ...args: string[]): Promise<Ended> {
    return this.run('git', args, cwd);
  }

  run(file: string, args: readonly string[], cwd: string): Promise<Ended> {
    return collect(this.spawn(file, args, cwd));
  }

  /** In a process group of its own, as a terminal's foreground job is. */
  spawn(file: string, args: readonly string[], cwd: string): ChildProcess {
    return spawn(file, args, {
      cwd,
      env: clientEnvironment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Where the branch is in the server's repository; null: nowhere. */
  ref(app: string, ref = 'refs/heads/main'): Promise<string | null> {
    const found = this.pushes.apps.get(app);
    return found ? this.repositories.readRef(found.id, ref) : Promise.resolve(null);
  }
}

const clientEnvironment = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C.UTF-8',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};

export async function collect(child: ChildProcess): Promise<Ended> {
  let output = '';
  const arrivals = new Map<string, number>();
  const began = performance.now();
  const take = (chunk: Buffer) => {
    output += chunk.toString();
    for (const line of chunk.toString().split('\n')) arrivals.set(line.trim(), performance.now() - began);
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output, arrivals };
}

/** Resolves when the condition holds; the test's own time limit ends the wait. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A folder of hooks whose pre-receive is this text. */
export async function hookFolder(home: string, text: string): Promise<string> {
  const folder = await mkdtemp(join(home, 'hooks-'));
  await writeFile(join(folder, 'pre-receive'), text);
  chmodSync(join(folder, 'pre-receive'), 0o755);
  return folder;
}

/** Names in a folder; none when it is absent. */
export async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
