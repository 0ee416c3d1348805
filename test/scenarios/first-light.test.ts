import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeApp, type Repository, until, World } from '../support/world.ts';

let world: World;
let shop: Repository;
beforeAll(async () => {
  world = await World.start();
  shop = await world.repository('shop', nodeApp('one'));
}, 300_000);
afterAll(() => world?.stop(), 60_000);

describe('first light', { timeout: 300_000 }, () => {
  test('a first push creates the app, builds it and puts it live', async () => {
    const { err } = await shop.mustPush();
    expect(err).toMatch(/remote: shop v1 is live/);
    expect(err).toContain(`http://shop.localhost:${world.port}/`);
    expect(err).not.toMatch(/remote: ! /);
    expect(await world.get('shop.localhost')).toEqual({ status: 200, body: 'one v1' });
  });

  test('the next push replaces it, and its old instance goes', async () => {
    await shop.commit(nodeApp('two'));
    await shop.mustPush();
    expect((await world.get('shop.localhost')).body).toBe('two v2');
    await until(async () => (await world.containers()).length === 1, 'the end of the old instance');
  });

  test('a rollback brings back the whole release that served before, as a new one', async () => {
    const { code, err } = await world.landfall('rollback', 'shop');
    expect(err).toContain('traffic moved to v3');
    expect(code).toBe(0);
    expect((await world.get('shop.localhost')).body).toBe('one v3');
  });

  test('config makes a release without a build, and a rollback takes it back by name', async () => {
    await world.landfall('config', 'set', 'shop', 'GREETING=hi', 'SPACED=a b  c');
    expect(await world.json('config', 'shop')).toEqual({ GREETING: 'hi', SPACED: 'a b  c' });
    expect((await world.get('shop.localhost')).body).toBe('one v4');
    const { out } = await world.landfall('rollback', 'shop');
    expect(out).toContain('config restored: GREETING, SPACED');
    expect(await world.json('config', 'shop')).toEqual({});
  });

  test('restart and redeploy serve the same code', async () => {
    expect((await world.landfall('ps', 'restart', 'shop')).code).toBe(0);
    expect((await world.landfall('redeploy', 'shop')).code).toBe(0);
    expect((await world.get('shop.localhost')).body).toBe('one v6');
    const releases = await world.json<{ version: number; live: boolean }[]>('releases', 'shop');
    expect(releases.filter((one) => one.live).map((one) => one.version)).toEqual([6]);
  });

  test('the same tree pushed again needs no second build', async () => {
    await shop.git('commit', '-q', '--allow-empty', '-m', 'nothing');
    await shop.mustPush();
    await shop.git('commit', '-q', '--allow-empty', '-m', 'nothing again');
    const { err } = await shop.mustPush();
    expect(err).toContain('kept: this tree was built before');
  });

  test('an instance that is killed comes back by itself', async () => {
    await until(async () => (await world.containers()).length === 1, 'the end of old instances');
    const [before] = await world.json<{ startedAt: string }[]>('ps', 'shop');
    const [name] = await world.containers();
    execFileSync('docker', ['kill', '-s', 'KILL', name ?? '']);
    await until(async () => {
      const [now] = await world.json<{ startedAt: string; state: string }[]>('ps', 'shop');
      return now?.state === 'running' && now.startedAt !== before?.startedAt;
    }, 'the restart');
    await until(async () => (await world.get('shop.localhost')).status === 200, 'an answer');
  });

  test('a restart of the server changes nothing for the app', async () => {
    const before = await world.containers();
    await world.killServer('SIGTERM');
    expect((await world.get('shop.localhost')).status).toBe(200);
    await world.startServer();
    expect((await world.get('shop.localhost')).status).toBe(200);
    expect(await world.containers()).toEqual(before);
  });

  test('the API gives what the command line gives, and only to a token', async () => {
    const { status, body } = await world.api('GET', '/apps');
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual(await world.json('apps'));
    expect((await world.api('GET', '/apps', 'wrong')).status).toBe(401);
    expect((await world.api('GET', '/nothing', 'wrong')).status).toBe(401);
    expect(JSON.parse((await world.api('GET', '/openapi.json')).body).paths['/apps']).toBeDefined();
  });

  test("a user's Dockerfile on an official image is built, with its own port and command", async () => {
    const own = await world.repository('own', {
      Dockerfile:
        '# syntax=docker/dockerfile:1\nFROM node:24-slim\nWORKDIR /srv\nCOPY . .\nEXPOSE 7000\nUSER 1000\nCMD ["node", "main.js"]\n',
      'main.js': 'require("http").createServer((q, r) => r.end("own")).listen(7000)',
    });
    await own.mustPush();
    expect((await world.get('own.localhost')).body).toBe('own');
    await world.landfall('apps', 'destroy', 'own', '--confirm', 'own');
  });

  test('a destroyed app leaves no container, no network and no answer', async () => {
    expect((await world.landfall('apps', 'destroy', 'shop')).code).toBe(2);
    expect((await world.landfall('apps', 'destroy', 'shop', '--confirm', 'shop')).code).toBe(0);
    expect(await world.containers()).toEqual([]);
    expect((await world.get('shop.localhost')).status).toBe(404);
    expect(await world.json('apps')).toEqual([]);
  });
});
