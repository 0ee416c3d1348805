import type { Readable } from 'node:stream';
import type { AppId, Group, Instance, Limits } from '../types.ts';

/** What an instance of a group runs; the same for all instances of the group. */
export interface InstanceSpec {
  /** Docker image id or local tag. */
  image: string;
  /** null: what the image runs by itself. Else a command line for `sh -c`, or an argv where the image has no shell. */
  command: readonly string[] | null;
  env: Record<string, string>;
  port: number;
  limits: Limits;
  /** `generated`: our Dockerfile, no capabilities at all; `custom`: the user's, Docker's default ones less the raw ones. */
  confine: 'generated' | 'custom';
  /** `no` while it has to prove itself; `unless-stopped` once it is live. */
  restart: 'no' | 'unless-stopped';
  /** Between SIGTERM and SIGKILL. */
  stopSeconds: number;
}

export interface LogLine {
  instance: string;
  process: string;
  stream: 'stdout' | 'stderr';
  /** RFC 3339 with nanoseconds, from the engine. */
  time: string;
  text: string;
}

export type EngineEvent = { kind: 'changed'; appId: AppId } | { kind: 'reconnected' };

/**
 * Runs groups of instances. The reconciler decides, the engine does; nothing else starts or stops an app's container.
 * Every verb is idempotent: after a crash the same call finishes the work. Every call has a deadline; an engine that
 * cannot be reached is a UserError `engine-down`.
 */
export interface Engine {
  /** Makes the group have exactly the instances 0 … count-1 of this spec, started; the ones above count are stopped
   * (SIGTERM, stopSeconds, SIGKILL) and removed. Changes `restart` in place. Resolves when they are started, not healthy. */
  scale(group: Group, spec: InstanceSpec, count: number): Promise<void>;
  /** Stops (SIGTERM, grace, SIGKILL) and removes these instances. Unknown ids are no error. */
  remove(instances: readonly Instance[], stopSeconds: number): Promise<void>;
  /** Runs a container of the app to its end and returns its exit code; removed afterwards, also on abort. */
  run(group: Group, spec: InstanceSpec, log: (line: string) => void, signal: AbortSignal): Promise<number>;
  /** Removes the jobs that an interrupted server left. Called once at its start. */
  sweep(): Promise<void>;
  /** All instances of this server (of one app), whatever their state. */
  instances(appId?: AppId): Promise<Instance[]>;
  /** The last `tail` lines of the instances, oldest first; with `follow`, then every new one until the signal. */
  logs(
    instances: readonly Instance[],
    options: { tail: number; follow: boolean; signal: AbortSignal },
  ): AsyncIterable<LogLine>;
  /** What changed, until the signal. Only a hint: the caller reads `instances` again. Reconnects by itself; `reconnected`
   * comes each time the stream is open, the first time too. */
  events(signal: AbortSignal): AsyncIterable<EngineEvent>;
  /** TCP ports that something listens on inside the instance's network: address and port. For diagnosis only. */
  listeners(instance: Instance): Promise<{ address: string; port: number }[]>;
  /** Removes the app's network. Its instances must be gone. */
  forget(appId: AppId): Promise<void>;
  /** Resolves when the engine answers; else a UserError `engine-down` with the daemon's own words. */
  ping(): Promise<{ version: string; apiVersion: string }>;
  /** Bytes free where images and containers live, and the total. */
  disk(): Promise<{ freeBytes: number; totalBytes: number }>;
}

export interface BuildRequest {
  /** The whole tar: the tree, with the Dockerfile at `dockerfile` and a .dockerignore inside. */
  context: () => Readable;
  dockerfile: string;
  args: Record<string, string>;
  /** Secret id → bytes; served over the build's session, never in a layer. */
  secrets: Record<string, Buffer>;
  labels: Record<string, string>;
  target: string | null;
  /** Local name for the result, `name:tag`. */
  tag: string;
  /** Progress, as lines a person reads. */
  log: (line: string) => void;
  signal: AbortSignal;
}

export interface BuildResult {
  /** `sha256:…` */
  image: string;
  sizeBytes: number;
  seconds: number;
}

/** `absent`: the registry answered that it has no such image for us; `unreachable`: no answer within the time. */
export type PullOutcome = 'pulled' | 'absent' | 'unreachable';

/** Makes images on this server. A failing build step is a UserError `build-failed` that names the step. */
export interface Builder {
  build(request: BuildRequest): Promise<BuildResult>;
  /** The image's id when it is present, else null. */
  find(image: string): Promise<string | null>;
  /** Pulls an image, without credentials; gives up when the registry has not begun to answer within the time. */
  pull(image: string, timeoutMs: number, signal: AbortSignal): Promise<PullOutcome>;
  /** The exposed ports, the command and the user of a local image. */
  inspect(image: string): Promise<{ ports: number[]; hasCommand: boolean; user: string; sizeBytes: number }>;
  /** Removes the image unless something uses it. */
  remove(image: string): Promise<void>;
}
