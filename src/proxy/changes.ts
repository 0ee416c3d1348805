import type { Dial } from '../types.ts';
import type { Command } from './commands.ts';
import type { Route } from './routes.ts';
import { address, type Backend, nowhere, type Slot, serverName, type Table } from './table.ts';

export interface Changes {
  /** In the order in which they must be sent. */
  commands: Command[];
  /** What the worker has once they are done. */
  table: Table;
  /** Why they are not enough (no spare backend, no free slot): a reload with `layout` is needed. null: they are. */
  missing: string | null;
}

/** What a fresh configuration offers beyond what is in use, so that reloads are rare. */
export const room = { spareBackends: 16, slots: 10 };

/**
 * The steps from what a worker has to the routes wanted: new servers up, then hosts, then old servers to drain, then
 * the ones that are gone: no new requests, open ones cut. Every phase covers all apps, so a request always finds a
 * server, and no slot that has a connection (`busy`, by `b1/s3`) changes its address: HAProxy would send new requests
 * over the old connection, to the old instance.
 */
export function changes(table: Table, routes: readonly Route[], busy: ReadonlySet<string>): Changes {
  const draft = new Draft(table);
  const missing: string[] = [];
  for (const route of routes) {
    const backend = draft.backendOf(route, busy);
    if (!backend) {
      missing.push(`no spare backend for ${route.name}`);
      continue;
    }
    for (const server of route.servers) {
      if (!draft.place(backend, server.dial, server.state, busy))
        missing.push(`no free slot in ${backend.name} for ${route.name}`);
    }
    draft.retire(backend, new Set(route.servers.map((server) => address(server.dial))));
  }
  draft.releaseAllBut(new Set(routes.map((route) => route.appId)));
  draft.setHosts(routes);
  return { commands: draft.commands(), table: draft.table(), missing: missing[0] ?? null };
}

/** What a fresh configuration has for these routes: everyone keeps their backend and slot, and there is room again. */
export function layout(table: Table, routes: readonly Route[]): Table {
  const wanted = new Map(routes.map((route) => [route.appId, route]));
  const used = new Set<string>();
  const backends: Backend[] = [];
  for (const backend of table.backends) {
    const route = backend.app && wanted.get(backend.app.id);
    if (!route) continue;
    wanted.delete(route.appId);
    used.add(backend.name);
    backends.push(settle(backend, route));
  }
  const fresh = freshNames(used);
  for (const route of wanted.values()) backends.push(settle({ name: fresh(), app: null, slots: [] }, route));
  for (let spare = 0; spare < room.spareBackends; spare += 1)
    backends.push({ name: fresh(), app: null, slots: emptySlots(room.slots) });
  backends.sort((a, b) => Number(a.name.slice(1)) - Number(b.name.slice(1)));
  return { backends, hosts: wantedHosts(routes, backends) };
}

function settle(backend: Backend, route: Route): Backend {
  const count = Math.max(room.slots, backend.slots.length, 2 * route.servers.length + 2);
  const slots = emptySlots(count);
  const homeless: Slot[] = [];
  for (const { dial, state } of route.servers) {
    const at = backend.slots.findIndex((slot) => address(slot) === address(dial));
    const slot = slots[at];
    if (slot && address(slot) === address(nowhere)) slots[at] = { ...slot, ...dial, state };
    else homeless.push({ name: '', ...dial, state });
  }
  for (const slot of homeless) {
    const at = slots.findIndex((other) => address(other) === address(nowhere));
    const place = slots[at];
    if (place) slots[at] = { ...slot, name: place.name };
  }
  return { name: backend.name, app: { id: route.appId, name: route.name }, slots };
}

function emptySlots(count: number): Slot[] {
  return Array.from({ length: count }, (_, index) => ({ name: `s${index + 1}`, ...nowhere, state: 'maint' }));
}

function freshNames(used: ReadonlySet<string>): () => string {
  let last = 0;
  return () => {
    do last += 1;
    while (used.has(`b${last}`));
    return `b${last}`;
  };
}

/** The first app that names a host has it. */
function wantedHosts(routes: readonly Route[], backends: readonly Backend[]): Map<string, string> {
  const hosts = new Map<string, string>();
  for (const route of routes) {
    const backend = backends.find(({ app }) => app?.id === route.appId);
    for (const host of route.hosts) if (backend && !hosts.has(host)) hosts.set(host, backend.name);
  }
  return hosts;
}

