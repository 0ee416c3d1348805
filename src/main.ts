import { existsSync, mkdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { BuildKitBuilder } from './build/builder.ts';
import type { Tools } from './commands/command.ts';
import { pushes } from './commands/pushes.ts';
import { appUrl, loadSettings } from './config.ts';
import { Deployer } from './deploy/deployer.ts';
import { DockerEngine } from './engine/docker.ts';
import { UserError } from './errors.ts';
import { gitRoutes, internalPushRoutes } from './git/http.ts';
import { Receiver } from './git/receive.ts';
import { Repositories } from './git/repositories.ts';
import { listen } from './http/listen.ts';
import { localServer } from './http/local.ts';
import { publicServer } from './http/server.ts';
import { Reconciler } from './instances/reconciler.ts';
import { pause, repeat } from './loop.ts';
import { giveBackMemory } from './memory.ts';
import { HaproxyProxy } from './proxy/haproxy.ts';
import { Database } from './store/database.ts';
import { openStore } from './store/store.ts';

/** Repositories are repacked so often. */
const maintenanceMs = 6 * 3600 * 1000;
const quietLookMs = 10_000;
const engineRetryMs = 1000;

const settings = loadSettings();
const { home, instance, domain, dockerSocket: socketPath } = settings;
const logger = pino({ level: 'info' });
const log = {
  info: (message: string) => logger.info(message),
  error: (error: unknown, message: string) => logger.error(error, message),
};
process.on('unhandledRejection', (error) => logger.error(error, 'unhandled rejection'));

for (const folder of ['run', 'repos', 'proxy']) mkdirSync(join(home, folder), { recursive: true });
const unlock = Database.lock(join(home, 'server.lock'));
const stop = new AbortController();

const store = openStore(home);
store.access.bootstrap(join(home, 'token'));

const engine = await connect();
const builder = new BuildKitBuilder({ socketPath, instance });
const proxy = new HaproxyProxy({
  home,
  domain,
  httpPort: settings.httpPort,
  httpsPort: settings.httpsPort,
  loopbackOnly: !settings.insecureHttp,
  log: log.info,
});
await proxy.prepare();

const reconciler = new Reconciler({ store, engine, proxy, domain, log });
const deployer = new Deployer({
  store,
  engine,
  builder,
  proxy,
  reconciler,
  home,
  instance,
  bases: settings.bases,
  minFreeBytes: settings.minFreeBytes,
  buildSlots: Math.max(1, Math.min(Math.floor(availableParallelism() / 2), Math.floor(totalmem() / 2 ** 31))),
  appHost: (app) => `${app.name}.${domain}`,
  appUrl: (app) => appUrl(settings, app.name),
  log,
  reached: (point) => {
    if (point === settings.crashAt) process.kill(process.pid, 'SIGKILL');
  },
});
const repositories = new Repositories(home);
const tools: Tools = { settings, store, engine, builder, proxy, deployer, reconciler, repositories };
const receiver = new Receiver({
  pushes: pushes({ store, deployer, version: settings.version }),
  repositories,
  hooks: fileURLToPath(new URL('../hooks', import.meta.url)),
  socket: join(home, 'run/landfall.sock'),
  fetchEnv: existsSync(join(home, 'ca.crt')) ? { GIT_SSL_CAINFO: join(home, 'ca.crt') } : {},
  log: (message, error) => (error ? log.error(error, message) : log.info(message)),
});

const local = await localServer(tools, async (server) => {
  await server.register(internalPushRoutes, { receiver });
});
const open = await publicServer(tools, async (server) => {
  await server.register(gitRoutes, { receiver });
});
// What a crash left is settled before anyone may come in: a repair must not meet a push.
await engine.sweep().catch((error) => log.error(error, 'sweep'));
await deployer.recover();
await repositories
  .repairAll(
    store.apps.all().map((app) => app.id),
    (appId) => store.deploys.head(appId),
  )
  .then(
    (lines) => lines.forEach(log.info),
    (error) => log.error(error, 'repair'),
  );
await listen(local, join(home, 'run/landfall.sock'), 0o600);
await listen(open, join(home, 'run/http.sock'), 0o666);
logger.info(`Landfall ${settings.version} serves ${domain} from ${home}`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end());
void pause(maintenanceMs, stop.signal)
  .then(() => repeat(maintenanceMs, stop.signal, maintain, (error) => log.error(error, 'maintenance')))
  .catch(() => {});
void repeat(quietLookMs, stop.signal, beQuiet, (error) => log.error(error, 'memory'));
await reconciler.start(stop.signal);

async function beQuiet(): Promise<void> {
  if (deployer.idle()) giveBackMemory();
}

/** Docker may come up after the server does. */
async function connect(): Promise<DockerEngine> {
  for (;;) {
    try {
      return await DockerEngine.connect({ socketPath, instance, subnet: settings.subnet, home });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      log.error(error, 'waiting for Docker');
      await pause(engineRetryMs);
    }
  }
}

async function maintain(): Promise<void> {
  for (const app of store.apps.all())
    await repositories
      .maintain(app.id, stop.signal)
      .catch((error) => log.error(error, `maintain ${app.name}`));
}

/** Doors first, so that nothing new begins; what is cut off is picked up by the next start. */
async function end(): Promise<void> {
  stop.abort(new Error('the server ends'));
  await Promise.allSettled([open.close(), local.close()]);
  store.close();
  unlock();
  process.exit(0);
}
