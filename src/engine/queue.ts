/** Many writers, one reader. A writer waits while the reader is `limit` items behind. */
export class Queue<T> {
  readonly #items: T[] = [];
  readonly #limit: number;
  #closed = false;
  #error: unknown = null;
  #wakeReader: (() => void) | null = null;
  #wakeWriters: (() => void)[] = [];

  constructor(limit = 1000) {
    this.#limit = limit;
  }

  async push(item: T): Promise<void> {
    while (this.#items.length >= this.#limit && !this.#closed) {
      await new Promise<void>((resolve) => this.#wakeWriters.push(resolve));
    }
    if (this.#closed) return;
    this.#items.push(item);
    this.#wakeReader?.();
  }

  /** The reader gets what is there, then the end, or the error. */
  close(error: unknown = null): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#error = error;
    this.#wakeReader?.();
    this.#free();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    try {
      for (;;) {
        const items = this.#items.splice(0);
        this.#free();
        yield* items;
        if (this.#items.length > 0) continue;
        if (this.#closed) break;
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
        });
        this.#wakeReader = null;
      }
      if (this.#error !== null) throw this.#error;
    } finally {
      this.close();
    }
  }

  #free(): void {
    for (const wake of this.#wakeWriters.splice(0)) wake();
  }
}
