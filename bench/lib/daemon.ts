import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '../../test/support/world.ts';

const run = promisify(execFile);

/** A second Docker daemon, with folders of its own, to be killed. Its bridges need a network namespace of their own. */
export class Daemon {
  readonly folder = mkdtempSync(join(tmpdir(), 'lfd-'));
  #containerd: ChildProcess | null = null;
  #dockerd: ChildProcess | null = null;

  get socket(): string {
    return join(this.folder, 'docker.sock');
  }

  async start(): Promise<void> {
    const at = (name: string): string => join(this.folder, name);
    // What a kill -9 leaves of the pid file would stop the next one.
    rmSync(at('pid'), { force: true });
    this.#containerd ??= await this.#run(
      'containerd',
      ['--config', this.#configure()],
      at('containerd.sock'),
    );
    const folders = ['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid')];
    const sockets = ['-H', `unix://${this.socket}`, '--containerd', at('containerd.sock')];
    this.#dockerd = await this.#run('dockerd', [...sockets, ...folders], this.socket, answers);
  }

  /** As the distributions have it, containerd is a service of its own, and survives dockerd. */
  #configure(): string {
    const path = join(this.folder, 'containerd.toml');
    const folder = (name: string): string => JSON.stringify(join(this.folder, name));
    writeFileSync(
      path,
      `version = 2
root = ${folder('containerd')}
state = ${folder('containerd-state')}
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = ${folder('containerd.sock')}
`,
    );
    return path;
  }

  async #run(
    file: string,
    args: string[],
    socket: string,
    ready: (socket: string) => Promise<boolean> = async (path) => existsSync(path),
  ): Promise<ChildProcess> {
    const log = join(this.folder, `${file}.log`);
    const out = openSync(log, 'a');
    const child = spawn(file, args, { stdio: ['ignore', out, out], env: { PATH: process.env.PATH ?? '' } });
    await until(async () => {
      if (child.exitCode !== null)
        throw new Error(`${file} ended: ${readFileSync(log, 'utf8').slice(-1000)}`);
      return await ready(socket);
    }, `the second ${file}`);
    return child;
  }

  /** kill -9, of dockerd alone: its containers are on their own. */
  async kill(): Promise<void> {
    await end(this.#dockerd, 'SIGKILL');
  }

  /** Copies images from the usual daemon. */
  async take(images: readonly string[]): Promise<void> {
    const save = spawn('docker', ['save', ...images], { stdio: ['ignore', 'pipe', 'inherit'] });
    const load = spawn('docker', ['-H', `unix://${this.socket}`, 'load', '-q'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    save.stdout.pipe(load.stdin);
    const code = await new Promise((resolve) => load.once('close', resolve));
    if (code !== 0) throw new Error('the images could not be copied');
  }

  /** Ends it properly, so that no mount and no container is left, and removes its folders. */
  async stop(): Promise<void> {
    await end(this.#dockerd, 'SIGTERM');
    await end(this.#containerd, 'SIGTERM');
    await run('rm', ['-rf', '--one-file-system', this.folder]).catch(() => {});
  }
}

async function end(child: ChildProcess | null, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => end(false));
    socket.on('data', (text) => end(/^HTTP\/1\.\d 200/.test(String(text))));
    socket.on('error', () => end(false));
    socket.on('connect', () => socket.write('GET /_ping HTTP/1.0\r\n\r\n'));
  });
}
