import { setTimeout as delay } from 'node:timers/promises';

/** Waits; rejects with the signal's reason when it is aborted first. The only timers of the server are in this file. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  try {
    await delay(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** Calls `work` again and again, `everyMs` after the last end, until the signal. What it throws goes to `failed`. */
export async function repeat(
  everyMs: number,
  signal: AbortSignal,
  work: () => Promise<void>,
  failed: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    await work().catch(failed);
    await pause(everyMs, signal).catch(() => {});
  }
}

/** A signal that aborts with `reason` after `ms`, or with the parent's reason. `done` frees the timer. */
export function deadline(
  ms: number,
  reason: Error,
  parent?: AbortSignal,
): { signal: AbortSignal; done: () => void } {
  const own = new AbortController();
  const timer = setTimeout(() => own.abort(reason), ms);
  const signal = parent ? AbortSignal.any([own.signal, parent]) : own.signal;
  return { signal, done: () => clearTimeout(timer) };
}
