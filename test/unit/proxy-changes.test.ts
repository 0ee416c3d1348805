import { describe, expect, it } from 'vitest';
import { changes, layout, room } from '../../src/proxy/changes.ts';
import type { Command } from '../../src/proxy/commands.ts';
import type { Route, RouteServer } from '../../src/proxy/routes.ts';
import { address, type Backend, emptyTable, type Slot, type Table } from '../../src/proxy/table.ts';

type Servers = Record<string, RouteServer['state']>;

/** `{ '10.0.0.1': 'ready' }` on port 5000. */
function route(appId: string, servers: Servers, hosts = [`${appId}.test`]): Route {
  return {
    appId,
    name: `name-${appId}`,
    hosts,
    servers: Object.entries(servers).map(([host, state]) => ({
      instance: host,
      dial: { host, port: 5000 },
      state,
    })),
  };
}

/** What a worker would have after a reload: draining servers are disabled. */
function reloaded(table: Table): Table {
  const off = (slot: Slot): Slot => (slot.state === 'drain' ? { ...slot, state: 'maint' } : slot);
  return { ...table, backends: table.backends.map((b) => ({ ...b, slots: b.slots.map(off) })) };
}

/** Does the commands on a model of a worker, calling `each` before every one. */
function perform(
  table: Table,
  commands: readonly Command[],
  each: (now: Table, next: Command) => void,
): Table {
  let now = table;
  const slot = (server: string, change: Partial<Slot>): Table => {
    const [name, slotName] = server.split('/');
    const one = (s: Slot): Slot => (s.name === slotName ? { ...s, ...change } : s);
    return {
      ...now,
      backends: now.backends.map((b) => (b.name === name ? { ...b, slots: b.slots.map(one) } : b)),
    };
  };
  const app = (name: string, value: Backend['app']): Table => ({
    ...now,
    backends: now.backends.map((b) => (b.name === name ? { ...b, app: value } : b)),
  });
  for (const command of commands) {
    each(now, command);
    if (command.do === 'address') now = slot(command.server, { host: command.host, port: command.port });
    if (command.do === 'state') now = slot(command.server, { state: command.state });
    if (command.do === 'map' && command.map === 'hosts')
      now = { ...now, hosts: new Map([...now.hosts, [command.key, command.value]]) };
    if (command.do === 'unmap' && command.map === 'hosts')
      now = { ...now, hosts: new Map([...now.hosts].filter(([host]) => host !== command.key)) };
    if (command.do === 'map' && command.map === 'apps') {
      const [id = '', name = ''] = command.value.split(':');
      now = app(command.key, { id, name });
    }
    if (command.do === 'unmap' && command.map === 'apps') now = app(command.key, null);
  }
  return now;
}

function ready(table: Table, appId: string): string[] {
  const slots = table.backends.find(({ app }) => app?.id === appId)?.slots ?? [];
  return slots.flatMap((slot) => (slot.state === 'ready' ? [slot.host] : [])).sort();
}

