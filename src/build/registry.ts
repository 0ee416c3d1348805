import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { PullOutcome } from '../engine/engine.ts';
import { parse, record } from './buildkit/daemon.ts';

const rememberMs = 24 * 3600 * 1000;

/**
 * What was seen of image registries, for a day: a server without one must not pay a time-out in every build. One key for
 * the whole registry (`*`) when it did not answer, one for an image that it has not.
 */
export class RegistryMemory {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** True when asking for the image again would be a waste of time. */
  hopeless(image: string): boolean {
    const seen = this.#read();
    return ['*', image].some((key) => Date.now() - (seen[key] ?? 0) < rememberMs);
  }

  remember(image: string, outcome: Exclude<PullOutcome, 'pulled'>): void {
    const seen = { ...this.#read(), [outcome === 'unreachable' ? '*' : image]: Date.now() };
    const draft = `${this.#path}.${process.pid}`;
    try {
      writeFileSync(draft, `${JSON.stringify(seen)}\n`);
      renameSync(draft, this.#path);
    } catch {
      // no folder to remember in, or a full disk: it costs the time of another attempt, no more
    }
  }

  #read(): Record<string, number> {
    try {
      const entries = Object.entries(record(parse(readFileSync(this.#path, 'utf8'))));
      return Object.fromEntries(entries.filter((e): e is [string, number] => typeof e[1] === 'number'));
    } catch {
      return {}; // nothing seen yet
    }
  }
}
