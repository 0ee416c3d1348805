import { readFile, statfs } from 'node:fs/promises';
import { Agent } from 'node:http';
import Docker from 'dockerode';
import { UserError } from '../errors.ts';
import type { AppId, Group, Instance } from '../types.ts';
import { type Details, parseInfo } from './answers.ts';
import { Api } from './api.ts';
import { type Host, openFilesLimit } from './confine.ts';
import { Containers, isUp, type Present } from './containers.ts';
import type { Engine, EngineEvent, InstanceSpec, LogLine } from './engine.ts';
import { engineEvents } from './events.ts';
import { Jobs } from './jobs.ts';
import { identityOf, networkName } from './labels.ts';
import { type Listener, parseListeners } from './listeners.ts';
import { type LogOptions, Logs } from './logs.ts';
import { Networks } from './networks.ts';
import { all, Scaler } from './scaler.ts';

export interface DockerOptions {
  socketPath?: string;
  /** Prefix and label of every Docker object. */
  instance: string;
  /** Where the apps' networks are cut from: 10.201.0.0/16. */
  subnet: string;
  docker?: Docker;
  /** An image with `cat`, for a look into an instance's network when this server is itself in a container. */
  helperImage?: string;
  /** False: never looks at the instances' processes in /proc, as if this server were in a container of its own. */
  seesProcesses?: boolean;
  /** A folder on the host's disk, for `disk()` when Docker's own is not visible. */
  home?: string;
}

const peekDeadlineMs = 15_000;

/** One Docker Engine, 20.10 or newer, with plain containers. */
export class DockerEngine implements Engine {
  readonly #api: Api;
  readonly #options: DockerOptions;
  readonly #rootDir: string;
  readonly #containers: Containers;
  readonly #networks: Networks;
  readonly #scaler: Scaler;
  readonly #jobs: Jobs;
  readonly #logs: Logs;
  /** What inspect said of running containers, by id and endpoint: it stays true for that life. */
  readonly #lives = new Map<string, Details>();

