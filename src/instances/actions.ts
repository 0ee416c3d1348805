import type { RouteServer } from '../proxy/routes.ts';
import type { Instance } from '../types.ts';
import { belongs, type Desired, type WantedGroup } from './desired.ts';

/** Pure: the groups that need the engine's hand before traffic can follow. */
export function ups(want: Desired, have: readonly Instance[]): WantedGroup[] {
  return want.groups.filter((wanted) => {
    const mine = have.filter((instance) => belongs(instance, wanted.group));
    for (let index = 0; index < wanted.count; index++) {
      const instance = mine.find((one) => one.index === index);
      if (!instance || instance.state === 'created') return true;
      // A candidate that ended is a verdict, not something to mend; `restarting` is the engine's own mending.
      if (instance.state === 'exited' && wanted.standing === 'live') return true;
    }
    return mine.some((instance) => instance.index >= wanted.count);
  });
}

/** Pure: the instances that nothing wants. */
export function downs(want: Desired, have: readonly Instance[]): Instance[] {
  return have.filter((instance) => !want.groups.some((wanted) => belongs(instance, wanted.group)));
}

/**
 * Pure: the servers of the app's backend. Proven web instances of the deploy that has the traffic are ready; web
 * instances of others that are still wanted finish what they have. Unwanted ones are not listed: they are cut off.
 */
export function servers(
  want: Desired,
  have: readonly Instance[],
  isProven: (instance: Instance) => boolean,
): RouteServer[] {
  const list: RouteServer[] = [];
  for (const instance of have) {
    const { dial, group } = instance;
    if (group.process !== 'web' || !dial) continue;
    if (!want.groups.some((wanted) => belongs(instance, wanted.group))) continue;
    const getsTraffic = group.deploy === want.traffic;
    if (getsTraffic && instance.state === 'running' && isProven(instance))
      list.push({ instance: instance.id, dial, state: 'ready' });
    else if (!getsTraffic && isProven(instance)) list.push({ instance: instance.id, dial, state: 'drain' });
  }
  return list;
}
