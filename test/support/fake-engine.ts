import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Engine, EngineEvent, InstanceSpec, LogLine } from '../../src/engine/engine.ts';
import { specHash } from '../../src/engine/labels.ts';
import { Queue } from '../../src/engine/queue.ts';
import { UserError } from '../../src/errors.ts';
import type { AppId, Group, Instance } from '../../src/types.ts';
import { type Behaviour, type JobBehaviour, nextAddress, now, serve } from './fake-behaviour.ts';

export type { Behaviour, JobBehaviour } from './fake-behaviour.ts';

export type Verb =
  | 'scale'
  | 'remove'
  | 'run'
  | 'sweep'
  | 'instances'
  | 'logs'
  | 'listeners'
  | 'forget'
  | 'ping'
  | 'disk';

/** The script of the test. Whatever is not given is an app that works. */
export interface FakeHooks {
  /** At each start of an instance, restarts included. */
  boot?: (group: Group, spec: InstanceSpec, index: number) => Behaviour;
  job?: (group: Group, spec: InstanceSpec) => JobBehaviour;
  /** Before each call: may wait, or throw in its place. */
  before?: (verb: Verb, group: Group | null) => void | Promise<void>;
}

interface FakeInstance {
  instance: Instance;
  spec: InstanceSpec;
  hash: string;
  host: string;
  server: Server | null;
  lines: LogLine[];
  listeners: { address: string; port: number }[];
}

let lastId = 0;

/**
 * An engine in memory, for tests of what decides above it: it passes the same contract tests as DockerEngine. It outlives the
 * server under test, as Docker does: make a new server with the same FakeEngine to play a restart.
 */
export class FakeEngine implements Engine {
  readonly hooks: FakeHooks;
  /** The calls, in order: "scale web 2", for assertions on what was asked. */
  readonly calls: string[] = [];
  readonly #instances = new Map<string, FakeInstance>();
  readonly #watchers = new Set<Queue<EngineEvent>>();
  readonly #readers = new Set<{ ids: Set<string>; queue: Queue<LogLine> }>();
  #down = false;
  free = 50e9;

  constructor(hooks: FakeHooks = {}) {
    this.hooks = hooks;
  }

