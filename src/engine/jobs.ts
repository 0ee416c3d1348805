import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { Group } from '../types.ts';
import { parseExit } from './answers.ts';
import type { Api } from './api.ts';
import type { Containers } from './containers.ts';
import type { InstanceSpec } from './engine.ts';
import { startFailure } from './failures.ts';
import { type Frame, Frames, Lines } from './frames.ts';
import { containerName, type Identity, labelsOf, specHash } from './labels.ts';
import type { Scaler } from './scaler.ts';

export interface JobParts {
  api: Api;
  containers: Containers;
  scaler: Scaler;
  instance: string;
}

/** Containers that run to their end. They are removed afterwards, whatever happens; `sweep` removes what a crash left. */
export class Jobs {
  readonly #parts: JobParts;
  readonly #running = new Set<string>();

  constructor(parts: JobParts) {
    this.#parts = parts;
  }

  /** See Engine.run. When aborted, the job gets SIGTERM and its grace time first. */
  async run(
    group: Group,
    spec: InstanceSpec,
    log: (line: string) => void,
    signal: AbortSignal,
  ): Promise<number> {
    signal.throwIfAborted();
    const once: InstanceSpec = { ...spec, restart: 'no' };
    const identity: Identity = { role: 'job', group, index: 0, port: spec.port, spec: specHash(once) };
    const { id } = await this.#parts.scaler.make({ identity, name: this.#name(group), spec: once });
    const lines = { stdout: new Lines(), stderr: new Lines() };
    const take = (frame: Frame): void => {
      for (const line of lines[frame.stream].push(frame.data)) log(line);
    };
    try {
      return await this.#toEnd(id, spec.stopSeconds, take, signal);
    } catch (error) {
      throw startFailure(group.process, spec.image, error);
    } finally {
      for (const line of [...lines.stdout.end(), ...lines.stderr.end()]) log(line);
    }
  }

  /** Runs `argv` of an image in the network namespace of an instance and returns what it wrote. */
  async peek(
    group: Group,
    container: string,
    image: string,
    argv: readonly string[],
    signal: AbortSignal,
  ): Promise<string> {
    const identity: Identity = { role: 'job', group, index: 0, port: 0, spec: 'peek' };
    const body: Docker.ContainerCreateOptions = {
      Image: image,
      Entrypoint: argv.slice(0, 1),
      Cmd: argv.slice(1),
      Labels: labelsOf(this.#parts.instance, identity),
      Healthcheck: { Test: ['NONE'] },
      HostConfig: {
        NetworkMode: `container:${container}`,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges:true'],
        Memory: 64 * 1024 * 1024,
        PidsLimit: 16,
      },
    };
    const id = await this.#parts.containers.create(this.#name(group), body);
    const written: Buffer[] = [];
    await this.#toEnd(id, 0, (frame) => frame.stream === 'stdout' && written.push(frame.data), signal);
    return Buffer.concat(written).toString('utf8');
  }

  /** Removes the jobs that an earlier run of the server left. */
  async sweep(): Promise<void> {
    const left = await this.#parts.containers.list({ role: 'job' });
    const ours = left.filter(({ id }) => !this.#running.has(id));
    await Promise.all(ours.map(({ id }) => this.#parts.containers.remove(id, true, 0)));
  }

  async #toEnd(
    id: string,
    graceSeconds: number,
    take: (frame: Frame) => void,
    signal: AbortSignal,
  ): Promise<number> {
    const { api, scaler, containers } = this.#parts;
    this.#running.add(id);
    try {
      const query = { stream: '1', stdout: '1', stderr: '1' };
      const output = await api.stream({
        what: 'follow a job',
        method: 'POST',
        path: `/containers/${id}/attach`,
        query,
        signal,
      });
      await containers.start(id);
      await read(output, take, signal);
      const wait = {
        what: 'wait for a job',
        method: 'POST',
        path: `/containers/${id}/wait`,
        deadlineMs: null,
        signal,
      } as const;
      return parseExit(await api.ask(wait)).StatusCode;
    } finally {
      await scaler.remove(id, signal.aborted, graceSeconds).finally(() => this.#running.delete(id));
    }
  }

  #name(group: Group): string {
    return containerName(this.#parts.instance, group, `job-${randomBytes(4).toString('hex')}`);
  }
}

async function read(output: Readable, take: (frame: Frame) => void, signal: AbortSignal): Promise<void> {
  const frames = new Frames();
  try {
    for await (const chunk of output) for (const frame of frames.push(chunk)) take(frame);
  } finally {
    signal.throwIfAborted();
  }
}
