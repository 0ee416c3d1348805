import { connect } from 'node:net';
import type { Engine, InstanceSpec, LogLine } from '../../src/engine/engine.ts';
import type { Dial, Group, Instance } from '../../src/types.ts';

/** What the tests need beside the engine. */
export interface World {
  engine: Engine;
  image: string;
  /** Creates an instance without starting it, as a server killed in `scale` does; returns its id. */
  halfMake(group: Group, spec: InstanceSpec, index: number): Promise<string>;
  /** The instance's processes are killed from outside. */
  crash(instance: Instance): Promise<void>;
  /** The app writes a line to its output. */
  write(instance: Instance, text: string): Promise<void>;
  close(): Promise<void>;
}

/** What an instance does: see test/support/images.ts. */
export type Mode = 'serve' | 'loopback' | 'crash' | 'silent' | 'greedy' | 'job' | 'endless';

let lastApp = 0;

export function newGroup(process = 'web', appId = `a${++lastApp}`): Group {
  return { appId, process, deploy: 7, release: 3 };
}

export function specOf(image: string, mode: Mode, more: Partial<InstanceSpec> = {}): InstanceSpec {
  return {
    image,
    command: null,
    env: { PORT: '5000', MODE: mode },
    port: 5000,
    limits: { memoryBytes: 32 * 1024 * 1024, cpus: 1, pids: 50 },
    confine: 'generated',
    restart: 'no',
    stopSeconds: 1,
    ...more,
  };
}

export async function accepts({ host, port }: Dial): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

export async function collect(lines: AsyncIterable<LogLine>, into: LogLine[]): Promise<void> {
  for await (const line of lines) into.push(line);
}
