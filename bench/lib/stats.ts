/** What a row of numbers says: min, median, p90, max. */
export function summary(values: readonly number[]): {
  min: number;
  median: number;
  p90: number;
  max: number;
  n: number;
} {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
  return { min: at(0), median: at(0.5), p90: at(0.9), max: at(1), n: sorted.length };
}

/** A line for a table of RESULTS.md. */
export function row(name: string, values: readonly number[], unit: string): string {
  const { min, median, p90, max, n } = summary(values);
  const show = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
  return `| ${name} | ${show(min)} | ${show(median)} | ${show(p90)} | ${show(max)} ${unit} | ${n} |`;
}

export const header = '| what | min | median | p90 | max | n |\n|---|---|---|---|---|---|';

/** Milliseconds that `work` takes. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
