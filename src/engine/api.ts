import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { deadline } from '../loop.ts';
import { parseVersion } from './answers.ts';
import { engineDown, failure, refused } from './failures.ts';

export interface Call {
  /** "start the container": for messages. */
  what: string;
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  query?: Record<string, string>;
  body?: object;
  /** Until the answer is there (of a stream: until it begins). `null`: as long as the signal lets it. */
  deadlineMs?: number | null;
  signal?: AbortSignal;
}

const versionCall: Call = { what: 'ask its version', method: 'GET', path: '/version', deadlineMs: 5_000 };
const defaultDeadlineMs = 30_000;
const success = { 200: true, 201: true, 202: true, 204: true, 304: true };

/**
 * Calls of the Docker API over dockerode's transport. dockerode's own methods are not used: their promises can stay open
 * for ever, and they put the request's body (an app's config with it) into the URL too.
 * Throws `engine-down` when there is no answer, a Refusal when the answer is no, the signal's reason when it is aborted.
 */
export class Api {
  readonly #docker: Docker;
  #version: string;

  private constructor(docker: Docker, version: string) {
    this.#docker = docker;
    this.#version = version;
  }

  /** Agrees with the daemon on a version of its API. `engine-down` when it does not answer, or is too old. */
  static async connect(docker: Docker): Promise<Api> {
    const api = new Api(docker, '');
    await api.#agree();
    return api;
  }

  /** What the daemon is, and the version that is spoken with it. */
  async version(): Promise<{ version: string; apiVersion: string }> {
    const { Version, ApiVersion, MinAPIVersion } = parseVersion(await this.#dial(versionCall, false, ''));
    return { version: Version, apiVersion: apiVersion(ApiVersion, MinAPIVersion) };
  }

  /** The answer's JSON (a Buffer when it is none). */
  async ask(call: Call): Promise<unknown> {
    return await this.#dialAgreed(call, false);
  }

  /** The answer's body as it comes. Destroyed when the signal is aborted. */
  async stream(call: Call): Promise<Readable> {
    const stream = await this.#dialAgreed(call, true);
    if (!(stream instanceof Readable)) throw engineDown(`${call.what}: the answer is no stream`);
    const { signal } = call;
    const stop = (): void => void stream.destroy();
    signal?.addEventListener('abort', stop, { once: true });
    stream.once('close', () => signal?.removeEventListener('abort', stop));
    if (signal?.aborted) stop();
    return stream;
  }

  async #agree(): Promise<void> {
    this.#version = (await this.version()).apiVersion;
  }

  /** An upgrade of the daemon may end the version that was agreed on. */
  async #dialAgreed(call: Call, isStream: boolean): Promise<unknown> {
    try {
      return await this.#dial(call, isStream, `/v${this.#version}`);
    } catch (error) {
      if (!refused(error, 400, /client version .* is too old/i)) throw error;
      await this.#agree();
      return await this.#dial(call, isStream, `/v${this.#version}`);
    }
  }

  async #dial(call: Call, isStream: boolean, prefix: string): Promise<unknown> {
    const { what, signal, deadlineMs = defaultDeadlineMs } = call;
    signal?.throwIfAborted();
    const request = new AbortController();
    const late = engineDown(`no answer within ${(deadlineMs ?? 0) / 1000} s to "${what}"`);
    const limit = deadlineMs === null ? null : deadline(deadlineMs, late);
    return await new Promise((resolve, reject) => {
      const give = (reason: unknown): void => {
        settle();
        reject(reason);
        request.abort();
      };
      const onLate = (): void => give(late);
      const onAbort = (): void => give(signal?.reason);
      const settle = (): void => {
        limit?.done();
        limit?.signal.removeEventListener('abort', onLate);
        signal?.removeEventListener('abort', onAbort);
      };
      limit?.signal.addEventListener('abort', onLate, { once: true });
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#docker.modem.dial(
        {
          path: `${prefix}${call.path}?`,
          method: call.method,
          options: { _query: call.query ?? {}, _body: call.body ?? {} },
          abortSignal: request.signal,
          isStream,
          statusCodes: success,
        },
        (error: unknown, answer: unknown) => {
          settle();
          if (error) reject(failure(what, error));
          else resolve(answer);
        },
      );
    });
  }
}

/** Speaks the oldest API version that the daemon accepts, from 1.41 (Docker 20.10) up: what is tested is what is spoken. */
export function apiVersion(newest: string, oldest: string): string {
  if (compare(newest, floor) < 0)
    throw engineDown(`its API is ${newest}, at least ${floor} (Docker 20.10) is needed`);
  return compare(oldest, floor) > 0 ? oldest : floor;
}

const floor = '1.41';

function compare(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA - majorB || minorA - minorB;
}
