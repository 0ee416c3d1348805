/**
 * Requests per second through Landfall's proxy beside a bare HAProxy of the same binary with the same threads, headers and
 * log format and one backend; both in front of the same app, alternating. Needs wrk (Debian package).
 *
 *   node bench/throughput.ts [rounds, default 20] [seconds, default 4]
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until, World } from '../test/support/world.ts';
import { header, row, summary } from './lib/stats.ts';

const run = promisify(execFile);
const rounds = Number(process.argv[2] ?? 20);
const seconds = Number(process.argv[3] ?? 4);

/** An app that costs next to nothing, so that the proxies are what is measured. */
const app = {
  Dockerfile: `FROM landfall-base/debian:trixie
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends haproxy >/dev/null
COPY app.cfg /app.cfg
EXPOSE 5000
USER 1000:1000
CMD ["haproxy", "-db", "-f", "/app.cfg"]
`,
  'app.cfg': `global
  nbthread 2
defaults
  mode http
  timeout client 60s
  timeout connect 5s
  timeout server 60s
frontend app
  bind :5000
  http-request return status 200 content-type text/plain string "${'x'.repeat(100)}"
`,
};

const world = await World.start();
const folder = mkdtempSync(join(tmpdir(), 'bare-'));
let bare: ReturnType<typeof spawn> | null = null;
try {
  const repository = await world.repository('fast', app);
  await repository.mustPush();
  const { stdout } = await run('docker', [
    'inspect',
    '-f',
    '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
    (await world.containers())[0] ?? '',
  ]);
  const port = world.port + 1;
  writeFileSync(join(folder, 'haproxy.cfg'), bareConfig(port, stdout.trim()));
  bare = spawn('/usr/sbin/haproxy', ['-W', '-f', join(folder, 'haproxy.cfg')], {
    stdio: 'ignore',
    env: {},
    detached: true,
  });
  await until(() => answers(port), 'the bare proxy');

  const results: Record<'landfall' | 'bare', number[]> = { landfall: [], bare: [] };
  for (let round = 1; round <= rounds; round++) {
    results.landfall.push(await load(world.port));
    results.bare.push(await load(port));
    process.stderr.write(
      `\r${round}/${rounds}: ${results.landfall.at(-1)} and ${results.bare.at(-1)} requests/s  `,
    );
  }
  console.log(`\n\n${header}`);
  console.log(row('through Landfall', results.landfall, 'req/s'));
  console.log(row('through a bare HAProxy', results.bare, 'req/s'));
  console.log(
    `\nLandfall / bare = ${(summary(results.landfall).median / summary(results.bare).median).toFixed(2)} (medians)`,
  );
} finally {
  if (bare?.pid) process.kill(-bare.pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
  await world.stop();
}

/** The global section, the header rules and the log format are copied from the configuration that Landfall wrote. */
function bareConfig(port: number, address: string): string {
  const ours = readFileSync(join(world.home, 'proxy/haproxy.cfg'), 'utf8');
  const headers = ours.split('\n').filter((line) => /^ {2}http-request (set|del)-header/.test(line));
  return [
    'global',
    '  log stdout format raw local0',
    '  fd-hard-limit 32768',
    'defaults',
    '  mode http',
    '  log global',
    '  option httplog',
    '  option dontlog-normal',
    '  timeout connect 3s',
    '  timeout client 1h',
    '  timeout server 1h',
    'frontend public',
    `  bind :${port}`,
    ...[...new Set(headers)],
    '  default_backend app',
    'backend app',
    `  server app ${address}:5000`,
    '',
  ].join('\n');
}

async function load(port: number): Promise<number> {
  const { stdout } = await run('wrk', [
    '-t',
    '1',
    '-c',
    '64',
    '-d',
    `${seconds}s`,
    '-H',
    'Host: fast.localhost',
    `http://127.0.0.1:${port}/`,
  ]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout);
  return Math.round(Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]));
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request({ host: '127.0.0.1', port, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asking.on('error', () => resolve(false));
    asking.end();
  });
}
