import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../src/instances/spec.ts';
import { Secrets } from '../../src/store/secrets.ts';
import { openStore, type Store } from '../../src/store/store.ts';

let home: string;
let store: Store;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'store-'));
  store = openStore(home);
});
afterEach(() => {
  store.close();
  rmSync(home, { recursive: true });
});

function release(appId: string, config: Record<string, string> = {}) {
  const build = store.builds.add({
    appId,
    key: 'k',
    image: 'sha256:1',
    commit: 'c1',
    plan: {},
    processes: { web: null },
    port: 5000,
    health: { path: '/', bootSeconds: 60 },
    confine: 'generated',
    needs: { variables: [], formation: {} },
  });
  return store.releases.add({
    appId,
    buildId: build.id,
    commit: 'c1',
    config,
    limits: defaultLimits,
    reason: 'push c1',
  });
}

describe('the store', () => {
  test('what was written is there after it was opened again', () => {
    const app = store.apps.create('shop');
    release(app.id, { A: '1' });
    store.close();
    store = openStore(home);
    expect(store.apps.byName('shop')).toEqual(app);
    expect(store.releases.get(app.id, 1)?.config).toEqual({ A: '1' });
  });

  test('the first schema stays as servers have it: what changes is a file of its own', () => {
    const first = readFileSync(new URL('../../src/store/migrations/001-first.sql', import.meta.url));
    expect(createHash('sha256').update(first).digest('hex').slice(0, 16)).toBe('a13aca7a8aded2b5');
  });

  test('values of config are nowhere in the files in clear', () => {
    const app = store.apps.create('shop');
    store.variables.set(app.id, { PASSWORD: 'very-secret-value' });
    release(app.id, { PASSWORD: 'very-secret-value' });
    for (const file of ['landfall.db', 'landfall.db-wal'])
      expect(readFileSync(join(home, file)).includes('very-secret-value')).toBe(false);
    expect(statSync(join(home, 'master.key')).mode & 0o777).toBe(0o600);
  });

  test('versions count up for each app by itself', () => {
    const [a, b] = [store.apps.create('a'), store.apps.create('b')];
    expect([release(a.id), release(a.id), release(b.id)].map((one) => one.version)).toEqual([1, 2, 1]);
  });

  test('the head is the last push that got traffic', () => {
    const { deploys } = store;
    const app = store.apps.create('shop');
    expect(deploys.head(app.id)).toBeNull();
    for (const [commit, state] of [
      ['c1', 'live'],
      ['c2', 'failed'],
      ['c3', 'checking'],
    ] as const)
      deploys.setState(deploys.add({ appId: app.id, kind: 'push', commit, actor: 'me' }).id, state);
    expect(deploys.head(app.id)).toBe('c1');
    expect(deploys.open().map((deploy) => deploy.commit)).toEqual(['c3']);
    expect(deploys.served(app.id).map((deploy) => deploy.commit)).toEqual(['c1']);
  });

  test('what serves is what got the traffic last, though another deploy began later', () => {
    const { deploys } = store;
    const app = store.apps.create('shop');
    const [push, config] = (['push', 'config'] as const).map((kind) =>
      deploys.add({ appId: app.id, kind, commit: null, actor: 'me' }),
    );
    for (const state of ['routing', 'draining', 'live'] as const) deploys.setState(config?.id ?? 0, state);
    for (const state of ['routing', 'draining', 'live'] as const) deploys.setState(push?.id ?? 0, state);
    expect(deploys.served(app.id).map((deploy) => deploy.kind)).toEqual(['push', 'config']);
  });

  test('a token opens only what it was made for, and nothing once revoked', () => {
    const { token, secret } = store.access.create({ name: 'ci', appId: null, right: 'deploy' });
    expect(store.access.authenticate(secret)).toEqual({ name: 'ci', appId: null, right: 'deploy' });
    for (const wrong of [
      null,
      '',
      'x',
      `${secret}x`,
      secret.slice(0, -1),
      secret.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')),
    ])
      expect(store.access.authenticate(wrong)).toBeNull();
    store.access.revoke(token.id);
    expect(store.access.authenticate(secret)).toBeNull();
  });

  test('the bootstrap token is made once, and again when its file is gone', () => {
    const path = join(home, 'token');
    store.access.bootstrap(path);
    const first = readFileSync(path, 'utf8');
    expect(first).toMatch(/^lf_\S+\n$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    store.access.bootstrap(path);
    expect(readFileSync(path, 'utf8')).toBe(first);
    rmSync(path);
    store.access.bootstrap(path);
    expect(store.access.authenticate(readFileSync(path, 'utf8').trim())?.right).toBe('admin');
  });

  test('removing an app leaves no row of it', () => {
    const app = store.apps.create('shop');
    release(app.id, { A: '1' });
    store.variables.set(app.id, { A: '1' });
    store.deploys.add({ appId: app.id, kind: 'push', commit: 'c', actor: 'me' });
    store.apps.remove(app.id);
    expect(store.apps.all()).toEqual([]);
    expect(store.deploys.open()).toEqual([]);
    expect(store.releases.all(app.id)).toEqual([]);
  });

  for (const name of [
    '',
    'A',
    '-a',
    'a-',
    '1a',
    'a_b',
    'a.b',
    'a b',
    'a;id',
    '$(id)',
    '`id`',
    'a\n',
    '../a',
    'landfall',
    'xn--a',
    'a'.repeat(41),
    'ä',
  ])
    test(`${JSON.stringify(name)} can't be an app's name`, () => {
      expect(() => store.apps.create(name)).toThrow(expect.objectContaining({ code: 'bad-app-name' }));
    });
});

test('a sealed value opens only at its own place', () => {
  const secrets = new Secrets(Buffer.alloc(32, 7));
  const sealed = secrets.seal('app1/KEY', 'value');
  expect(secrets.open('app1/KEY', sealed)).toBe('value');
  expect(() => secrets.open('app2/KEY', sealed)).toThrow();
  expect(() => new Secrets(Buffer.alloc(32, 8)).open('app1/KEY', sealed)).toThrow();
});
