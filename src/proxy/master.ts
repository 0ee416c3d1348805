import { pause } from '../loop.ts';
import { type Processes, readInfo, readProcesses } from './answers.ts';
import { ask, ProxyUnreachable } from './socket.ts';

/** A reload of many backends on a busy machine takes a second; this is when something is wrong. */
const reloadMs = 20_000;
const refusedMs = 3000;
/** The signal to stop takes milliseconds. */
const stopMs = 5000;

/** The proxy's master process: reloads, and the way to workers of before a reload. */
export class Master {
  readonly #path: string;
  /** The old workers that are known to be stopping. */
  #stopping: ReadonlySet<number> = new Set();

  constructor(path: string) {
    this.#path = path;
  }

  async processes(): Promise<Processes> {
    const processes = readProcesses(await this.#ask('show proc'));
    // A proxy that is started anew begins with the same pids.
    this.#stopping = new Set(processes.old.filter((pid) => this.#stopping.has(pid)));
    return processes;
  }

  /** Asks a worker that has been reloaded away; empty answers when it is gone. */
  async askOld(pid: number, commands: readonly string[]): Promise<string[]> {
    const answers: string[] = [];
    for (const command of commands) answers.push(await this.#askOld(pid, command));
    return answers;
  }

  /** The master closes its socket for a moment while it executes itself anew, at its start too. */
  async #ask(command: string): Promise<string> {
    const until = performance.now() + refusedMs;
    for (;;) {
      try {
        return await ask(this.#path, command);
      } catch (error) {
        if (performance.now() > until) throw error;
        await pause(10);
      }
    }
  }

  /** A worker that ends under a question leaves it without an answer (tried: 3.0), so the patience is short. */
  async #askOld(pid: number, command: string): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await ask(this.#path, `@!${pid} ${command}`, 250);
      } catch (error) {
        if (!(await this.processes()).old.includes(pid)) return '';
        if (attempt === 20) throw error;
      }
    }
  }

  /**
   * Resolves when this worker of before a reload knows that it is one. The new worker is ready a moment earlier, and until
   * then the old one takes new connections to servers that the next change may already retire.
   */
  async untilStopping(pid: number): Promise<void> {
    if (this.#stopping.has(pid)) return;
    const until = performance.now() + stopMs;
    for (;;) {
      const [info = ''] = await this.askOld(pid, ['show info']);
      if (readInfo(info).get('Stopping') !== '0') break;
      if (performance.now() > until) throw new ProxyUnreachable(`worker ${pid} goes on after a reload`);
      await pause(5);
    }
    this.#stopping = new Set([...this.#stopping, pid]);
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
      const now = await this.processes();
      if (now.failed > before.failed) return { worker: null, reason: 'see its own log' };
      if (now.worker !== null && now.worker !== before.worker) return { worker: now.worker };
      await pause(10);
    }
    throw new ProxyUnreachable(`no new worker ${reloadMs / 1000} s after a reload`);
  }
}
