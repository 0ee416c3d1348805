import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plan } from '../../src/build/plan.ts';
import { sourceFromDirectory, sourceFromFiles } from '../../src/build/source.ts';

/** With UPDATE=1 the golden Dockerfiles are written instead of compared: read the difference in git. */
const update = process.env.UPDATE === '1';
const apps = join(import.meta.dirname, '..', 'apps');
const own = new Set(['expect.json', 'expect.Dockerfile', 'answer.json']);

for (const name of readdirSync(apps).sort()) {
  const dir = join(apps, name);
  if (!existsSync(join(dir, 'expect.json'))) continue;

  describe(name, () => {
    const source = sourceFromDirectory(dir);
    const files = Object.fromEntries(
      source.paths.filter((path) => !own.has(path)).map((path) => [path, readFileSync(join(dir, path))]),
    );
    const { json } = plan(sourceFromFiles(files));

    it('is planned as expected', () => {
      expect(json).toMatchObject(JSON.parse(readFileSync(join(dir, 'expect.json'), 'utf8')));
    });

    it('has every key of the plan, and an error in every outcome but a plan', () => {
      expect(Object.values(json)).not.toContain(undefined);
      expect(json.error === null).toBe(json.outcome === 'plan');
      expect(json.start).toBe(json.processes.web ?? null);
    });

    const golden = join(dir, 'expect.Dockerfile');
    if (json.outcome === 'plan' && json.stack !== 'dockerfile') {
      it('makes the same Dockerfile as before', () => {
        if (update) writeFileSync(golden, json.dockerfile ?? '');
        expect(json.dockerfile).toBe(
          existsSync(golden) ? readFileSync(golden, 'utf8') : 'no golden file: run with UPDATE=1',
        );
      });
    }
  });
}
