import type { Reconciler } from '../../instances/reconciler.ts';
import { pause } from '../../loop.ts';
import type { AppId, DeployId } from '../../types.ts';

/** How long open requests and WebSockets of the old release may go on. */
export const drainSeconds = 30;

/** Waits until the instances of other deploys have no open request, or the deadline. Never throws on a proxy's trouble. */
export async function drainStep(reconciler: Reconciler, appId: AppId, deploy: DeployId): Promise<void> {
  const until = performance.now() + drainSeconds * 1000;
  const outgoing = await reconciler.outgoing(appId, deploy);
  if (outgoing.length === 0) return;
  for (let wait = 10; performance.now() < until; wait = Math.min(wait * 1.5, 250)) {
    const open = await reconciler.sessions(appId, outgoing).catch(() => 1);
    if (open === 0) return;
    await pause(wait);
  }
}