/** Numbers that are the same in every run (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

describe('changes', () => {
  const spare = layout(emptyTable, []);

  it('bring up the new server, then the host, then drain the old one, then cut who is gone', () => {
    const before = layout(emptyTable, [route('a', { '10.0.0.1': 'ready', '10.0.0.9': 'ready' })]);
    const { commands, missing } = changes(
      before,
      [route('a', { '10.0.0.1': 'drain', '10.0.0.2': 'ready' }, ['new.test'])],
      new Set(),
    );
    expect(missing).toBeNull();
    expect(commands).toEqual([
      { do: 'address', server: 'b1/s3', host: '10.0.0.2', port: 5000 },
      { do: 'state', server: 'b1/s3', state: 'ready' },
      { do: 'map', map: 'hosts', verb: 'add', key: 'new.test', value: 'b1' },
      { do: 'unmap', map: 'hosts', key: 'a.test' },
      { do: 'state', server: 'b1/s1', state: 'drain' },
      { do: 'state', server: 'b1/s2', state: 'maint' },
      { do: 'shutdown', server: 'b1/s2' },
    ]);
  });

  it('give a new app a spare backend, named before it gets requests', () => {
    const { commands } = changes(spare, [route('a', { '10.0.0.1': 'ready' })], new Set());
    expect(commands.map((c) => `${c.do} ${'key' in c ? c.key : c.server}`)).toEqual([
      'map b1',
      'address b1/s1',
      'state b1/s1',
      'map a.test',
    ]);
  });

  it('pass over slots and spare backends that still have connections', () => {
    const { table } = changes(spare, [route('a', { '10.0.0.1': 'ready' })], new Set(['b1/s1', 'b2/s4']));
    expect(table.hosts.get('a.test')).toBe('b3');
    const next = changes(table, [route('a', { '10.0.0.2': 'ready' })], new Set(['b3/s1', 'b3/s2']));
    expect(next.commands).toContainEqual({ do: 'address', server: 'b3/s3', host: '10.0.0.2', port: 5000 });
  });

  it('let a drained server back without a new slot', () => {
    const one = changes(spare, [route('a', { '10.0.0.1': 'ready' })], new Set()).table;
    const two = changes(one, [route('a', { '10.0.0.1': 'drain' })], new Set()).table;
    const { commands } = changes(two, [route('a', { '10.0.0.1': 'ready' })], new Set(['b1/s1']));
    expect(commands).toEqual([{ do: 'state', server: 'b1/s1', state: 'ready' }]);
  });

  it('free the backend of an app that is gone, after its host', () => {
    const one = changes(spare, [route('a', { '10.0.0.1': 'ready' })], new Set()).table;
    const { commands, table } = changes(one, [], new Set());
    expect(commands.map((c) => c.do)).toEqual(['unmap', 'state', 'shutdown', 'unmap']);
    expect(table.backends.every(({ app }) => app === null)).toBe(true);
    expect(table.hosts.size).toBe(0);
  });

  it('say what is missing when no slot or spare backend is left', () => {
    const many = Object.fromEntries(
      Array.from({ length: room.slots + 1 }, (_, i) => [`10.0.0.${i}`, 'ready'] as const),
    );
    expect(changes(spare, [route('a', many)], new Set()).missing).toBe('no free slot in b1 for name-a');
    const apps = Array.from({ length: room.spareBackends + 1 }, (_, i) => route(`a${i}`, {}));
    expect(changes(spare, apps, new Set()).missing).toBe('no spare backend for name-a16');
    for (const routes of [[route('a', many)], apps]) {
      const table = reloaded(layout(spare, routes));
      expect(changes(table, routes, new Set())).toMatchObject({ commands: [], missing: null });
    }
  });

  it('after any history keep every promise at every step', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const pick = random(seed);
      let table: Table = spare;
      let host = 0;
      let servers: Record<string, Servers> = {};
      for (let step = 0; step < 40; step += 1) {
        servers = nextWorld(servers, pick, () => `10.0.${host >> 8}.${host++ & 255}`);
        const routes = Object.entries(servers).map(([id, own]) => route(id, own));
        const busy = new Set(
          table.backends.flatMap((b) =>
            b.slots.flatMap((s) =>
              s.port !== 1 && (s.state !== 'maint' || pick(2)) ? [`${b.name}/${s.name}`] : [],
            ),
          ),
        );
        const before = table;
        const plan = changes(before, routes, busy);
        if (plan.missing) {
          table = reloaded(layout(before, routes));
          continue;
        }
        const steady = routes
          .map(({ appId }) => appId)
          .filter((id) => ready(before, id).length > 0 && ready(plan.table, id).length > 0);
        const check = (now: Table, next?: Command): void => {
          for (const id of steady) expect(ready(now, id).length, `seed ${seed}`).toBeGreaterThan(0);
          if (next?.do !== 'address') return;
          const [name, slotName] = next.server.split('/');
          const slot = now.backends.find((b) => b.name === name)?.slots.find((s) => s.name === slotName);
          expect(slot?.state).toBe('maint');
          expect(busy.has(next.server)).toBe(false);
        };
        table = perform(before, plan.commands, check);
        check(table);
        expect(table).toEqual(plan.table);
        for (const { appId, servers: wanted } of routes) {
          const want = wanted.flatMap(({ dial, state }) => (state === 'ready' ? [dial.host] : [])).sort();
          expect(ready(table, appId)).toEqual(want);
          const backend = table.backends.find(({ app }) => app?.id === appId)?.name;
          expect(table.hosts.get(`${appId}.test`)).toBe(backend);
        }
        expect(changes(table, routes, busy).commands).toEqual([]);
      }
    }
  });
});

/** Apps come and go; servers appear ready, drain, disappear, and sometimes vanish at once. */
function nextWorld(
  world: Record<string, Servers>,
  pick: (below: number) => number,
  fresh: () => string,
): Record<string, Servers> {
  const next: Record<string, Servers> = {};
  for (const [id, servers] of Object.entries(world)) {
    if (pick(15) === 0) continue;
    const own: Servers = {};
    for (const [host, state] of Object.entries(servers)) {
      const dice = pick(6);
      if (state === 'drain' ? dice > 2 : dice > 0) own[host] = dice === 5 && pick(2) ? 'drain' : state;
    }
    if (pick(2)) own[fresh()] = 'ready';
    next[id] = own;
  }
  if (pick(4) === 0) next[`a${pick(1000)}`] = { [fresh()]: 'ready' };
  return next;
}

describe('layout', () => {
  it('keeps every app in its backend and every server in its slot', () => {
    const routes = [route('a', { '10.0.0.1': 'ready' }), route('b', { '10.0.0.2': 'ready' })];
    const first = changes(layout(emptyTable, []), routes, new Set()).table;
    const second = layout(first, [route('b', { '10.0.0.2': 'drain', '10.0.0.3': 'ready' })]);
    const b = second.backends.find(({ app }) => app?.id === 'b');
    expect(b?.name).toBe('b2');
    expect(b?.slots.slice(0, 2).map((slot) => `${address(slot)} ${slot.state}`)).toEqual([
      '10.0.0.2:5000 drain',
      '10.0.0.3:5000 ready',
    ]);
    expect(second.backends.filter(({ app }) => !app)).toHaveLength(room.spareBackends);
  });
});
