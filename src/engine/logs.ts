import { pause } from '../loop.ts';
import type { Instance } from '../types.ts';
import type { Api } from './api.ts';
import type { Containers } from './containers.ts';
import type { LogLine } from './engine.ts';
import { eventsOf, openEvents } from './events.ts';
import { refused } from './failures.ts';
import { Frames, timedLine } from './frames.ts';
import { Queue } from './queue.ts';

export interface LogOptions {
  tail: number;
  follow: boolean;
  signal: AbortSignal;
}

/** What `docker logs` is asked for. */
type Window = { tail: string; follow: '0' | '1'; since: string };

/** The logs of several instances as one, in the order of time. */
export class Logs {
  readonly #api: Api;
  readonly #containers: Containers;

  constructor(api: Api, containers: Containers) {
    this.#api = api;
    this.#containers = containers;
  }

  /** See Engine.logs. Between the last lines and the new ones nothing is lost and nothing comes twice. */
  async *read(instances: readonly Instance[], options: LogOptions): AsyncGenerator<LogLine, void, void> {
    const { tail, follow, signal } = options;
    const own = new AbortController();
    const stop = AbortSignal.any([signal, own.signal]);
    try {
      const pasts = await Promise.all(instances.map((instance) => this.#past(instance, tail, stop)));
      const past = pasts.flat().sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
      yield* past.slice(Math.max(0, past.length - tail));
      if (follow) yield* this.#news(instances, pasts, tail, stop);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      own.abort();
    }
  }

  async #past(instance: Instance, tail: number, signal: AbortSignal): Promise<LogLine[]> {
    if (tail === 0) return [];
    const lines: LogLine[] = [];
    for await (const line of this.#lines(instance, { tail: String(tail), follow: '0', since: '0' }, signal))
      lines.push(line);
    return lines;
  }

  async *#news(
    instances: readonly Instance[],
    pasts: LogLine[][],
    tail: number,
    signal: AbortSignal,
  ): AsyncGenerator<LogLine, void, void> {
    const queue = new Queue<LogLine>();
    const stop = (): void => queue.close();
    signal.addEventListener('abort', stop, { once: true });
    const following = instances.map((instance, at) => {
      const last = pasts[at]?.at(-1)?.time ?? null;
      return this.#follow(instance, last, tail === 0, (line) => queue.push(line), signal);
    });
    Promise.all(following).then(stop, (error) => queue.close(signal.aborted ? null : error));
    try {
      yield* queue;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Docker's stream ends with each life of the container; this one goes on with the next, until the container is removed. */
  async #follow(
    instance: Instance,
    last: string | null,
    onlyNew: boolean,
    push: (line: LogLine) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    for (let skip = onlyNew; ; ) {
      // `since` is the last line, not now: a life that began and ended meanwhile is read too.
      const seen = last;
      const window: Window = {
        tail: skip ? '0' : 'all',
        follow: '1',
        since: seen === null ? '0' : unixTime(seen),
      };
      for await (const line of this.#lines(instance, window, signal)) {
        // The pieces of a long line have one time, so only what was seen before this stream is left out.
        if (seen !== null && line.time <= seen) continue;
        last = line.time;
        await push(line);
      }
      signal.throwIfAborted();
      skip = onlyNew && last === null;
      if (!(await this.#nextLife(instance.id, signal))) return;
    }
  }

  /** Resolves when the container runs (again): true; or is removed: false. */
  async #nextLife(id: string, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const stream = await openEvents(this.#api, { container: [id], event: ['start', 'destroy'] }, signal);
      try {
        const there = await this.#containers.inspect(id);
        if (!there) return false;
        if (there.State.Status === 'running') return true;
        for await (const event of eventsOf(stream)) return event.Action === 'start';
      } catch (error) {
        signal.throwIfAborted();
        if (!stream.destroyed) throw error;
      } finally {
        stream.destroy();
      }
      await pause(500, signal);
    }
  }

  async *#lines(
    instance: Instance,
    window: Window,
    signal: AbortSignal,
  ): AsyncGenerator<LogLine, void, void> {
    const query = { stdout: '1', stderr: '1', timestamps: '1', ...window };
    const path = `/containers/${instance.id}/logs`;
    try {
      const frames = new Frames();
      const stream = await this.#api.stream({ what: 'read the log', method: 'GET', path, query, signal });
      for await (const chunk of stream) {
        for (const frame of frames.push(chunk)) {
          yield {
            instance: instance.id,
            process: instance.group.process,
            stream: frame.stream,
            ...timedLine(frame),
          };
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!refused(error, 404)) throw error;
    }
  }
}

/** RFC 3339 with nanoseconds → seconds.nanoseconds, as `since` wants it. */
function unixTime(time: string): string {
  const nanos = /\.(\d{1,9})/.exec(time)?.[1] ?? '0';
  return `${Math.floor(Date.parse(time) / 1000)}.${nanos.padEnd(9, '0')}`;
}
