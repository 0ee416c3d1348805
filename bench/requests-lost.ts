/**
 * Requests lost while everything happens that may: deploys, rollbacks, restarts, config changes, kill -9 of the server and
 * reloads of the proxy, in random order, with keep-alive, new-connection, slow (3 s) and WebSocket clients all the time.
 * Prints a report for bench/RESULTS.md; exit 1 when a request was lost or answered by an old version.
 *
 *   node bench/requests-lost.ts [scale, default 1: 60 deploys and a million requests]
 */
import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { measuredApp, Traffic } from '../test/support/traffic.ts';
import { World } from '../test/support/world.ts';

const scale = Number(process.argv[2] ?? 1);
const times = (count: number): number => Math.max(1, Math.round(count * scale));
const planned = {
  deploy: times(60),
  rollback: times(20),
  restart: times(20),
  config: times(10),
  'server kill -9': times(5),
  'proxy reload': times(5),
};
type Event = keyof typeof planned;
const wanted = 1_000_000 * scale;

const world = await World.start();
let failed = false;
try {
  const app = await world.repository('shop', measuredApp('v0'));
  await app.mustPush();
  // Something to roll back to.
  await app.commit(measuredApp('v00'));
  await app.mustPush();
  const traffic = new Traffic(world.port, 'shop.localhost');
  traffic.keepAlive(16, 1).fresh(4, 2).slow(4, 3000).sockets(4, 1500);
  const began = performance.now();

  const command = async (...args: string[]): Promise<void> => {
    const { code, err } = await traffic.deploy(() => world.landfall(...args));
    if (code !== 0) throw new Error(`landfall ${args.join(' ')}: ${err}`);
  };
  const acts: Record<Event, (count: number) => Promise<void>> = {
    deploy: async (count) => {
      await app.commit(measuredApp(`v${count}`));
      await traffic.deploy(() => app.mustPush());
    },
    rollback: () => command('rollback', 'shop'),
    restart: () => command('ps', 'restart', 'shop'),
    config: (count) => command('config', 'set', 'shop', `COUNT=${count}`),
    'server kill -9': async () => {
      await world.killServer();
      await world.startServer();
    },
    'proxy reload': () => world.reloadProxy(),
  };
  const events = Object.entries(planned).flatMap(([name, count]) =>
    Array.from({ length: count }, (_, at) => ({ name: name as Event, order: (at + Math.random()) / count })),
  );
  events.sort((a, b) => a.order - b.order);
  for (const [at, { name }] of events.entries()) {
    // Spread over all requests, not only over the first ones.
    while (traffic.total < (wanted * at) / events.length) await delay(50);
    await acts[name](at + 1);
    writeSync(
      2,
      `${at + 1}/${events.length} ${name}: ${traffic.total} requests, ${traffic.lost.length} lost\n`,
    );
  }
  while (traffic.total < wanted) await delay(1000);

  // A WebSocket of the longest life: cut no earlier than the drain deadline (Traffic counts it as lost if it is).
  traffic.sockets(2, 60_000);
  await delay(500);
  await acts.deploy(events.length + 1);
  await delay(35_000);
  await traffic.stop();

  const seconds = (performance.now() - began) / 1000;
  const counts = Object.entries(traffic.done).map(([kind, count]) => `${kind} ${count.toLocaleString('en')}`);
  console.log(`| what | figure |
|---|---|
| requests and conversations' words | ${traffic.total.toLocaleString('en')} (${counts.join(', ')}) in ${Math.round(seconds)} s |
| during | ${Object.entries(planned)
    .map(([name, count]) => `${count} × ${name}`)
    .join(', ')} |
| lost | **${traffic.lost.length}** |
| answered by an old version, begun after the deploy returned | **${traffic.stale.length}** |`);
  for (const line of [...traffic.lost.slice(0, 20), ...traffic.stale.slice(0, 20)]) console.log(`- ${line}`);
  failed = traffic.lost.length + traffic.stale.length > 0;
} finally {
  await world.stop();
}
process.exit(failed ? 1 : 0);
