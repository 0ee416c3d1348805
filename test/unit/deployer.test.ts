import { afterEach, describe, expect, test } from 'vitest';
import { DeployerRig, me } from '../support/deployer.ts';
import type { FakeHooks } from '../support/fake-engine.ts';
import { until } from '../support/world.ts';

let rig: DeployerRig;
afterEach(() => rig.close());

function start(hooks: FakeHooks = {}) {
  rig = new DeployerRig(hooks);
  return rig.store.apps.create('shop');
}

const states = () => rig.store.deploys.all(rig.store.apps.byName('shop')?.id ?? '').map((one) => one.state);

describe('a push', () => {
  test('goes live, and the instances of the release before it go', async () => {
    const app = start();
    await rig.push(app, 'c1');
    await rig.push(app, 'c2');
    await until(async () => (await rig.engine.instances()).length === 1);
    const [instance] = await rig.engine.instances();
    expect(instance?.group.release).toBe(2);
    expect(rig.proxy.ready(app)).toEqual([instance?.id]);
    await until(() => states()[0] === 'live');
    expect(states()).toEqual(['live', 'live']);
  });

  test('that does not come up is refused with its cause, and the old release keeps the traffic', async () => {
    let release = 0;
    const app = start({
      boot: (group) =>
        group.release === 2 ? { kind: 'crashes', exitCode: 3, errors: ['boom'] } : { kind: 'serves' },
    });
    release = (await rig.push(app, 'c1')).release.version;
    const before = rig.proxy.ready(app);
    await expect(rig.push(app, 'c2')).rejects.toMatchObject({
      code: 'boot-crash',
      message: expect.stringContaining('boom'),
    });
    expect(rig.proxy.ready(app)).toEqual(before);
    await until(async () => (await rig.engine.instances()).every((one) => one.group.release === release));
    expect(states()).toEqual(['failed', 'live']);
  });

  test('supersedes the one before it that still builds', async () => {
    const app = start();
    rig.onBuild = (request) =>
      request.tag.includes('never')
        ? Promise.resolve()
        : new Promise((_, reject) =>
            request.signal.addEventListener('abort', () => reject(request.signal.reason)),
          );
    const first = rig.push(app, 'c1');
    const refused = expect(first).rejects.toMatchObject({ code: 'superseded' });
    await until(() => rig.builds === 1);
    rig.onBuild = async () => {};
    await rig.push(app, 'c2');
    await refused;
    await until(() => states()[0] === 'live');
    expect(states()).toEqual(['live', 'superseded']);
  });

  test('that starts from another state than what is live is refused as stale before it builds', async () => {
    const app = start();
    await rig.push(app, 'c1');
    const builds = rig.builds;
    const late = rig.request(app, 'c2', { previous: 'something-else' });
    await expect(rig.deployer.push(late, () => {}, new AbortController().signal)).rejects.toMatchObject({
      code: 'stale-push',
    });
    expect(rig.builds).toBe(builds);
    expect(rig.store.deploys.all(app.id)[0]?.failure?.code).toBe('stale-push');
  });

  test('whose branch moved while it was built is refused before traffic moves', async () => {
    const app = start();
    const request = rig.request(app, 'c1');
    request.source.refStillAt = async () => false;
    await expect(rig.deployer.push(request, () => {}, new AbortController().signal)).rejects.toMatchObject({
      code: 'stale-push',
    });
    expect(rig.proxy.ready(app)).toEqual([]);
    await until(async () => (await rig.engine.instances()).length === 0);
  });

  test('is cancelled by its signal as long as traffic has not moved', async () => {
    const app = start({ boot: () => ({ kind: 'silent' }) });
    const abort = new AbortController();
    const push = rig.push(app, 'c1', abort.signal);
    const refused = expect(push).rejects.toMatchObject({ code: 'cancelled' });
    await until(() => states()[0] === 'checking');
    abort.abort(new Error('gone'));
    await refused;
    await until(async () => (await rig.engine.instances()).length === 0);
  });

  test('with a full disk is refused before the build', async () => {
    const app = start();
    rig.engine.free = 10;
    await expect(rig.push(app, 'c1')).rejects.toMatchObject({ code: 'disk-full' });
    expect(rig.builds).toBe(0);
  });

  test('while the engine is down is refused, and the next one works', async () => {
    const app = start();
    rig.engine.setDown(true);
    await expect(rig.push(app, 'c1')).rejects.toMatchObject({ code: 'engine-down' });
    rig.engine.setDown(false);
    await rig.push(app, 'c1');
    expect(rig.proxy.ready(app)).toHaveLength(1);
  });

  test('is not ended by a drain: the next one builds meanwhile, but does not move traffic', async () => {
    const app = start();
    await rig.push(app, 'c1');
    const [old] = rig.proxy.ready(app);
    rig.proxy.open.set(old ?? '', 1);
    await rig.push(app, 'c2');
    const served = rig.proxy.ready(app);
    const third = rig.push(app, 'c3');
    await until(() => rig.builds === 3);
    expect(rig.proxy.ready(app)).toEqual(served);
    rig.proxy.open.clear();
    await third;
    expect(rig.proxy.ready(app)).not.toEqual(served);
  });
});

