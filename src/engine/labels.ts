import { createHash } from 'node:crypto';
import type { AppId, Group } from '../types.ts';
import type { InstanceSpec } from './engine.ts';

export type Role = 'app' | 'job';

/** What a container's labels say; all facts that are needed to recognise it, so that nothing has to be stored. */
export interface Identity {
  role: Role;
  group: Group;
  index: number;
  port: number;
  /** See specHash. */
  spec: string;
}

export const instanceLabel = 'landfall.instance';
export const appLabel = 'landfall.app';
export const roleLabel = 'landfall.role';

export function networkName(instance: string, appId: AppId): string {
  return `${instance}.${appId}`;
}

/** Deterministic: that a name is taken is how a repeated call finds what an interrupted one left. */
export function containerName(instance: string, group: Group, index: number | string): string {
  return `${instance}.${group.appId}.${group.process}.${group.deploy}.${index}`;
}

export function labelsOf(instance: string, identity: Identity): Record<string, string> {
  const { group } = identity;
  return {
    [instanceLabel]: instance,
    [roleLabel]: identity.role,
    [appLabel]: group.appId,
    'landfall.process': group.process,
    'landfall.release': String(group.release),
    'landfall.deploy': String(group.deploy),
    'landfall.index': String(identity.index),
    'landfall.port': String(identity.port),
    'landfall.spec': identity.spec,
  };
}

/** Null for what is not an app's container of this server. */
export function identityOf(instance: string, labels: Record<string, string> | null): Identity | null {
  if (labels?.[instanceLabel] !== instance) return null;
  const role = labels[roleLabel];
  const appId = labels[appLabel];
  const process = labels['landfall.process'];
  const spec = labels['landfall.spec'];
  const [release, deploy, index, port] = ['release', 'deploy', 'index', 'port'].map((name) => {
    const text = labels[`landfall.${name}`] ?? '';
    return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  });
  if (role !== 'app' && role !== 'job') return null;
  if (!appId || !process || !spec) return null;
  if (release === undefined || deploy === undefined || index === undefined || port === undefined) return null;
  return { role, group: { appId, process, deploy, release }, index, port, spec };
}

/**
 * Two instances with the same hash run the same thing. `restart` is left out (it is changed in place), and so is our own
 * hardening: a new version of the server must not replace what runs.
 */
export function specHash(spec: InstanceSpec): string {
  const { image, command, env, port, limits, confine, stopSeconds } = spec;
  const variables = Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1));
  const facts = [
    image,
    command,
    variables,
    port,
    limits.memoryBytes,
    limits.cpus,
    limits.pids,
    confine,
    stopSeconds,
  ];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}

/** A value for the API's `filters`. */
export function labelFilter(labels: Record<string, string>): string[] {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`);
}
