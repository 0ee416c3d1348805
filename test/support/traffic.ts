import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { drainSeconds } from '../../src/deploy/steps/drain.ts';

/** An app to be measured with `Traffic`: every answer is `<text> <release> <when this instance booted, ms>`. `/slow?MS`
 * takes its time; WebSockets get `<answer>:<what they said>` (text frames under 126 bytes). */
export function measuredApp(text: string): Record<string, string> {
  return {
    'package.json':
      '{"name":"app","private":true,"engines":{"node":"24"},"scripts":{"start":"node server.js"}}',
    'server.js': `const { createHash } = require('node:crypto');
const booted = Date.now();
const answer = ${JSON.stringify(text)} + ' ' + process.env.LANDFALL_RELEASE + ' ' + booted;
const server = require('node:http').createServer((request, response) => {
  const slow = /^\\/slow\\?(\\d+)$/.exec(request.url);
  setTimeout(() => response.end(answer), slow ? Number(slow[1]) : 0);
});
server.on('upgrade', (request, socket) => {
  const key = request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n' +
    'Sec-WebSocket-Accept: ' + createHash('sha1').update(key).digest('base64') + '\\r\\n\\r\\n');
  socket.on('error', () => {});
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 6 && bytes.length >= 6 + (bytes[1] & 127)) {
      const end = 6 + (bytes[1] & 127);
      const said = bytes.subarray(6, end).map((byte, at) => byte ^ bytes[2 + (at & 3)]);
      if ((bytes[0] & 15) === 8) return socket.end(Buffer.from([0x88, 0]));
      const text = Buffer.from(answer + ':' + said);
      socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
      bytes = bytes.subarray(end);
    }
  });
});
server.keepAliveTimeout = 0;
server.listen(process.env.PORT);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`,
  };
}

const kinds = ['keep-alive', 'new connection', 'slow', 'websocket'] as const;
type Kind = (typeof kinds)[number];
/** Between the end of a drain and the moment when we saw the deploy return. */
const toleranceMs = 1000;

/**
 * Clients of every kind, at once, until they are told to stop. A request is lost when it was sent and no complete, right
 * answer came; only a close between two requests is free. A WebSocket is lost when it is cut before the drain deadline.
 * An answer is stale when it was asked for after a deploy returned and given by an instance of before that deploy.
 */
export class Traffic {
  readonly done: Record<Kind, number> = { 'keep-alive': 0, 'new connection': 0, slow: 0, websocket: 0 };
  readonly lost: string[] = [];
  readonly stale: string[] = [];
  readonly #port: number;
  readonly #host: string;
  readonly #running: Promise<void>[] = [];
  readonly #returns: number[] = [];
  /** Answers asked for from now on must come from instances that booted since. */
  #floor = 0;
  #stopped = false;

  constructor(port: number, host: string) {
    this.#port = port;
    this.#host = host;
  }

  get total(): number {
    return Object.values(this.done).reduce((sum, count) => sum + count, 0);
  }

  /** Runs a deploy: what is asked for after it resolves must be answered by what it brought. */
  async deploy<T>(act: () => Promise<T>): Promise<T> {
    const begun = Date.now();
    const result = await act();
    this.#floor = begun;
    this.#returns.push(Date.now());
    return result;
  }