  /** The daemon goes away: every call is `engine-down`, instances run on. `false`: it is back. */
  setDown(down: boolean): void {
    this.#down = down;
    if (!down) for (const watcher of this.#watchers) void watcher.push({ kind: 'reconnected' });
  }

  /** The instance dies by itself, as with a crash; `unless-stopped` starts it again. */
  async crash(id: string, exitCode = 1, outOfMemory = false): Promise<void> {
    const one = this.#instances.get(id);
    if (!one) return;
    await this.#end(one, exitCode, outOfMemory);
    if (one.spec.restart === 'unless-stopped') {
      one.instance = { ...one.instance, restarts: one.instance.restarts + 1 };
      await this.#start(one);
    }
  }

  /** Creates without starting: what a server that was killed in `scale` leaves. */
  create(group: Group, spec: InstanceSpec, index: number): Instance {
    lastId += 1;
    const instance: Instance = {
      id: `fake-${lastId}`,
      group,
      index,
      state: 'created',
      dial: null,
      exitCode: null,
      outOfMemory: false,
      startedAt: null,
      restarts: 0,
    };
    this.#instances.set(instance.id, {
      instance,
      spec,
      hash: specHash(spec),
      host: nextAddress(),
      server: null,
      lines: [],
      listeners: [],
    });
    return instance;
  }

  /** What this instance runs, for assertions. */
  specOf(id: string): InstanceSpec | null {
    return this.#instances.get(id)?.spec ?? null;
  }

  async scale(group: Group, spec: InstanceSpec, count: number): Promise<void> {
    await this.#enter('scale', group, `${count}`);
    const mine = [...this.#instances.values()].filter(
      ({ instance }) =>
        instance.group.appId === group.appId &&
        instance.group.process === group.process &&
        instance.group.deploy === group.deploy,
    );
    for (const one of mine) {
      if (one.instance.index >= count || one.hash !== specHash(spec)) await this.#remove(one);
    }
    for (let index = 0; index < count; index += 1) {
      let one = mine.find(({ instance }) => instance.index === index && this.#instances.has(instance.id));
      one ??= this.#instances.get(this.create(group, spec, index).id);
      if (!one) continue;
      one.spec = spec;
      if (one.instance.state !== 'running') await this.#start(one);
    }
  }

  async remove(instances: readonly Instance[], _stopSeconds: number): Promise<void> {
    await this.#enter('remove', instances[0]?.group ?? null, `${instances.length}`);
    for (const { id } of instances) {
      const one = this.#instances.get(id);
      if (one) await this.#remove(one);
    }
  }

  async run(
    group: Group,
    spec: InstanceSpec,
    log: (line: string) => void,
    signal: AbortSignal,
  ): Promise<number> {
    await this.#enter('run', group, '');
    signal.throwIfAborted();
    const job = this.hooks.job?.(group, spec) ?? { exitCode: 0 };
    for (const line of job.output ?? []) log(line);
    if ('exitCode' in job) return job.exitCode;
    if (!signal.aborted) await once(signal, 'abort');
    throw signal.reason;
  }

  async sweep(): Promise<void> {
    await this.#enter('sweep', null, '');
  }

  async instances(appId?: AppId): Promise<Instance[]> {
    await this.#enter('instances', null, '');
    const all = [...this.#instances.values()].map(({ instance }) => instance);
    return all.filter(({ group }) => appId === undefined || group.appId === appId);
  }

  async *logs(
    instances: readonly Instance[],
    options: { tail: number; follow: boolean; signal: AbortSignal },
  ): AsyncGenerator<LogLine, void, void> {
    await this.#enter('logs', instances[0]?.group ?? null, '');
    const ids = new Set(instances.map(({ id }) => id));
    const reader = { ids, queue: new Queue<LogLine>(Number.POSITIVE_INFINITY) };
    const past = [...ids].flatMap((id) => this.#instances.get(id)?.lines ?? []);
    past.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
    const stop = (): void => reader.queue.close();
    options.signal.addEventListener('abort', stop, { once: true });
    if (options.follow) this.#readers.add(reader);
    try {
      yield* past.slice(Math.max(0, past.length - options.tail));
      if (options.signal.aborted || ![...ids].some((id) => this.#instances.has(id))) return;
      if (options.follow) yield* reader.queue;
    } finally {
      this.#readers.delete(reader);
      options.signal.removeEventListener('abort', stop);
    }
  }

  async *events(signal: AbortSignal): AsyncGenerator<EngineEvent, void, void> {
    if (signal.aborted) return;
    const watcher = new Queue<EngineEvent>(Number.POSITIVE_INFINITY);
    const stop = (): void => watcher.close();
    signal.addEventListener('abort', stop, { once: true });
    this.#watchers.add(watcher);
    try {
      if (!this.#down) yield { kind: 'reconnected' };
      yield* watcher;
    } finally {
      this.#watchers.delete(watcher);
      signal.removeEventListener('abort', stop);
    }
  }

  async listeners(instance: Instance): Promise<{ address: string; port: number }[]> {
    await this.#enter('listeners', instance.group, '');
    const one = this.#instances.get(instance.id);
    return one?.instance.state === 'running' ? one.listeners : [];
  }

  async forget(appId: AppId): Promise<void> {
    await this.#enter('forget', null, appId);
  }

  async ping(): Promise<{ version: string; apiVersion: string }> {
    await this.#enter('ping', null, '');
    return { version: 'fake', apiVersion: '1.41' };
  }

  async disk(): Promise<{ freeBytes: number; totalBytes: number }> {
    await this.#enter('disk', null, '');
    return { freeBytes: this.free, totalBytes: 100e9 };
  }

  /** The app writes a line. */
  write(id: string, text: string, stream: 'stdout' | 'stderr' = 'stdout'): void {
    const one = this.#instances.get(id);
    if (!one) return;
    const line = { instance: id, process: one.instance.group.process, stream, time: now(), text };
    one.lines.push(line);
    for (const { ids, queue } of this.#readers) if (ids.has(id)) void queue.push(line);
  }

  /** Ends all instances. */
  async close(): Promise<void> {
    for (const one of [...this.#instances.values()]) await this.#remove(one);
  }

  async #enter(verb: Verb, group: Group | null, detail: string): Promise<void> {
    this.calls.push([verb, group?.process, detail].filter(Boolean).join(' '));
    await this.hooks.before?.(verb, group);
    if (this.#down) throw new UserError('engine-down', 'Docker does not answer: it is down.', 'Start it.');
  }

  async #start(one: FakeInstance): Promise<void> {
    const { group, index } = one.instance;
    const behaviour = this.hooks.boot?.(group, one.spec, index) ?? { kind: 'serves' };
    const { host } = one;
    const dial = { host, port: one.spec.port };
    one.instance = {
      ...one.instance,
      state: 'running',
      dial,
      exitCode: null,
      outOfMemory: false,
      startedAt: now(),
    };
    one.listeners = [];
    for (const line of behaviour.output ?? []) this.write(one.instance.id, line);
    switch (behaviour.kind) {
      case 'serves': {
        const port = behaviour.port ?? one.spec.port;
        one.server = await serve(host, port, behaviour.status ?? 200, `v${group.release} ${index}`);
        one.listeners = [{ address: '0.0.0.0', port }];
        break;
      }
      case 'loopback':
        one.listeners = [{ address: '127.0.0.1', port: one.spec.port }];
        break;
      case 'silent':
        break;
      case 'crashes':
        for (const line of behaviour.errors ?? []) this.write(one.instance.id, line, 'stderr');
        await this.#end(one, behaviour.exitCode, behaviour.outOfMemory ?? false);
        return;
    }
    this.#changed(group.appId);
  }

  async #end(one: FakeInstance, exitCode: number, outOfMemory: boolean): Promise<void> {
    one.server?.closeAllConnections();
    await new Promise<void>((resolve) => (one.server ? one.server.close(() => resolve()) : resolve()));
    one.server = null;
    one.listeners = [];
    const state = one.spec.restart === 'no' ? 'exited' : 'restarting';
    one.instance = { ...one.instance, state, dial: null, exitCode, outOfMemory };
    this.#changed(one.instance.group.appId);
  }

  async #remove(one: FakeInstance): Promise<void> {
    await this.#end(one, 143, false);
    this.#instances.delete(one.instance.id);
    for (const { ids, queue } of this.#readers) {
      if (![...ids].some((id) => this.#instances.has(id))) queue.close();
    }
    this.#changed(one.instance.group.appId);
  }

  #changed(appId: AppId): void {
    for (const watcher of this.#watchers) void watcher.push({ kind: 'changed', appId });
  }
}
