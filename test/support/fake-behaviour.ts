import { createServer, type Server } from 'node:http';

/** What an instance does once it is started. `output` and `errors` are what it writes first. */
export type Behaviour =
  /** Answers HTTP at its dial address with `status` (200) and "<release> <index>", or on another port of that address. */
  | { kind: 'serves'; status?: number; port?: number; output?: string[] }
  /** Listens, but only where nobody outside reaches it. */
  | { kind: 'loopback'; output?: string[] }
  /** Runs and never listens. */
  | { kind: 'silent'; output?: string[] }
  | { kind: 'crashes'; exitCode: number; outOfMemory?: boolean; output?: string[]; errors?: string[] };

/** What a job does: writes its lines and exits; or runs until it is aborted. */
export type JobBehaviour = { exitCode: number; output?: string[] } | { forever: true; output?: string[] };

let lastAddress = Math.floor(Math.random() * 0xffffff);

/** Each instance has a loopback address of its own (127.x.y.z), so that dial addresses can really be dialled. */
export function nextAddress(): string {
  lastAddress = (lastAddress + 1) % 0xffffff;
  return `127.${[16, 8, 0].map((shift) => ((lastAddress >> shift) % 250) + 2).join('.')}`;
}

/** Answers every request until it is closed. */
export async function serve(host: string, port: number, status: number, text: string): Promise<Server> {
  const server = createServer((_request, response) => response.writeHead(status).end(`${text}\n`));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return server;
}

let lastTick = 0;

/** RFC 3339 with nanoseconds; no two are the same. */
export function now(): string {
  lastTick += 1;
  return new Date().toISOString().replace('Z', `${String(lastTick).padStart(6, '0')}Z`);
}
