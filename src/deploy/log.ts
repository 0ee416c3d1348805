import { stripVTControlCharacters } from 'node:util';
import type { Deploys } from '../store/deploys.ts';
import type { DeployId } from '../types.ts';

/** The log of one deploy: to the one who waits at once, to the store in batches (a write a line would cost a disk flush each). */
export class DeployLog {
  readonly #deploys: Deploys;
  readonly #id: DeployId;
  readonly #listen: (line: string) => void;
  #kept: { at: string; line: string }[] = [];
  #next = 1;
  #flushing = false;
  readonly #began = performance.now();
  #stepBegan = this.#began;

  constructor(deploys: Deploys, id: DeployId, listen: (line: string) => void) {
    this.#deploys = deploys;
    this.#id = id;
    this.#listen = listen;
  }

  line(text: string): void {
    const line = clean(text);
    this.#listen(line);
    this.#kept.push({ at: new Date().toISOString(), line });
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      if (this.#kept.length >= 50) this.flush();
    });
  }

  /** A step that ended: its name, what came of it, and the seconds since the step before. */
  step(name: string, what: string): void {
    const now = performance.now();
    this.line(`${`${name} `.padEnd(9)}${what}  ${((now - this.#stepBegan) / 1000).toFixed(2)}s`);
    this.#stepBegan = now;
  }

  /** Since the deploy began. */
  seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  /** Writes what is not written yet. Called at every change of state. */
  flush(): void {
    const lines = this.#kept.splice(0);
    if (lines.length === 0) return;
    this.#deploys.addLines(this.#id, this.#next, lines);
    this.#next += lines.length;
  }
}

/** A line may come from a build or an app: nothing in it may move a terminal's cursor. */
export function clean(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[^\P{Cc}\t]/gu, '')
    .slice(0, 4000);
}
