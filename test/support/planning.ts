import { expect, it } from 'vitest';
import { type PlanJson, plan } from '../../src/build/plan.ts';
import { sourceFromFiles } from '../../src/build/source.ts';

/** A title, a tree, and what the plan must say of it. Objects and arrays as file contents are written as JSON. */
export type Case = readonly [
  title: string,
  files: Record<string, unknown>,
  expected: Partial<Record<keyof PlanJson, unknown>> & {
    /** Codes that must be among the warnings. */
    warned?: readonly string[];
  },
];

export function planOf(files: Record<string, unknown>): PlanJson {
  const texts = Object.entries(files).map(
    ([path, value]) =>
      [
        path,
        typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value),
      ] as const,
  );
  return plan(sourceFromFiles(Object.fromEntries(texts))).json;
}

/** One test for each case. */
export function planned(cases: readonly Case[]): void {
  for (const [title, files, { warned = [], ...expected }] of cases) {
    it(title, () => {
      const json = planOf(files);
      expect(json).toMatchObject(expected);
      expect(json.warnings.map((warning) => warning.code)).toEqual(expect.arrayContaining([...warned]));
    });
  }
}
