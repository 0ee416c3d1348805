import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Relay } from '../support/relay.ts';
import { measuredApp } from '../support/traffic.ts';
import { type Ran, type Repository, until, World } from '../support/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'lfr-'));
const docker = new Relay(join(folder, 'docker.sock'));
let world: World;
beforeAll(async () => {
  await docker.up();
  world = await World.start({ LANDFALL_DOCKER_SOCKET: join(folder, 'docker.sock') });
}, 120_000);
afterAll(async () => {
  await world?.stop();
  await docker.down();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** An app whose build takes `seconds`, in a tree of its own: a cached step takes no time. */
const building = (text: string, seconds: number): Record<string, string> => ({
  ...measuredApp(text),
  'landfall.toml': `build = "echo ${text} ${Date.now()} && sleep ${seconds}"\n`,
});

/** What the app answers, without the boot time. */
const answer = async (app: string): Promise<string> =>
  (await world.get(`${app}.localhost`)).body.split(' ').slice(0, 2).join(' ');

const states = async (app: string): Promise<string[]> =>
  (await world.deploys(app)).map(({ kind, state, failure }) => `${kind} ${failure?.code ?? state}`);

/** All deploys of the app are final, and one container runs: that of the release that answers. */
async function settled(app: string, serves: string): Promise<void> {
  await until(
    async () =>
      (await states(app)).every(
        (one) => !/ (queued|building|releasing|starting|checking|routing|draining)$/.test(one),
      ),
    'final states',
  );
  expect(await answer(app)).toBe(serves);
  await until(async () => (await world.json<unknown[]>('ps', app)).length === 1, 'one instance');
  expect(`${await answer(app)}`).toBe(serves);
}

const heard = async (
  repository: Repository,
  push: ReturnType<Repository['startPush']>,
  pattern: RegExp,
): Promise<void> => {
  let log = '';
  push.child.stderr?.on('data', (text) => {
    log += String(text);
  });
  await until(() => {
    if (push.child.exitCode !== null)
      throw new Error(`${repository.app}: the push ended before ${pattern}: ${log}`);
    return pattern.test(log);
  }, String(pattern));
};

const live = async (name: string): Promise<Repository> => {
  const repository = await world.repository(name, measuredApp('first'));
  await repository.mustPush();
  return repository;
};

const head = async (repository: Repository): Promise<string> =>
  (await repository.git('ls-remote', 'production', 'refs/heads/main')).slice(0, 40);

const refusal = (ran: Ran): string | undefined => /remote: ! ([a-z-]+): /.exec(ran.err)?.[1];

describe('two at once on one app', { timeout: 60_000 }, () => {
  test('the newer push supersedes the older one that still builds', async () => {
    const app = await live('newer');
    await app.commit(building('older', 20));
    const older = app.startPush();
    await heard(app, older, /sleep 20/);
    const commit = await app.commit({ ...measuredApp('newest'), 'landfall.toml': null });
    await app.mustPush();
    expect(refusal(await older.ran)).toBe('superseded');
    await settled('newer', 'newest v2');
    expect(await head(app)).toBe(commit);
    expect(await states('newer')).toEqual(['push live', 'push superseded', 'push live']);
  });

  test('the same commit pushed twice: one of them goes live, and nothing is left of the other', async () => {
    const app = await live('twice');
    const commit = await app.commit(building('same', 3));
    const pushes = await Promise.all([app.push(), app.push()]);
    expect(pushes.filter(({ code }) => code === 0).length).toBeGreaterThanOrEqual(1);
    for (const ran of pushes) if (ran.code !== 0) expect(refusal(ran)).toMatch(/superseded|stale-push/);
    await settled('twice', 'same v2');
    expect(await head(app)).toBe(commit);
  });

  test('a push during a config change waits for its turn and has the new variables', async () => {
    const app = await live('during');
    await app.commit(measuredApp('second'));
    const [set, push] = await Promise.all([world.landfall('config', 'set', 'during', 'A=1'), app.push()]);
    expect([set.code, push.code]).toEqual([0, 0]);
    expect(await world.json('config', 'during')).toEqual({ A: '1' });
    await until(async () => (await states('during')).every((one) => one.endsWith(' live')), 'both live');
    const releases = await world.json<{ live: boolean; config: string[] }[]>('releases', 'during');
    expect(releases.find((one) => one.live)?.config).toEqual(['A']);
    await settled('during', await answer('during'));
  });

  test('a config change during a build goes live at once, and the build takes it along', async () => {
    const app = await live('meanwhile');
    await app.commit(building('built', 5));
    const push = app.startPush();
    await heard(app, push, /sleep 5/);
    expect((await world.landfall('config', 'set', 'meanwhile', 'A=1')).code).toBe(0);
    expect(await answer('meanwhile')).toBe('first v2');
    expect((await push.ran).code).toBe(0);
    await settled('meanwhile', 'built v3');
    const [newest] = await world.json<{ config: string[] }[]>('releases', 'meanwhile');
    expect(newest?.config).toEqual(['A']);
    // What serves is what got the traffic last, not what was asked for last.
    await world.killServer();
    await world.startServer();
    await settled('meanwhile', 'built v3');
    expect((await world.landfall('rollback', 'meanwhile')).code).toBe(0);
    await settled('meanwhile', 'first v4');
  });

  test('a rollback during a build wins: the push is superseded', async () => {
    const app = await live('back');
    const second = await app.commit(measuredApp('second'));
    await app.mustPush();
    await app.commit(building('third', 20));
    const push = app.startPush();
    await heard(app, push, /sleep 20/);
    expect((await world.landfall('rollback', 'back')).code).toBe(0);
    expect(refusal(await push.ran)).toBe('superseded');
    await settled('back', 'first v3');
    expect(await head(app)).toBe(second);
  });

  test('an app destroyed during a push of it is gone, with its containers, and the push says so', async () => {
    const app = await live('gone');
    await app.commit({ ...measuredApp('x'), 'server.js': 'setTimeout(() => {}, 60_000)' });
    const push = app.startPush();
    await heard(app, push, /start +web\.1/);
    expect((await world.landfall('apps', 'destroy', 'gone', '--confirm', 'gone')).code).toBe(0);
    const ran = await push.ran;
    expect(ran.code).not.toBe(0);
    expect(refusal(ran)).toMatch(/superseded|not-found/);
    expect((await world.get('gone.localhost')).status).toBe(404);
    expect((await world.json<{ name: string }[]>('apps')).map(({ name }) => name)).not.toContain('gone');
    await until(
      async () => (await world.containers()).every((name) => !name.includes('.gone.')),
      'no container',
    );
  });
});

describe('three apps at once', { timeout: 60_000 }, () => {
  test('build one after the other where there is one slot, and say who is before them', async () => {
    const names = ['a1', 'a2', 'a3'];
    const apps = await Promise.all(names.map((name) => world.repository(name, building(name, 2))));
    const pushes = await Promise.all(apps.map((app) => app.push()));
    for (const { code, err } of pushes) expect({ code, err }).toMatchObject({ code: 0 });
    for (const name of names) expect(await answer(name)).toBe(`${name} v1`);
    const waits = pushes.flatMap(({ err }) => /(\d) builds? (?:is|are) before this one/.exec(err)?.[1] ?? []);
    expect(waits.sort()).toEqual(['1', '2']);
  });
});

describe('the world fails', { timeout: 60_000 }, () => {
  test('no Docker daemon: engine-down, the apps serve on, and it recovers by itself', async () => {
    const app = await live('engine');
    await docker.down();
    await app.commit(building('second', 0));
    const ran = await app.push();
    expect(refusal(ran)).toBe('engine-down');
    expect(ran.err).toMatch(/→ .*docker/);
    expect(await answer('engine')).toBe('first v1');
    expect((await world.landfall('rollback', 'engine')).code).not.toBe(0);
    await docker.up();
    await app.mustPush();
    await settled('engine', 'second v2');
  });

  test('a Docker daemon that goes away in the middle of a build: engine-down, and the next push works', async () => {
    const app = await live('midbuild');
    await app.commit(building('second', 8));
    const push = app.startPush();
    await heard(app, push, /sleep 8/);
    await docker.down();
    expect(refusal(await push.ran)).toBe('engine-down');
    await docker.up();
    await app.mustPush();
    await settled('midbuild', 'second v2');
  });

  test('a Docker daemon that hangs: engine-down within a minute', async () => {
    const app = await live('hanging');
    await docker.hang();
    await app.commit(building('second', 0));
    const ran = await app.push();
    await docker.up();
    expect(refusal(ran)).toBe('engine-down');
    await app.mustPush();
    await settled('hanging', 'second v2');
  });

  test('a server that starts before the daemon waits for it, and says so', async () => {
    await live('early');
    await world.killServer();
    await docker.down();
    const started = world.startServer();
    await until(
      () => /engine-down|Docker does not answer/.test(world.log.slice(-4000)),
      'a word about Docker',
    );
    expect(await answer('early')).toBe('first v1');
    await docker.up();
    await started;
    await settled('early', 'first v1');
  });

  test('a full disk: refused before the build', async () => {
    const app = await live('full');
    await world.killServer();
    await world.startServer({ LANDFALL_MIN_FREE_MB: '99999999' });
    await app.commit(building('second', 0));
    const ran = await app.push();
    expect(refusal(ran)).toBe('disk-full');
    expect(ran.err).not.toMatch(/remote: build/);
    expect(await answer('full')).toBe('first v1');
    await world.killServer();
    await world.startServer();
    await app.mustPush();
    await settled('full', 'second v2');
  });

  test('no proxy when traffic should move: proxy-down, nothing changed, and after its return the push works', async () => {
    const app = await live('proxy');
    await app.commit(building('second', 3));
    const push = app.startPush();
    await heard(app, push, /sleep 3/);
    await world.killProxy();
    expect((await push.ran).code).not.toBe(0);
    const { code, err } = await world.landfall('ps', 'restart', 'proxy');
    expect(code).not.toBe(0);
    expect(err).toMatch(/^! proxy-down: .*\n +→ ./m);
    await world.startProxy();
    await settled('proxy', 'first v1');
    await app.mustPush();
    await settled('proxy', 'second v2');
  });
});
