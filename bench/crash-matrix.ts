/**
 * The crash matrix's rows of the Docker daemon: a second dockerd, in a network namespace of its own, is killed with -9 while
 * a push builds, is checked and drains. (The rows of the server and the proxy are test/crash-matrix.test.ts.)
 *
 *   sudo node bench/crash-matrix.ts [rounds, default 3]
 */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { Stage } from '../test/support/matrix.ts';
import { measuredApp, Traffic } from '../test/support/traffic.ts';
import { until, World } from '../test/support/world.ts';
import { Daemon } from './lib/daemon.ts';

const run = promisify(execFile);
const inside = 'LANDFALL_BENCH_NAMESPACE';
const rounds = Number(process.argv[2] ?? 3);

if (process.env[inside] === undefined) {
  const name = `lfd-${process.pid}`;
  await run('ip', ['netns', 'add', name]);
  await run('ip', ['netns', 'exec', name, 'ip', 'link', 'set', 'lo', 'up']);
  // Not `ip netns exec`: it mounts a new /sys, without the control groups that dockerd needs.
  const { status } = spawnSync(
    'nsenter',
    [`--net=/run/netns/${name}`, process.execPath, ...process.argv.slice(1)],
    { stdio: 'inherit', env: { ...process.env, [inside]: name } },
  );
  await run('ip', ['netns', 'delete', name]);
  process.exit(status ?? 1);
}

/** Each state, made long enough to be met. */
interface Row {
  state: string;
  files(text: string): Record<string, string>;
  /** Requests of 6 s hold the old release. */
  slow: boolean;
}
const rows: Row[] = [
  { state: 'building', files: () => ({ 'landfall.toml': 'build = "sleep 6"\n' }), slow: false },
  {
    state: 'checking',
    files: (text) => ({ 'server.js': `setTimeout(() => {${measuredApp(text)['server.js']}}, 6000)` }),
    slow: false,
  },
  { state: 'draining', files: () => ({}), slow: true },
];

const daemon = new Daemon();
let world: World | null = null;
let failed = 0;
try {
  await daemon.start();
  const { stdout } = await run('docker', [
    'image',
    'ls',
    '--format',
    '{{.Repository}}:{{.Tag}}',
    'landfall-base/node',
  ]);
  await daemon.take(stdout.split('\n').filter((image) => image.includes('-runtime-')));
  process.env.DOCKER_HOST = `unix://${daemon.socket}`;
  world = await World.start({ LANDFALL_DOCKER_SOCKET: daemon.socket });
  const stage = await Stage.open(world);
  console.log('| dockerd killed in | result | settled after |\n|---|---|---|');
  for (let round = 0; round < rounds; round += 1)
    for (const row of rows) {
      const result = await kill(world, stage, row).catch((error) => {
        failed += 1;
        return `FAILED: ${error instanceof Error ? error.message : error} | -`;
      });
      console.log(`| ${row.state} | ${result} |`);
    }
} finally {
  await world?.stop();
  await daemon.stop();
}
process.exit(failed > 0 ? 1 : 0);

async function kill(world: World, stage: Stage, row: Row): Promise<string> {
  const slow = row.slow ? new Traffic(world.port, 'shop.localhost').slow(1, 6000) : null;
  const commit = await stage.prepare({ 'landfall.toml': null, ...row.files(stage.other) });
  const push = stage.repository.push();
  await until(async () => (await world.deploys('shop'))[0]?.state === row.state, row.state);
  await daemon.kill();
  const { code, err } = await push;
  if (code === 0) stage.moved(commit);
  const verdict = code === 0 ? 'live' : `refused: ${/! ([a-z-]+):/.exec(err)?.[1]}`;
  await daemon.start();
  const back = performance.now();
  await stage.settled();
  const seconds = ((performance.now() - back) / 1000).toFixed(1);
  await slow?.stop();
  await stage.prepare({ 'landfall.toml': null });
  await stage.next();
  return `push ${verdict}; ${stage.text} serves, next push works | ${seconds} s`;
}
