import { address, type Backend, type Slot, type Table } from './table.ts';

/** Only the apps' backends are numbered. */
const appBackend = /^b\d+$/;

/** Pure readers of what HAProxy prints. Columns are found by their names: versions add some. */

/** `show info` as key → value. */
export function readInfo(text: string): Map<string, string> {
  const pairs = text.split('\n').map((row): [string, string] => {
    const at = row.indexOf(': ');
    return [row.slice(0, at), row.slice(at + 2)];
  });
  return new Map(pairs);
}

/** `show map …`: `<pointer> <key> <value>` a row. */
export function readMap(text: string): Map<string, string> {
  const rows = text.split('\n').map((row) => row.split(' '));
  return new Map(rows.flatMap(([, key, value]) => (key && value ? [[key, value] as const] : [])));
}

/** `show servers state` and the two maps, as a table. */
export function readTable(servers: string, hosts: Map<string, string>, apps: Map<string, string>): Table {
  const slots = new Map<string, Slot[]>();
  for (const row of rows(servers, '# be_id')) {
    const name = row.get('be_name') ?? '';
    if (!appBackend.test(name)) continue;
    const slot: Slot = {
      name: row.get('srv_name') ?? '',
      host: row.get('srv_addr') ?? '',
      port: Number(row.get('srv_port')),
      state: readState(Number(row.get('srv_admin_state'))),
    };
    slots.set(name, [...(slots.get(name) ?? []), slot]);
  }
  const backends: Backend[] = [...slots].map(([name, own]) => {
    const [id, ...rest] = (apps.get(name) ?? '').split(':');
    return { name, app: id ? { id, name: rest.join(':') } : null, slots: own };
  });
  return { backends, hosts: new Map([...hosts].filter(([, backend]) => appBackend.test(backend))) };
}

/** Bits of srv_admin_state (management.txt 9.3): any maintenance, then any drain. */
function readState(bits: number): Slot['state'] {
  if (bits & 0x63) return 'maint';
  return bits & 0x18 ? 'drain' : 'ready';
}

/** `show servers conn`: the servers, as `b1/s3`, that have connections in use or idle ones. */
export function readBusy(text: string): Set<string> {
  const busy = rows(text, '# bkname/svname').filter(
    (row) => Number(row.get('used_cur')) > 0 || Number(row.get('idle_cur')) > 0,
  );
  return new Set(busy.map((row) => row.get('bkname/svname') ?? ''));
}

/** `show servers conn`: the address of each server, by `b1/s3`. */
export function readAddresses(text: string): Map<string, string> {
  return new Map(
    rows(text, '# bkname/svname').map((row) => [
      row.get('bkname/svname') ?? '',
      address({ host: row.get('addr') ?? '', port: Number(row.get('port')) }),
    ]),
  );
}

/** `show sess`: session → the server that it is on, as `b1/s3`. */
export function readSessionIds(text: string): Map<string, string> {
  const found = text.matchAll(/^(0x[0-9a-f]+): .*? be=(\S+) srv=(\S+)/gm);
  return new Map(Array.from(found, ([, id = '', backend, server]) => [id, `${backend}/${server}`]));
}

/** `show stat <backend> 4 -1`: open requests by server address. A WebSocket counts as one. */
export function readSessions(text: string): Map<string, number> {
  const sessions = new Map<string, number>();
  for (const row of rows(text, '# pxname', ',')) {
    const at = row.get('addr') ?? '';
    const open = Math.max(
      Number(row.get('scur')) + Number(row.get('qcur')),
      Number(row.get('used_conn_cur') ?? 0),
    );
    sessions.set(at, (sessions.get(at) ?? 0) + open);
  }
  return sessions;
}

export interface Processes {
  /** How often the master was told to reload, and how often that failed. */
  reloads: number;
  failed: number;
  /** The worker that takes new connections; null between two. */
  worker: number | null;
  /** Workers of before a reload that still finish what they have. */
  old: number[];
}

/** The master's `show proc`. */
export function readProcesses(text: string): Processes {
  const result: Processes = { reloads: 0, failed: 0, worker: null, old: [] };
  let leaving = false;
  for (const row of text.split('\n')) {
    if (row.startsWith('#')) leaving = row.startsWith('# old');
    const [, pid, type, reloads, failed] = /^(\d+)\s+(\w+)\s+(\d+)(?: \[failed: (\d+)\])?/.exec(row) ?? [];
    if (type === 'master') {
      result.reloads = Number(reloads);
      result.failed = Number(failed ?? 0);
    } else if (type === 'worker' && leaving) {
      result.old.push(Number(pid));
    } else if (type === 'worker') {
      result.worker = Number(pid);
    }
  }
  return result;
}

/** Rows below the header that begins with `mark`, by column name. */
function rows(text: string, mark: string, separator = ' '): Map<string, string>[] {
  const lines = text.split('\n');
  const start = lines.findIndex((row) => row.startsWith(mark));
  if (start < 0) return [];
  const names = (lines[start] ?? '').slice(2).split(separator);
  return lines
    .slice(start + 1)
    .filter((row) => row !== '')
    .map((row) => {
      const values = row.split(separator);
      return new Map(names.map((name, index) => [name, values[index] ?? '']));
    });
}
