/** Grown by this much since the last time, the heap is worth a collection. */
const growth = 1.15;
let after = 0;

/**
 * On a machine with much memory V8 collects late, and a deploy leaves more behind than the server needs all day. Between
 * deploys is the time to give it back. Does nothing unless Node runs with --expose-gc.
 */
export function giveBackMemory(): void {
  if (!globalThis.gc || process.memoryUsage().heapUsed < after * growth) return;
  globalThis.gc();
  after = process.memoryUsage().heapUsed;
}
