/**
 * What one HAProxy worker has: backends with numbered slots, made ahead of need, because a worker can change a slot's
 * address and state at any time but can gain a backend or a slot only by a reload. Which app has which backend is
 * itself in the worker (a map), so the driver keeps no state of its own.
 */
export interface Table {
  readonly backends: readonly Backend[];
  /** Host → backend, without the server's own host. */
  readonly hosts: ReadonlyMap<string, string>;
}

export interface Backend {
  /** `b1`, `b2` …: neutral, because it outlives its app. */
  readonly name: string;
  /** null: a spare one. */
  readonly app: { readonly id: string; readonly name: string } | null;
  readonly slots: readonly Slot[];
}

export interface Slot {
  /** `s1`, `s2` … within its backend. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** `maint` takes nothing; it is free only when no connection is left either. */
  readonly state: 'ready' | 'drain' | 'maint';
}

export const emptyTable: Table = { backends: [], hosts: new Map() };

/** Where an unused slot points: nothing listens there. */
export const nowhere = { host: '127.0.0.1', port: 1 };

/** The backend of the server itself; `landfall.<domain>` leads there. */
export const controlBackend = 'control';
/** Answers for hosts that no app has. */
export const unknownBackend = 'unknown';

export function address(of: { readonly host: string; readonly port: number }): string {
  return `${of.host}:${of.port}`;
}

/** `b1/s3`, as the command line names a server. */
export function serverName(backend: Backend, slot: Slot): string {
  return `${backend.name}/${slot.name}`;
}
