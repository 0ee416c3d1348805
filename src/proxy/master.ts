import { pause } from '../loop.ts';
import { type Processes, readProcesses } from './answers.ts';
import { ask, ProxyUnreachable } from './socket.ts';

/** A reload of many backends on a busy machine takes a second; this is when something is wrong. */
const reloadMs = 20_000;

/** The proxy's master process: reloads, and the way to workers of before a reload. */
export class Master {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async processes(): Promise<Processes> {
    return readProcesses(await ask(this.#path, 'show proc'));
  }

  /** Asks a worker that has been reloaded away. One that is gone answers with words that no reader understands. */
  async askOld(pid: number, command: string): Promise<string> {
    return ask(this.#path, `@!${pid} ${command}`);
  }

  /**
   * Reloads and resolves with the new worker's pid, or with null and the reason when the configuration is refused; the old
   * worker serves on then. HAProxy 2.7 and later answer when it is done, 2.6 answers nothing and is asked again and again.
   */
  async reload(): Promise<{ worker: number } | { worker: null; reason: string }> {
    const before = await this.processes();
    const answer = await ask(this.#path, 'reload', reloadMs).catch(() => '');
    if (/^Success=0/.test(answer))
      return { worker: null, reason: answer.replace(/^Success=0\s*(--)?\s*/, '') };
    const until = performance.now() + reloadMs;
    while (performance.now() < until) {
      // The master closes its socket while it executes itself anew.
      const now = await this.processes().catch(() => null);
      if (now && now.failed > before.failed) return { worker: null, reason: 'see its own log' };
      if (now?.worker && now.worker !== before.worker) return { worker: now.worker };
      await pause(10);
    }
    throw new ProxyUnreachable(`no new worker ${reloadMs / 1000} s after a reload`);
  }
}
