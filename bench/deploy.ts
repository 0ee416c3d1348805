/**
 * A push of a one-line edit, from the start of `git push` to the first answer of the new version, beside the bare floor:
 * `docker build` of the same Dockerfile with a warm cache, `docker run` on a bridge, and the first answer. Alternating.
 * Then rollback, restart and config change to their first answers.
 *
 *   node bench/deploy.ts [rounds, default 20]
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { plan } from '../src/build/plan.ts';
import { sourceFromDirectory } from '../src/build/source.ts';
import { type Repository, World } from '../test/support/world.ts';
import { header, row, summary } from './lib/stats.ts';

const run = promisify(execFile);
const rounds = Number(process.argv[2] ?? 20);

const app = (text: string): Record<string, string> => ({
  'package.json': JSON.stringify({
    name: 'shop',
    private: true,
    scripts: { start: 'node server.js' },
    dependencies: { express: '5' },
    engines: { node: '24' },
  }),
  'server.js': `const app = require('express')();
app.get('/', (request, response) => response.send(${JSON.stringify(text)}));
const server = app.listen(process.env.PORT);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`,
});

const world = await World.start();
try {
  const shop = await world.repository('shop', app('v0'));
  await run(
    'npm',
    ['install', '--package-lock-only', '--omit-lockfile-registry-resolved', '--no-audit', '--no-fund'],
    { cwd: shop.folder },
  );
  await shop.commit({});
  await shop.mustPush();

  const pushes: number[] = [];
  const returns: number[] = [];
  const floors: number[] = [];
  const floor = await prepareFloor(shop);
  for (let round = 1; round <= rounds; round++) {
    await shop.commit({ 'server.js': app(`v${round}`)['server.js'] ?? '' });
    const began = performance.now();
    const [first, done] = await Promise.all([
      firstAnswer(world.port, 'shop.localhost', `v${round}`, began),
      shop.mustPush().then(() => performance.now() - began),
    ]);
    pushes.push(first);
    returns.push(done);
    await settled();
    floors.push(await floor(round));
    process.stderr.write(
      `\r${round}/${rounds}: push ${first.toFixed(0)} ms, floor ${floors.at(-1)?.toFixed(0)} ms  `,
    );
  }

  const rollbacks: number[] = [];
  const restarts: number[] = [];
  const configs: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    // Each rollback goes to what served before, so two texts alternate.
    const other = (await world.get('shop.localhost')).body === `v${rounds}` ? `v${rounds - 1}` : `v${rounds}`;
    const began = performance.now();
    const [first] = await Promise.all([
      firstAnswer(world.port, 'shop.localhost', other, began),
      timed(() => world.landfall('rollback', 'shop')),
    ]);
    rollbacks.push(first);
    await settled();
  }
  for (let round = 1; round <= rounds; round++) {
    restarts.push(await timed(() => world.landfall('ps', 'restart', 'shop')));
    await settled();
    configs.push(await timed(() => world.landfall('config', 'set', 'shop', `ROUND=${round}`)));
    await settled();
  }

  const ratio = summary(pushes).median / summary(floors).median;
  console.log(`\n\n${header}`);
  console.log(row('push of a one-line edit → first answer', pushes, 'ms'));
  console.log(row('the same → the push returns', returns, 'ms'));
  console.log(row('floor: docker build + docker run + first answer', floors, 'ms'));
  console.log(row('rollback → first answer of the other version', rollbacks, 'ms'));
  console.log(row('ps restart → done', restarts, 'ms'));
  console.log(row('config set → done', configs, 'ms'));
  console.log(`\npush / floor = ${ratio.toFixed(2)} (medians)`);
} finally {
  await world.stop();
}

async function settled(): Promise<void> {
  while ((await world.containers()).length !== 1 || (await world.deploys('shop'))[0]?.state !== 'live')
    await delay(20);
}

async function timed(work: () => Promise<{ code: number; err: string }>): Promise<number> {
  const began = performance.now();
  const { code, err } = await work();
  if (code !== 0) throw new Error(err);
  return performance.now() - began;
}

/** The same Dockerfile, arguments and tree; a network of its own, as our apps have. */
async function prepareFloor(repository: Repository): Promise<(round: number) => Promise<number>> {
  const folder = mkdtempSync(join(tmpdir(), 'floor-'));
  const { recipe } = plan(sourceFromDirectory(repository.folder));
  if (!recipe) throw new Error('not planned');
  for (const [name, text] of Object.entries(recipe.files)) writeFileSync(join(folder, name), text);
  const { stdout } = await run('docker', [
    'image',
    'ls',
    '--format',
    '{{.Repository}}:{{.Tag}}',
    'landfall-base/node',
  ]);
  const bases = stdout.split('\n');
  const base = (variant: string): string => bases.find((name) => name.includes(`-${variant}-`)) ?? '';
  const args = recipe.images.flatMap((image) => ['--build-arg', `${image.arg}=${base(image.variant)}`]);
  const network = `floor-${process.pid}`;
  await run('docker', ['network', 'create', '--subnet', '10.199.255.0/26', network]);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return async (round) => {
    const name = `floor-${process.pid}-${round}`;
    const began = performance.now();
    await run(
      'docker',
      [
        'build',
        '-q',
        '-f',
        join(folder, recipe.dockerfile),
        ...args,
        '-t',
        network,
        '--secret',
        'id=ca,src=/etc/ssl/certs/ca-certificates.crt',
        repository.folder,
      ],
      { env: { ...process.env, DOCKER_BUILDKIT: '1', PATH: `/usr/bin:${process.env.PATH}` } },
    );
    await run('docker', [
      'run',
      '-d',
      '--init',
      '--name',
      name,
      '--network',
      network,
      '--ip',
      '10.199.255.10',
      '-e',
      'PORT=5000',
      network,
    ]);
    const first = await firstAnswer(5000, '10.199.255.10', `v${round}`, began);
    await run('docker', ['rm', '-f', name]);
    if (round === rounds) {
      await run('docker', ['network', 'rm', network]);
      await run('docker', ['image', 'rm', network]);
    }
    return first;
  };
}

/** Asks every 5 ms until the text comes; milliseconds since `began`. */
async function firstAnswer(port: number, host: string, text: string, began: number): Promise<number> {
  const address = host.endsWith('.localhost') ? '127.0.0.1' : host;
  for (;;) {
    const body = await new Promise<string>((resolve) => {
      const asking = request(
        { host: address, port, headers: { host }, agent: false, timeout: 1000 },
        (response) => {
          let all = '';
          response.on('data', (chunk) => (all += String(chunk)));
          response.on('end', () => resolve(all));
        },
      );
      asking.on('error', () => resolve(''));
      asking.end();
    });
    if (body === text) return performance.now() - began;
    await delay(5);
  }
}