  /** Requests one after the other on connections that are kept. */
  keepAlive(clients: number, gapMs: number): this {
    return this.#clients(clients, async () => {
      let line: Line | null = null;
      while (!this.#stopped) {
        if (!line?.open) line = await Line.dial(this.#port);
        await this.#ask('keep-alive', line, '/', false);
        if (gapMs > 0) await delay(gapMs);
      }
      line?.end();
    });
  }

  /** A connection for each request. */
  fresh(clients: number, gapMs: number): this {
    return this.#clients(clients, async () => {
      while (!this.#stopped) {
        const line = await Line.dial(this.#port);
        await this.#ask('new connection', line, '/', true);
        line.end();
        if (gapMs > 0) await delay(gapMs);
      }
    });
  }

  /** Requests that take `ms`. */
  slow(clients: number, ms: number): this {
    return this.#clients(clients, async () => {
      while (!this.#stopped) {
        const line = await Line.dial(this.#port);
        await this.#ask('slow', line, `/slow?${ms}`, true);
        line.end();
      }
    });
  }

  /** Conversations of `ms` each. */
  sockets(clients: number, ms: number): this {
    return this.#clients(clients, async () => {
      while (!this.#stopped) await this.#converse(ms);
    });
  }

  /** Lets the open requests end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  #clients(count: number, run: () => Promise<void>): this {
    for (let client = 0; client < count; client += 1)
      this.#running.push(
        (async () => {
          // A connection that could not be made, for one: the client goes on.
          while (!this.#stopped) await run().catch((error) => this.#lose('connection', String(error)));
        })(),
      );
    return this;
  }

  async #ask(kind: Kind, line: Line, path: string, close: boolean): Promise<void> {
    const floor = this.#floor;
    const begun = Date.now();
    try {
      const { status, body } = await line.ask(
        `GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n${close ? 'Connection: close\r\n' : ''}\r\n`,
      );
      if (status !== 200) this.#lose(kind, `${status} ${body.slice(0, 60)}`);
      else this.#judge(kind, body, floor);
    } catch (error) {
      this.#lose(kind, `${error instanceof Error ? error.message : error} after ${Date.now() - begun} ms`);
    }
  }

  #judge(kind: Kind, answer: string, floor: number): void {
    const match = /^\S+ v\d+ (\d+)$/.exec(answer);
    if (!match) {
      this.#lose(kind, `wrong answer: ${answer.slice(0, 60)}`);
      return;
    }
    this.done[kind] += 1;
    if (Number(match[1]) < floor)
      this.stale.push(`${kind}: ${answer}, ${floor - Number(match[1])} ms too old`);
  }

  #lose(kind: string, what: string): void {
    if (this.lost.length < 1000) this.lost.push(`${new Date().toISOString()} ${kind}: ${what}`);
  }

  async #converse(ms: number): Promise<void> {
    const floor = this.#floor;
    const opened = Date.now();
    const socket = new WebSocket(`ws://127.0.0.1:${this.#port}/`, { headers: { host: this.#host } });
    let said = 0;
    try {
      await heard(socket, 'open');
      for (said = 1; !this.#stopped && Date.now() - opened < ms; said += 1) {
        const answer = heard(socket, 'message');
        socket.send(String(said));
        const [text, echo] = (await answer).split(':');
        if (echo !== String(said)) return this.#lose('websocket', `wrong echo: ${text}:${echo}`);
        this.#judge('websocket', text ?? '', said === 1 ? floor : 0);
        await delay(100);
      }
      const closed = heard(socket, 'close');
      socket.close();
      await closed;
    } catch (error) {
      const due = this.#returns.find((at) => at > opened) ?? Number.POSITIVE_INFINITY;
      if (Date.now() < due + drainSeconds * 1000 - toleranceMs)
        this.#lose('websocket', `${error} at word ${said}, ${Date.now() - opened} ms old`);
    } finally {
      socket.terminate();
    }
  }
}

/** Rejects when the socket ends in another way first. */
function heard(socket: WebSocket, event: 'open' | 'message' | 'close'): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} in 20 s`)), 20_000);
    const end = (settle: () => void) => () => {
      clearTimeout(timer);
      socket.off('message', onMessage).off('error', onError).off('close', onClose).off('open', onOpen);
      settle();
    };
    const onOpen = end(() => event === 'open' && resolve(''));
    const onMessage = (data: unknown) => event === 'message' && end(() => resolve(String(data)))();
    const onError = (error: Error) => end(() => reject(error))();
    const onClose = end(() => (event === 'close' ? resolve('') : reject(new Error('cut'))));
    socket.on('message', onMessage).on('error', onError).on('close', onClose);
    if (event === 'open') socket.on('open', onOpen);
  });
}

/** A connection on which HTTP is spoken by hand: it costs little, and hides nothing of what comes back. */
class Line {
  open = true;
  readonly #socket: Socket;
  #text = '';
  #waiting: {
    resolve: (answer: { status: number; body: string }) => void;
    reject: (e: Error) => void;
  } | null = null;

  static dial(port: number): Promise<Line> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Line(socket));
      });
    });
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1').setTimeout(30_000);
    socket.on('data', (text: string) => this.#read(text));
    socket.on('timeout', () => this.#lost('no answer in 30 s'));
    socket.on('error', (error) => this.#lost(error.message));
    socket.on('close', () => this.#lost('closed'));
  }

  /** Sends the request; rejects when no complete answer comes. */
  ask(request: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      this.#text = '';
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  end(): void {
    this.#socket.destroy();
  }

  #lost(why: string): void {
    this.open = false;
    this.#socket.destroy();
    this.#waiting?.reject(new Error(`${why}, with ${this.#text.length} bytes of an answer`));
    this.#waiting = null;
  }

  #read(text: string): void {
    this.#text += text;
    const head = this.#text.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#text.slice(0, head + 2))?.[1];
    const body = this.#text.slice(head + 4);
    if (length === undefined) {
      this.#lost(`no length: ${this.#text.slice(0, 200)}`);
      return;
    }
    if (body.length < Number(length)) return;
    if (/\r\nconnection: *close/i.test(this.#text.slice(0, head + 2))) this.open = false;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve({ status: Number(this.#text.slice(9, 12)), body });
  }
}