  private constructor(api: Api, options: DockerOptions, rootDir: string, host: Host) {
    const { instance } = options;
    this.#api = api;
    this.#options = options;
    this.#rootDir = rootDir;
    this.#containers = new Containers(api, instance);
    this.#networks = new Networks(api, instance, options.subnet);
    this.#scaler = new Scaler({
      containers: this.#containers,
      networks: this.#networks,
      instance,
      host,
    });
    this.#jobs = new Jobs({ api, containers: this.#containers, scaler: this.#scaler, instance });
    this.#logs = new Logs(api, this.#containers);
  }

  /** Agrees on an API version once. UserError `engine-down` when the daemon does not answer or is too old. */
  static async connect(options: DockerOptions): Promise<DockerEngine> {
    const docker = options.docker ?? dockerAt(options.socketPath ?? '/var/run/docker.sock');
    const api = await Api.connect(docker);
    const info = parseInfo(await api.ask({ what: 'ask about the host', method: 'GET', path: '/info' }));
    const openFiles = openFilesLimit(await readFile('/proc/self/limits', 'utf8').catch(() => ''));
    return new DockerEngine(api, options, info.DockerRootDir, { cores: info.NCPU, openFiles });
  }

  async scale(group: Group, spec: InstanceSpec, count: number): Promise<void> {
    await this.#scaler.scale(group, spec, count);
  }

  async remove(instances: readonly Instance[], stopSeconds: number): Promise<void> {
    await all(instances.map(({ id, state }) => this.#scaler.remove(id, isUp(state), stopSeconds)));
  }

  async run(
    group: Group,
    spec: InstanceSpec,
    log: (line: string) => void,
    signal: AbortSignal,
  ): Promise<number> {
    return await this.#jobs.run(group, spec, log, signal);
  }

  async sweep(): Promise<void> {
    await this.#jobs.sweep();
  }

  async instances(appId?: AppId): Promise<Instance[]> {
    const present = await this.#containers.list({ appId, role: 'app' });
    const instances = await Promise.all(present.map((one) => this.#observe(one)));
    if (!appId) this.#forgetLives(present);
    return instances.filter((instance) => instance !== null);
  }

  /** Inspects what the list does not say, once for each life of a running container. */
  async #observe(present: Present): Promise<Instance | null> {
    const life = `${present.id} ${present.endpoint}`;
    const running = present.state === 'running' && present.endpoint !== '';
    const known = running ? this.#lives.get(life) : undefined;
    const details = known ?? (await this.#containers.inspect(present.id));
    if (!details) return null;
    const endpoint = Object.values(details.NetworkSettings.Networks ?? {})[0]?.EndpointID;
    if (details.State.Status === 'running' && endpoint) this.#lives.set(`${present.id} ${endpoint}`, details);
    return toInstance(this.#options.instance, details);
  }

  #forgetLife(id: string): void {
    for (const life of this.#lives.keys()) if (life.startsWith(`${id} `)) this.#lives.delete(life);
  }

  #forgetLives(present: readonly Present[]): void {
    const alive = new Set(present.map(({ id, endpoint }) => `${id} ${endpoint}`));
    for (const life of this.#lives.keys()) if (!alive.has(life)) this.#lives.delete(life);
  }

  logs(instances: readonly Instance[], options: LogOptions): AsyncIterable<LogLine> {
    return this.#logs.read(instances, options);
  }

  events(signal: AbortSignal): AsyncIterable<EngineEvent> {
    // Docker's list goes on showing an instance that died as running until its network is taken down: what was known of
    // it is asked again, and inspect tells the truth.
    return engineEvents(this.#api, this.#options.instance, signal, (id) => this.#forgetLife(id));
  }

  async listeners(instance: Instance): Promise<Listener[]> {
    const details = await this.#containers.inspect(instance.id);
    if (details?.State.Status !== 'running') return [];
    const seen = this.#options.seesProcesses === false ? null : await readTables(details);
    const tables = seen ?? (await this.#peek(instance, details));
    return parseListeners(tables);
  }

  /** From a container of this server, the instance's processes cannot be seen: a helper in its network looks. */
  async #peek(instance: Instance, details: Details): Promise<string> {
    const images = [this.#options.helperImage ?? 'landfall-base/debian:trixie', details.Image];
    for (const image of images) {
      const signal = AbortSignal.timeout(peekDeadlineMs);
      try {
        return await this.#jobs.peek(instance.group, instance.id, image, ['cat', ...tcpTables], signal);
      } catch (error) {
        // No such image, no `cat` in it: the next one. The instance ended meanwhile: nothing listens.
        if (error instanceof UserError) throw error;
      }
    }
    return '';
  }

  async forget(appId: AppId): Promise<void> {
    await this.#networks.remove(appId);
  }

  async ping(): Promise<{ version: string; apiVersion: string }> {
    return await this.#api.version();
  }

  async disk(): Promise<{ freeBytes: number; totalBytes: number }> {
    const stats = await statfs(this.#rootDir).catch((error) => {
      if (!this.#options.home) throw error;
      return statfs(this.#options.home);
    });
    return { freeBytes: stats.bavail * stats.bsize, totalBytes: stats.blocks * stats.bsize };
  }
}

/** A connection per call: one that is kept may lead to a daemon that has been restarted since. */
function dockerAt(socketPath: string): Docker {
  const options = { socketPath, agent: new Agent({ keepAlive: false }) };
  return new Docker(options);
}

const tcpTables = ['/proc/net/tcp', '/proc/net/tcp6'];

/** Null when the process is not to be seen from here, or its number belongs to another one here. */
async function readTables(details: Details): Promise<string | null> {
  const proc = `/proc/${details.State.Pid}`;
  try {
    if (!(await readFile(`${proc}/cgroup`, 'utf8')).includes(details.Id)) return null;
    const tables = tcpTables.map((table) => readFile(table.replace('/proc', proc), 'utf8').catch(() => ''));
    return (await Promise.all(tables)).join('\n');
  } catch {
    return null;
  }
}

/** Null for what is not an instance of this server. */
function toInstance(server: string, details: Details): Instance | null {
  const identity = identityOf(server, details.Config.Labels);
  if (identity?.role !== 'app') return null;
  const { State: state } = details;
  const host = details.NetworkSettings.Networks?.[networkName(server, identity.group.appId)]?.IPAddress;
  const running = state.Status === 'running' || state.Status === 'paused';
  const ended = !running && state.Status !== 'created';
  return {
    id: details.Id,
    group: identity.group,
    index: identity.index,
    state: running ? 'running' : stateOf(state.Status),
    dial: running && host ? { host, port: identity.port } : null,
    exitCode: ended ? state.ExitCode : null,
    outOfMemory: state.OOMKilled,
    startedAt: state.StartedAt.startsWith('0001-') ? null : state.StartedAt,
    restarts: details.RestartCount,
  };
}

function stateOf(status: string): Instance['state'] {
  return status === 'created' || status === 'restarting' ? status : 'exited';
}
