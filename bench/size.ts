/**
 * What other apps on the server cost: the same deploy alone and with 100 other apps, the control server's memory and its
 * CPU when nothing happens.
 *
 *   node bench/size.ts [apps, default 100] [rounds, default 20]
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { makeTestImage } from '../test/support/images.ts';
import { type Repository, World } from '../test/support/world.ts';
import { header, row, summary, time } from './lib/stats.ts';

const run = promisify(execFile);
const others = Number(process.argv[2] ?? 100);
const rounds = Number(process.argv[3] ?? 20);

// A /26 for each app.
const world = await World.start({ LANDFALL_SUBNET: '10.77.0.0/16' });
const image = `${world.instance}-busybox:1`;
try {
  await makeTestImage(image);
  const app = (text: string): Record<string, string> => ({
    Dockerfile: `FROM ${image}\nCOPY text /www/index.html\nEXPOSE 5000\nUSER 1000:1000\n`,
    text,
  });
  const shop = await world.repository('shop', app('start'));
  await shop.mustPush();
  const alone = await deploys(shop, app, 'alone');
  for (let index = 1; index <= others; index++) {
    const other = await world.repository(`other${index}`, app('other'));
    await other.mustPush();
    process.stderr.write(`\r${index}/${others} apps  `);
  }
  const crowded = await deploys(shop, app, 'crowded');
  const before = usage();
  await delay(30_000);
  const after = usage();

  console.log(`\n\n${header}`);
  console.log(row('deploy alone: push → returned', alone, 'ms'));
  console.log(row(`deploy with ${others} other apps`, crowded, 'ms'));
  console.log(
    `\ncrowded / alone = ${(summary(crowded).median / summary(alone).median).toFixed(2)} (medians)`,
  );
  console.log(`server memory (RSS) with ${others + 1} apps: ${(after.rss / 1048576).toFixed(0)} MB`);
  console.log(`server CPU when idle, over 30 s: ${((after.cpuMs - before.cpuMs) / 300).toFixed(2)} %`);
} finally {
  await world.stop();
  await run('docker', ['image', 'rm', '-f', image]).catch(() => {});
}

async function deploys(
  shop: Repository,
  app: (text: string) => Record<string, string>,
  name: string,
): Promise<number[]> {
  const times: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    await shop.commit(app(`${name} ${round}`));
    times.push(await time(() => shop.mustPush()));
    while ((await world.deploys('shop'))[0]?.state !== 'live') await delay(20);
    process.stderr.write(`\r${name} ${round}/${rounds}  `);
  }
  return times;
}

/** From /proc (proc(5)): resident bytes, and CPU time at 100 ticks a second. */
function usage(): { rss: number; cpuMs: number } {
  const stat = readFileSync(`/proc/${world.serverPid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const rss =
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${world.serverPid}/status`, 'utf8'))?.[1]) * 1024;
  return { rss, cpuMs: (Number(stat[11]) + Number(stat[12])) * 10 };
}
