import type { DeployState } from '../types.ts';

/** The world that a state names. `old` is what served before the deploy, `new` what the deploy brings. */
export interface World {
  old: boolean;
  new: boolean;
  traffic: 'old' | 'new';
}

/** The strategy `overlap`: both versions run while traffic moves. There is no undo and no recovery code beside this table. */
export const worlds: Record<DeployState, World> = {
  queued: { old: true, new: false, traffic: 'old' },
  building: { old: true, new: false, traffic: 'old' },
  releasing: { old: true, new: false, traffic: 'old' },
  starting: { old: true, new: true, traffic: 'old' },
  checking: { old: true, new: true, traffic: 'old' },
  routing: { old: true, new: true, traffic: 'new' },
  draining: { old: true, new: true, traffic: 'new' },
  live: { old: false, new: true, traffic: 'new' },
  failed: { old: true, new: false, traffic: 'old' },
  superseded: { old: true, new: false, traffic: 'old' },
};

const order: readonly DeployState[] = [
  'queued',
  'building',
  'releasing',
  'starting',
  'checking',
  'routing',
  'draining',
  'live',
];

/** Nothing follows it. */
export function isFinal(state: DeployState): boolean {
  return state === 'live' || state === 'failed' || state === 'superseded';
}

/** From `routing` on there is only forward. */
export function isPastReturn(state: DeployState): boolean {
  return order.indexOf(state) >= order.indexOf('routing');
}

/** Forward step by step (steps may be skipped, never repeated); to failed or superseded only before the point of no return. */
export function mayFollow(from: DeployState, to: DeployState): boolean {
  if (isFinal(from)) return false;
  if (to === 'failed' || to === 'superseded') return !isPastReturn(from);
  return order.indexOf(to) > order.indexOf(from);
}

/** What a deploy that was cut off by a crash does at the next start. */
export function afterCrash(state: DeployState): 'nothing' | 'fail' | 'continue' {
  if (isFinal(state)) return 'nothing';
  return isPastReturn(state) ? 'continue' : 'fail';
}
