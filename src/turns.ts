/** First come, first served, `width` at a time for each key. */
export class Turns {
  readonly #width: number;
  readonly #busy = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(width = 1) {
    this.#width = width;
  }

  /** How many are before a newcomer. */
  ahead(key: string): number {
    const busy = this.#busy.get(key) ?? 0;
    return busy < this.#width ? 0 : busy - this.#width + 1 + (this.#waiting.get(key)?.length ?? 0);
  }

  /** Resolves with the function that ends the turn (may be called twice). Rejects with the signal's reason while waiting. */
  async take(key: string, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if ((this.#busy.get(key) ?? 0) < this.#width) {
      this.#busy.set(key, (this.#busy.get(key) ?? 0) + 1);
    } else {
      await new Promise<void>((resolve, reject) => {
        const queue = this.#waiting.get(key) ?? [];
        this.#waiting.set(key, queue);
        const start = (): void => {
          signal?.removeEventListener('abort', leave);
          resolve();
        };
        const leave = (): void => {
          queue.splice(queue.indexOf(start), 1);
          reject(signal?.reason);
        };
        queue.push(start);
        signal?.addEventListener('abort', leave, { once: true });
      });
    }
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#end(key);
    };
  }

  /** Runs `work` in a turn. */
  async run<T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const end = await this.take(key, signal);
    try {
      return await work();
    } finally {
      end();
    }
  }

  #end(key: string): void {
    const next = this.#waiting.get(key)?.shift();
    if (next) {
      next();
      return;
    }
    const busy = (this.#busy.get(key) ?? 1) - 1;
    if (busy > 0) {
      this.#busy.set(key, busy);
    } else {
      this.#busy.delete(key);
      this.#waiting.delete(key);
    }
  }
}
