import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { points, Stage } from './support/matrix.ts';
import { World } from './support/world.ts';

let world: World;
let stage: Stage;
beforeAll(async () => {
  world = await World.start();
  stage = await Stage.open(world);
}, 300_000);
afterAll(() => world?.stop(), 60_000);

/** Under a light load that may lose nothing. */
async function underLoad(work: () => Promise<void>): Promise<void> {
  const load = stage.load();
  try {
    await work();
  } finally {
    await load.stop();
  }
  expect(load.lost).toEqual([]);
  expect(load.total).toBeGreaterThan(10);
}

describe('kill -9 of the server', { timeout: 120_000 }, () => {
  for (const { point, moves } of points())
    test(`at ${point} of a push: the ${moves ? 'new' : 'old'} release serves, and the next push works`, async () => {
      await underLoad(async () => {
        const commit = await stage.prepare();
        const ran = await stage.until(point, () => stage.repository.push());
        if (!moves) expect(ran.code).not.toBe(0);
        if (moves) stage.moved(commit);
        await world.startServer();
        await stage.settled();
        await stage.next();
      });
    });
});
