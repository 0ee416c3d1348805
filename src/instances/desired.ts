import { worlds } from '../deploy/machine.ts';
import type { App, Deploy, DeployId, Group, Instance, ProcessCommands, Release } from '../types.ts';

/** A group that should be there. */
export interface WantedGroup {
  group: Group;
  release: Release;
  count: number;
  /** `candidate`: has to prove itself, is started once; `live`: is brought back whenever it is gone. */
  standing: 'candidate' | 'live';
}

export interface Desired {
  groups: WantedGroup[];
  /** The deploy whose `web` group gets new requests; null: nobody. */
  traffic: DeployId | null;
}

/** A deploy and the release it is about. */
export interface Side {
  deploy: Deploy;
  release: Release;
}

/** What the store says of one app: who has the traffic or had it last, and the deploy that is under way. */
export interface Should {
  app: App;
  /** The last deploy that came live before the open one; null: none yet. */
  old: Side | null;
  /** The open deploy once it has a release, or null. */
  open: Side | null;
}

/** Pure: what should run and who should get the traffic. */
export function desired(should: Should): Desired {
  const { app, old, open } = should;
  const world = open ? worlds[open.deploy.state] : { old: true, new: false, traffic: 'old' as const };
  const groups: WantedGroup[] = [];
  if (old && world.old) groups.push(...groupsOf(app, old, 'live'));
  if (open && world.new) groups.push(...groupsOf(app, open, world.traffic === 'new' ? 'live' : 'candidate'));
  const serving = world.traffic === 'new' ? open : old;
  return { groups, traffic: serving?.deploy.id ?? null };
}

/** The processes that run all the time: `release` is a job, not a group. */
export function standingProcesses(processes: ProcessCommands): string[] {
  return Object.keys(processes).filter((name) => name !== 'release');
}

function groupsOf(app: App, side: Side, standing: WantedGroup['standing']): WantedGroup[] {
  return standingProcesses(side.release.processes).map((process) => ({
    group: { appId: app.id, process, deploy: side.deploy.id, release: side.release.version },
    release: side.release,
    count: app.counts[process] ?? 1,
    standing,
  }));
}

/** Whether an instance is one of this group's. */
export function belongs(instance: Instance, group: Group): boolean {
  return instance.group.deploy === group.deploy && instance.group.process === group.process;
}