/** The table while it is being changed, and the steps so far, by phase. */
class Draft {
  #backends: Backend[];
  #hosts: ReadonlyMap<string, string>;
  readonly #phases = {
    names: [] as Command[],
    addresses: [] as Command[],
    up: [] as Command[],
    hosts: [] as Command[],
    drain: [] as Command[],
    down: [] as Command[],
  };

  constructor(table: Table) {
    this.#backends = [...table.backends];
    this.#hosts = table.hosts;
  }

  table(): Table {
    return { backends: this.#backends, hosts: this.#hosts };
  }

  commands(): Command[] {
    const { names, addresses, up, hosts, drain, down } = this.#phases;
    return [...names, ...addresses, ...up, ...hosts, ...drain, ...down];
  }

  backendOf(route: Route, busy: ReadonlySet<string>): Backend | null {
    const app = { id: route.appId, name: route.name };
    const own = this.#backends.find((backend) => backend.app?.id === app.id);
    if (own?.app?.name === app.name) return own;
    const backend = own ?? this.#backends.find((spare) => !spare.app && isUnused(spare, busy));
    if (!backend) return null;
    const value = `${app.id}:${app.name}`;
    this.#phases.names.push({ do: 'map', map: 'apps', verb: own ? 'set' : 'add', key: backend.name, value });
    return this.#replace(backend, { ...backend, app });
  }

  /** Brings the server to its state in this backend; false when there is no slot for it. */
  place(from: Backend, dial: Dial, state: 'ready' | 'drain', busy: ReadonlySet<string>): boolean {
    const backend = this.#now(from);
    const slot = backend.slots.find((own) => own.state !== 'maint' && address(own) === address(dial));
    if (slot) {
      if (slot.state !== state) this.#turn(state === 'ready' ? 'up' : 'drain', backend, slot, state);
      return true;
    }
    // One that drains and has no slot here takes no new requests here either: nothing to do.
    if (state === 'drain') return true;
    const free = backend.slots.filter((own) => own.state === 'maint' && !busy.has(serverName(backend, own)));
    const chosen = free.find((own) => address(own) === address(dial)) ?? free[0];
    if (!chosen) return false;
    const server = serverName(backend, chosen);
    if (address(chosen) !== address(dial)) this.#phases.addresses.push({ do: 'address', server, ...dial });
    this.#phases.up.push({ do: 'state', server, state: 'ready' });
    this.#replaceSlot(backend, { ...chosen, ...dial, state: 'ready' });
    return true;
  }

  /** Servers at other addresses than these are gone. First no new requests, then the open ones end. */
  retire(from: Backend, keep: ReadonlySet<string>): void {
    for (const slot of this.#now(from).slots) {
      if (slot.state === 'maint' || keep.has(address(slot))) continue;
      const backend = this.#now(from);
      this.#turn('down', backend, slot, 'maint');
      this.#phases.down.push({ do: 'shutdown', server: serverName(backend, slot) });
    }
  }

  releaseAllBut(apps: ReadonlySet<string>): void {
    for (const backend of this.#backends) {
      if (!backend.app || apps.has(backend.app.id)) continue;
      this.retire(backend, new Set());
      this.#phases.down.push({ do: 'unmap', map: 'apps', key: backend.name });
      this.#replace(this.#now(backend), { ...this.#now(backend), app: null });
    }
  }

  setHosts(routes: readonly Route[]): void {
    const wanted = wantedHosts(routes, this.#backends);
    for (const [host, backend] of wanted) {
      const had = this.#hosts.get(host);
      if (had === backend) continue;
      const verb = had === undefined ? 'add' : 'set';
      this.#phases.hosts.push({ do: 'map', map: 'hosts', verb, key: host, value: backend });
    }
    for (const host of this.#hosts.keys())
      if (!wanted.has(host)) this.#phases.hosts.push({ do: 'unmap', map: 'hosts', key: host });
    this.#hosts = wanted;
  }

  #turn(phase: 'up' | 'drain' | 'down', backend: Backend, slot: Slot, state: Slot['state']): void {
    this.#phases[phase].push({ do: 'state', server: serverName(backend, slot), state });
    this.#replaceSlot(backend, { ...slot, state });
  }

  #now(backend: Backend): Backend {
    return this.#backends.find(({ name }) => name === backend.name) ?? backend;
  }

  #replaceSlot(backend: Backend, slot: Slot): void {
    const slots = backend.slots.map((own) => (own.name === slot.name ? slot : own));
    this.#replace(backend, { ...backend, slots });
  }

  #replace(old: Backend, next: Backend): Backend {
    this.#backends = this.#backends.map((backend) => (backend.name === old.name ? next : backend));
    return next;
  }
}

function isUnused(backend: Backend, busy: ReadonlySet<string>): boolean {
  return backend.slots.every((slot) => slot.state === 'maint' && !busy.has(serverName(backend, slot)));
}
