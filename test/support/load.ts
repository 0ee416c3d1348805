import { createHash, randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { get } from './proxy.ts';

/** Bounded traffic of every kind, until it is told to stop; `lost` says what did not come back whole and right. */
export interface Load {
  done: number;
  lost: string[];
  stop(): Promise<void>;
}

export function load(port: number, host: string): Load {
  const running: Promise<void>[] = [];
  let stopped = false;
  const result: Load = {
    done: 0,
    lost: [],
    stop: async () => {
      stopped = true;
      await Promise.all(running);
    },
  };
  const client = (name: string, once: () => Promise<string | null>, gapMs = 1): void => {
    running.push(
      (async () => {
        while (!stopped) {
          const problem = await once().catch((error) => String(error));
          if (problem === null) result.done += 1;
          else result.lost.push(`${name}: ${problem}`);
          await delay(gapMs);
        }
      })(),
    );
  };
  const expect200 = async (path: string, agent?: Agent): Promise<string | null> => {
    const { status, body } = await get(port, host, path, agent ? { agent } : {});
    return status === 200 && body.startsWith('v') ? null : `${status} ${body.slice(0, 80)}`;
  };
  for (let i = 0; i < 4; i += 1) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    client('keep-alive', () => expect200('/', agent));
    client('new connection', () => expect200('/'));
  }
  // Idle between requests: the connections that a reload leaves on an old worker.
  const idle = new Agent({ keepAlive: true, maxSockets: 1 });
  client('idle keep-alive', () => expect200('/', idle), 150);
  for (let i = 0; i < 3; i += 1) client('slow', () => expect200('/slow?ms=300'));
  const upload = new Agent({ keepAlive: true, maxSockets: 2 });
  for (let i = 0; i < 2; i += 1) {
    client('upload', async () => {
      const body = randomBytes(60_000);
      const answer = await get(port, host, '/', { method: 'POST', body, agent: upload });
      return answer.body === createHash('sha1').update(body).digest('hex')
        ? null
        : `wrong sum, ${answer.status}`;
    });
  }
  client('websocket', () => conversation(port, host), 10);
  return result;
}

/** Some words over one connection. Must end before the drain deadline of whoever runs it. */
async function conversation(port: number, host: string): Promise<string | null> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host } });
  const failed = new Promise<never>((_, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
  });
  failed.catch(() => {});
  const next = (): Promise<string> =>
    Promise.race([
      failed,
      new Promise<string>((resolve) => socket.once('message', (m) => resolve(String(m)))),
    ]);
  await Promise.race([failed, new Promise((resolve) => socket.once('open', resolve))]);
  for (let i = 0; i < 10; i += 1) {
    const heard = next();
    socket.send(String(i));
    if (!(await heard).endsWith(`:${i}`)) return 'wrong echo';
    await delay(20);
  }
  socket.removeAllListeners('close');
  socket.close();
  return null;
}
