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

/** A build that runs this command, and what takes it out again. */
const building = (command: string): Record<string, string> => ({ 'landfall.toml': `build = "${command}"\n` });
const built = { 'landfall.toml': null };

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
    test(`at ${point} of a push: ${moves ? 'the new release serves' : 'the old one serves, unless git asks once more'}; the next push works`, async () => {
      await underLoad(async () => {
        await stage.crashingPush({ point, moves });
        await stage.settled();
        await stage.next();
      });
    });
});

describe('kill -9 of the server during other deploys', { timeout: 120_000 }, () => {
  const acts: { act: string; args: string[]; sets?: Record<string, string> }[] = [
    { act: 'rollback', args: ['rollback', 'shop'] },
    { act: 'config', args: ['config', 'set', 'shop', 'COLOUR=red'] },
    { act: 'restart', args: ['ps', 'restart', 'shop'] },
  ];
  const some = points().filter(({ point }) => ['starting:done', 'routing'].includes(point));
  // A restart differs from them only in that it keeps its release.
  for (const { act, args } of acts)
    for (const { point, moves } of act === 'restart' ? some.slice(1) : some)
      test(`at ${point} of a ${act}: it is ${moves ? 'done' : 'as if it had not been asked for'}`, async () => {
        await stage.landfall('config', 'unset', 'shop', 'COLOUR');
        await stage.settled();
        const [before] = await world.deploys('shop');
        await underLoad(async () => {
          await stage.crash(point, () => stage.landfall(...args));
          if (moves && act === 'rollback') stage.moved();
          await stage.settled();
          const [after] = await world.deploys('shop');
          expect(after).toMatchObject(moves ? { kind: act, state: 'live' } : { kind: act, state: 'failed' });
          expect(after?.id).not.toBe(before?.id);
          const red = moves && act === 'config';
          expect(await world.json('config', 'shop')).toEqual(red ? { COLOUR: 'red' } : {});
          await stage.next();
        });
      });
});

describe('kill -9 at other moments', { timeout: 120_000 }, () => {
  test('of the server while an image is built: the push is refused, and the next one works', async () => {
    await underLoad(async () => {
      await stage.prepare(building('sleep 30'));
      const { ran, heard } = stage.pushing();
      await heard(/sleep 30/);
      await world.killServer();
      expect((await ran).code).not.toBe(0);
      await world.startServer();
      await stage.settled();
      await stage.prepare(built);
      await stage.next();
    });
  });

  test('of the server while a release command runs: its container goes, and it is not run again', async () => {
    await underLoad(async () => {
      await stage.prepare({ Procfile: 'web: node server.js\nrelease: echo begun; sleep 30\n' });
      const { ran, heard } = stage.pushing();
      await heard(/begun/);
      await world.killServer();
      expect((await ran).code).not.toBe(0);
      await world.startServer();
      await stage.settled();
      await stage.prepare({ Procfile: null });
      await stage.next();
    });
  });

  test('of the server as it refuses a push: the refusal stands', async () => {
    await underLoad(async () => {
      await stage.prepare({ 'server.js': 'process.exit(3)' });
      expect((await stage.crash('failed', () => stage.repository.push())).code).not.toBe(0);
      await stage.settled();
      await stage.next();
    });
  });

  for (const { point, moves } of points().filter(({ point }) =>
    ['checking', 'routing', 'draining'].includes(point),
  ))
    test(`of server and proxy at ${point}: the ${moves ? 'new' : 'old'} release serves when they are back`, async () => {
      await stage.crashingPush({ point, moves }, { proxy: true });
      await stage.settled();
      await stage.next();
    });

  test('of the proxy alone: it comes back with what it served, and the next push works', async () => {
    await world.killProxy();
    await world.startProxy();
    await stage.settled();
    await stage.next();
  });
});

describe('Ctrl-C of git push', { timeout: 120_000 }, () => {
  test('while it builds cancels the deploy', async () => {
    await underLoad(async () => {
      await stage.prepare(building('sleep 31'));
      const { ran, heard, interrupt } = stage.pushing();
      await heard(/sleep 31/);
      interrupt();
      expect((await ran).code).not.toBe(0);
      await stage.settled();
      expect((await world.deploys('shop'))[0]).toMatchObject({
        state: 'failed',
        failure: { code: 'cancelled' },
      });
      await stage.prepare(built);
      await stage.next();
    });
  });

  test('while it waits for the app cancels the deploy, and the candidate goes', async () => {
    await underLoad(async () => {
      await stage.prepare({ 'server.js': 'setTimeout(() => {}, 60_000)' });
      const { ran, heard, interrupt } = stage.pushing();
      await heard(/start +web\.1/);
      interrupt();
      expect((await ran).code).not.toBe(0);
      await stage.settled();
      expect((await world.deploys('shop'))[0]).toMatchObject({
        state: 'failed',
        failure: { code: 'cancelled' },
      });
      await stage.next();
    });
  });

  test('just after the switch changes nothing: the new release is live and the branch follows', async () => {
    await underLoad(async () => {
      const commit = await stage.prepare();
      const { ran, heard, interrupt } = stage.pushing();
      await heard(/traffic moved/);
      interrupt();
      await ran;
      stage.moved(commit);
      await stage.settled();
      await stage.next();
    });
  });
});
