import { describe, expect, test } from 'vitest';
import { downs, servers, ups } from '../../src/instances/actions.ts';
import { desired, type Should, type Side } from '../../src/instances/desired.ts';
import { type DeployState, deployStates, type Instance } from '../../src/types.ts';

const app = { id: 'aaaaaaaaaa', name: 'shop', counts: {}, createdAt: '' };

function side(id: number, state: DeployState): Side {
  const release = {
    appId: app.id,
    version: id,
    buildId: 1,
    image: 'sha256:1',
    commit: 'c',
    config: {},
    processes: { web: null, worker: 'work', release: 'migrate' },
    port: 5000,
    health: { path: '/', bootSeconds: 60 },
    confine: 'generated' as const,
    limits: { memoryBytes: 1, cpus: 0, pids: 1 },
    reason: '',
    createdAt: '',
  };
  const deploy = {
    id,
    appId: app.id,
    kind: 'push' as const,
    state,
    release: id,
    commit: 'c',
    actor: 'a',
    failure: null,
    createdAt: '',
    changedAt: '',
    endedAt: null,
  };
  return { deploy, release };
}

function instance(
  deploy: number,
  process: string,
  state: Instance['state'] = 'running',
  index = 0,
): Instance {
  return {
    id: `${deploy}.${process}.${index}`,
    group: { appId: app.id, process, deploy, release: deploy },
    index,
    state,
    dial: { host: '10.201.0.2', port: 5000 },
    exitCode: null,
    outOfMemory: false,
    startedAt: '1',
    restarts: 0,
  };
}

/** Applies ups and downs as a perfect engine would. */
function settle(should: Should, have: Instance[]): Instance[] {
  const want = desired(should);
  const up = ups(want, have).flatMap((wanted) =>
    Array.from({ length: wanted.count }, (_, index) =>
      instance(wanted.group.deploy, wanted.group.process, 'running', index),
    ),
  );
  const kept = have.filter((one) => !up.some((other) => other.id === one.id) && one.index < 1);
  const gone = downs(want, [...kept, ...up]);
  return [...kept, ...up].filter((one) => !gone.includes(one));
}

describe('what should run', () => {
  for (const state of deployStates.filter(
    (one) => one !== 'live' && one !== 'failed' && one !== 'superseded',
  )) {
    test(`a redeploy in ${state} keeps somebody with the traffic, and reaches its world in one step`, () => {
      const should: Should = { app, old: side(1, 'live'), open: side(2, state) };
      const have = settle(should, [instance(1, 'web'), instance(1, 'worker')]);
      const want = desired(should);
      const list = servers(want, have, () => true);
      expect(list.filter((server) => server.state === 'ready')).toHaveLength(1);
      expect(list.find((server) => server.state === 'ready')?.instance).toBe(
        want.traffic === 2 ? '2.web.0' : '1.web.0',
      );
      expect(settle(should, have)).toEqual(have);
    });
  }

  test('a new instance gets no traffic before it is proven', () => {
    const want = desired({ app, old: side(1, 'live'), open: side(2, 'routing') });
    const have = [instance(1, 'web'), instance(2, 'web')];
    expect(servers(want, have, (one) => one.group.deploy === 1)).toEqual([
      { instance: '1.web.0', dial: { host: '10.201.0.2', port: 5000 }, state: 'drain' },
    ]);
  });

  test('the release command is a job, never a group', () => {
    const want = desired({ app, old: side(1, 'live'), open: null });
    expect(want.groups.map((wanted) => wanted.group.process)).toEqual(['web', 'worker']);
  });

  test('a candidate that ended is left for the verdict, a live instance that ended is brought back', () => {
    const candidate = desired({ app, old: null, open: side(2, 'checking') });
    expect(ups(candidate, [instance(2, 'web', 'exited'), instance(2, 'worker')])).toEqual([]);
    const live = desired({ app, old: side(1, 'live'), open: null });
    expect(
      ups(live, [instance(1, 'web', 'exited'), instance(1, 'worker')]).map((wanted) => wanted.group.process),
    ).toEqual(['web']);
  });

  test('after a failed first deploy nothing is left', () => {
    const want = desired({ app, old: null, open: null });
    expect(want.traffic).toBeNull();
    expect(downs(want, [instance(1, 'web')])).toHaveLength(1);
  });
});
