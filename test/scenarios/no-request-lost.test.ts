import { afterAll, beforeAll, expect, test } from 'vitest';
import { measuredApp, Traffic } from '../support/traffic.ts';
import { type Repository, World } from '../support/world.ts';

let world: World;
let app: Repository;
beforeAll(async () => {
  world = await World.start();
  app = await world.repository('shop', measuredApp('v0'));
  await app.mustPush();
}, 300_000);
afterAll(() => world?.stop(), 60_000);

/** The long form, with a million requests, is bench/requests-lost.ts. */
test('no request is lost and none is answered by an old version: deploys, rollbacks, restarts, config, a crash, a reload', async () => {
  const traffic = new Traffic(world.port, 'shop.localhost');
  traffic.keepAlive(4, 2).fresh(3, 5).slow(3, 3000).sockets(3, 1500);
  const push = async (text: string): Promise<void> => {
    await app.commit(measuredApp(text));
    await traffic.deploy(() => app.mustPush());
    expect((await world.get('shop.localhost')).body).toMatch(`${text} `);
  };
  const command = async (...args: string[]): Promise<void> => {
    const { code, err } = await traffic.deploy(() => world.landfall(...args));
    expect({ code, err }).toMatchObject({ code: 0 });
  };
  await push('one');
  await push('two');
  await command('rollback', 'shop');
  await world.reloadProxy();
  await push('three');
  await command('ps', 'restart', 'shop');
  await world.killServer();
  await world.startServer();
  await push('four');
  await command('config', 'set', 'shop', 'A=1');
  await push('five');
  await command('rollback', 'shop');
  await command('ps', 'restart', 'shop');
  await push('six');
  await traffic.stop();
  expect(traffic.lost).toEqual([]);
  expect(traffic.stale).toEqual([]);
  for (const count of Object.values(traffic.done)) expect(count).toBeGreaterThan(20);
}, 180_000);
