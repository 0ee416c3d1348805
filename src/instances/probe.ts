import { request } from 'node:http';
import { connect } from 'node:net';
import type { Dial } from '../types.ts';

/** What one look at an instance told. */
export type Probe =
  | { kind: 'answered'; status: number }
  | { kind: 'refused' }
  | { kind: 'silent' }
  | { kind: 'garbled'; reason: string };

/**
 * Asks an instance on the network path that the proxy uses: TCP, then `GET path` as a browser behind the proxy would.
 * Never throws; `silent` means that it accepted the connection but did not answer within `timeoutMs`.
 */
export function probe(dial: Dial, path: string, host: string, timeoutMs: number): Promise<Probe> {
  return new Promise((resolve) => {
    const ask = request({
      host: dial.host,
      port: dial.port,
      path,
      method: 'GET',
      agent: false,
      timeout: timeoutMs,
      headers: {
        host,
        'user-agent': 'Landfall-Health/1',
        'x-forwarded-proto': 'https',
        accept: '*/*',
        connection: 'close',
      },
    });
    let connected = false;
    ask.on('socket', (socket) => socket.on('connect', () => (connected = true)));
    ask.on('response', (response) => {
      resolve({ kind: 'answered', status: response.statusCode ?? 0 });
      response.destroy();
    });
    ask.on('timeout', () => {
      resolve(connected ? { kind: 'silent' } : { kind: 'refused' });
      ask.destroy();
    });
    ask.on('error', (error: NodeJS.ErrnoException) => {
      const early = !connected || error.code === 'ECONNRESET';
      resolve(early ? { kind: 'refused' } : { kind: 'garbled', reason: error.message });
    });
    ask.end();
  });
}

/** Whether anything accepts connections there; for looking again at an instance that was proven before. */
export function accepts(dial: Dial, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: dial.host, port: dial.port, timeout: timeoutMs });
    const end = (answer: boolean): void => {
      resolve(answer);
      socket.destroy();
    };
    socket.on('connect', () => end(true));
    socket.on('timeout', () => end(false));
    socket.on('error', () => end(false));
  });
}
