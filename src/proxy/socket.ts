import { connect, type Socket } from 'node:net';
import { deadline } from '../loop.ts';

/** The connection to the proxy is gone, or it did not answer in time. What was sent may or may not have been done. */
export class ProxyUnreachable extends Error {
  override readonly name = 'ProxyUnreachable';
}

interface Waiting {
  command: string;
  resolve: (answer: string) => void;
  reject: (error: Error) => void;
}

const promptMark = '\n> ';

/**
 * One worker's command line, kept open: a connection per command costs five times the round trip under load. In prompt
 * mode every command is answered by its text and a prompt, so commands may be sent without waiting for answers. A
 * connection belongs to one worker for life; after a reload it still talks to the old one and even keeps it alive,
 * so the driver closes it then.
 */
export class RuntimeSocket {
  readonly #path: string;
  readonly #deadlineMs: number;
  #socket: Socket | null = null;
  #waiting: Waiting[] = [];
  #text = '';

  constructor(path: string, deadlineMs = 5000) {
    this.#path = path;
    this.#deadlineMs = deadlineMs;
  }

  /** Connects when there is no connection, and says so: what was learnt over another one may be stale. */
  async connect(): Promise<'new' | 'kept'> {
    if (this.#socket) return 'kept';
    await this.#open();
    return 'new';
  }

  /** Sends the commands in order and resolves with their answers. Rejects with ProxyUnreachable, never reconnects. */
  async run(commands: readonly string[]): Promise<string[]> {
    const socket = this.#socket;
    if (!socket) throw new ProxyUnreachable('the proxy closed its command line');
    const limit = deadline(this.#deadlineMs, new ProxyUnreachable(`no answer in ${this.#deadlineMs} ms`));
    const lost = (): void => this.#lose(socket, limit.signal.reason as Error);
    limit.signal.addEventListener('abort', lost);
    try {
      return await this.#send(socket, commands);
    } finally {
      limit.signal.removeEventListener('abort', lost);
      limit.done();
    }
  }

  close(): void {
    if (this.#socket) this.#lose(this.#socket, new ProxyUnreachable('closed'));
  }

  #send(socket: Socket, commands: readonly string[]): Promise<string[]> {
    const answers = commands.map(
      (command) => new Promise<string>((resolve, reject) => this.#waiting.push({ command, resolve, reject })),
    );
    socket.write(commands.map((command) => `${command}\n`).join(''));
    return Promise.all(answers);
  }

  async #open(): Promise<void> {
    const socket = await dial(this.#path, false);
    this.#socket = socket;
    this.#text = '';
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', (error) => this.#lose(socket, new ProxyUnreachable(error.message)));
    socket.on('close', () => this.#lose(socket, new ProxyUnreachable('the proxy closed its command line')));
    await this.run(['prompt']);
  }

  #read(text: string): void {
    this.#text += text;
    for (;;) {
      const end = this.#text.indexOf(promptMark);
      if (end < 0) return;
      const answer = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + promptMark.length);
      this.#waiting.shift()?.resolve(answer.trim());
    }
  }

  #lose(socket: Socket, error: Error): void {
    socket.destroy();
    if (this.#socket !== socket) return;
    this.#socket = null;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/** One command on a connection of its own, to the end of the answer. Rejects with ProxyUnreachable. */
export async function ask(path: string, command: string, deadlineMs = 5000): Promise<string> {
  const socket = await dial(path, true);
  const limit = deadline(deadlineMs, new ProxyUnreachable(`no answer to "${command}" in ${deadlineMs} ms`));
  const lost = (): unknown => socket.destroy(limit.signal.reason as Error);
  limit.signal.addEventListener('abort', lost);
  try {
    socket.end(`${command}\n`);
    let answer = '';
    for await (const text of socket) answer += text;
    return answer.trim();
  } catch (error) {
    throw error instanceof ProxyUnreachable ? error : new ProxyUnreachable(String(error));
  } finally {
    limit.done();
    socket.destroy();
  }
}

/** Half-closing is the only way to tell the master that no more commands follow. */
function dial(path: string, allowHalfOpen: boolean): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen });
    const fail = (error: Error): void => reject(new ProxyUnreachable(error.message));
    socket.setEncoding('utf8');
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
