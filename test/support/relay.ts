import { connect, createServer, type Server, type Socket } from 'node:net';

/** A Unix socket that leads to another one, and can be taken away: how a Docker daemon that is down or hangs looks. */
export class Relay {
  readonly #path: string;
  readonly #to: string;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;

  constructor(path: string, to = '/var/run/docker.sock') {
    this.#path = path;
    this.#to = to;
  }

  up(): Promise<void> {
    return this.#listen((socket) => {
      const onward = this.#keep(connect({ path: this.#to, allowHalfOpen: true }));
      socket.pipe(onward).pipe(socket);
    });
  }

  /** Connections are accepted, but never answered. */
  hang(): Promise<void> {
    return this.#listen(() => {});
  }

  /** Nobody listens any more, and every connection breaks. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    const closed = server && new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #listen(serve: (socket: Socket) => void): Promise<void> {
    await this.down();
    const server = createServer({ allowHalfOpen: true }, (socket) => serve(this.#keep(socket)));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject);
      server.listen(this.#path, resolve);
    });
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    return socket;
  }
}