describe('a rollback', () => {
  const to = (version: number) => () => {
    const release = rig.store.releases.get(rig.store.apps.byName('shop')?.id ?? '', version);
    if (!release) throw new Error('no release');
    return {
      buildId: release.buildId,
      commit: release.commit,
      config: release.config,
      reason: `rollback to v${version}`,
    };
  };

  test('gives the config of its release back', async () => {
    const app = start();
    rig.store.variables.set(app.id, { A: '1' });
    await rig.push(app, 'c1');
    rig.store.variables.set(app.id, { A: '2' });
    await rig.push(app, 'c2');
    await rig.deployer.change(app, { kind: 'rollback', actor: me }, to(1));
    expect(rig.store.variables.get(app.id)).toEqual({ A: '1' });
    const [id] = rig.proxy.ready(app);
    expect(rig.engine.specOf(id ?? '')?.env.A).toBe('1');
  });

  test('supersedes a push that has not moved traffic', async () => {
    const app = start();
    await rig.push(app, 'c1');
    await rig.push(app, 'c2');
    rig.onBuild = (request) =>
      new Promise((_, reject) =>
        request.signal.addEventListener('abort', () => reject(request.signal.reason)),
      );
    const push = expect(rig.push(app, 'c3')).rejects.toMatchObject({ code: 'superseded' });
    await until(() => rig.builds === 3);
    await rig.deployer.change(app, { kind: 'rollback', actor: me }, to(1));
    await push;
  });
});

describe('after a restart of the server', () => {
  test('what had not moved traffic is failed, and the old release is alone again', async () => {
    const app = start();
    await rig.push(app, 'c1');
    await until(() => states()[0] === 'live');
    const deploy = rig.store.deploys.add({ appId: app.id, kind: 'push', commit: 'c2', actor: 'me' });
    rig.store.deploys.setState(deploy.id, 'checking', { release: 1 });
    await rig.reconciler.converge(app.id);
    expect(await rig.engine.instances()).toHaveLength(2);
    await rig.deployer.recover();
    await until(async () => (await rig.engine.instances()).length === 1);
    expect(rig.store.deploys.get(deploy.id)).toMatchObject({
      state: 'failed',
      failure: { code: 'interrupted' },
    });
  });

  test('what had begun to move traffic goes on to live', async () => {
    const app = start();
    await rig.push(app, 'c1');
    await until(() => states()[0] === 'live');
    const deploy = rig.store.deploys.add({ appId: app.id, kind: 'restart', commit: null, actor: 'me' });
    rig.store.deploys.setState(deploy.id, 'routing', { release: 1 });
    await rig.deployer.recover();
    await until(() => rig.store.deploys.get(deploy.id).state === 'live');
    await until(async () => (await rig.engine.instances()).every((one) => one.group.deploy === deploy.id));
  });
});
