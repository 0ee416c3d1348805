import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../errors.ts';

/** The newest Engine API whose answers were read when this was written; an older daemon gets its own. */
const newest = '1.47';

const askMs = 30_000;

export interface Call {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Readable;
  signal?: AbortSignal;
}

/** Docker's HTTP API over its socket, as far as a builder needs it. A daemon that does not answer is `engine-down`. */
export class Daemon {
  readonly #socketPath: string;
  #version: Promise<string> | null = null;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** The answer with its body unread, whatever the status. The request dies with the signal. */
  async open(call: Call): Promise<IncomingMessage> {
    return this.#send(await this.#path(call), call);
  }

  /** The whole answer; `json` is null when the body is not JSON. A daemon that hangs is `engine-down` after 30 s. */
  async ask(call: Call): Promise<{ status: number; json: unknown; message: string }> {
    const late = AbortSignal.timeout(askMs);
    const signal = call.signal ? AbortSignal.any([call.signal, late]) : late;
    const work = this.open({ ...call, signal }).then(async (answer) => ({
      answer,
      text: await readAll(answer),
    }));
    const { answer, text } = await work.catch((error: unknown) => {
      throw late.aborted ? down(`no answer within ${askMs / 1000} s`) : error;
    });
    const json = parse(text);
    return { status: answer.statusCode ?? 0, json, message: field(json, 'message') ?? text.trim() };
  }

  /** A connection of which HTTP lets go: the raw socket after `101 Switching Protocols`. */
  async upgrade(path: string, protocol: string, headers: [string, string][]): Promise<Socket> {
    const target = await this.#path({ method: 'POST', path });
    return new Promise((resolve, reject) => {
      const raw = [['Host', 'docker'], ['Connection', 'Upgrade'], ['Upgrade', protocol], ...headers].flat();
      const sent = request({ socketPath: this.#socketPath, method: 'POST', path: target, headers: raw });
      sent.on('upgrade', (_answer, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve(socket as Socket);
      });
      sent.on('response', (answer) => {
        answer.resume();
        reject(new Error(`${path} answered ${answer.statusCode} instead of switching to ${protocol}`));
      });
      sent.on('error', (error) => reject(unreachable(error)));
      sent.end();
    });
  }

  async #path(call: Call): Promise<string> {
    this.#version ??= this.#negotiate();
    const version = await this.#version;
    const query = new URLSearchParams(call.query ?? {}).toString();
    return `/v${version}${call.path}${query === '' ? '' : `?${query}`}`;
  }

  async #negotiate(): Promise<string> {
    try {
      const answer = await this.#send('/_ping', { method: 'GET', path: '/_ping' });
      answer.resume();
      const own = String(answer.headers['api-version'] ?? newest);
      return minor(own) < minor(newest) ? own : newest;
    } catch (error) {
      this.#version = null;
      throw error;
    }
  }

  #send(path: string, call: Call): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { method, headers = {}, signal, body } = call;
      const sent = request({
        socketPath: this.#socketPath,
        // A connection kept for later may be one to a daemon that was restarted since.
        agent: false,
        method,
        path,
        headers,
        ...(signal ? { signal } : {}),
      });
      let answer: IncomingMessage | null = null;
      let broken: Error | null = null;
      sent.on('response', (response) => {
        answer = response;
        resolve(response);
      });
      sent.on('error', (error) => {
        if (!answer) reject(signal?.aborted ? signal.reason : (broken ?? unreachable(error)));
      });
      if (!body) return void sent.end();
      body.on('error', (error) => {
        broken = error;
        answer?.destroy(error);
      });
      // A daemon that answers and closes before it has read everything breaks the pipe: then the answer counts.
      pipeline(body, sent).catch(() => {});
    });
  }
}

export async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** The string at a key of something that came from outside, else null. */
export function field(json: unknown, key: string): string | null {
  const value = record(json)[key];
  return typeof value === 'string' ? value : null;
}

/** What came from outside, as something with keys. */
export function record(json: unknown): Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as Record<string, unknown>)
    : {};
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function minor(version: string): number {
  const [major = '1', rest = '0'] = version.split('.');
  return Number(major) * 1000 + Number(rest);
}

function unreachable(error: Error): Error {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (!['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'EACCES'].includes(code)) return error;
  return down(error.message);
}

function down(words: string): UserError {
  return new UserError(
    'engine-down',
    `The Docker daemon does not answer (${words}).`,
    'Start it (systemctl start docker, or service docker start), then push again; `landfall doctor` tells more.',
  );
}
