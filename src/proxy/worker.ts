import { pause } from '../loop.ts';
import { readAddresses, readBusy, readMap, readSessionIds, readSessions, readTable } from './answers.ts';
import { changes } from './changes.ts';
import { type Command, line, type MapPaths, succeeded } from './commands.ts';
import type { Route } from './routes.ts';
import { address, type Table } from './table.ts';

/** Sends commands to one worker and resolves with the answers, in order. */
export type Ask = (commands: readonly string[]) => Promise<string[]>;

/** What a worker has and does, over whichever line it is reached by. */
export class Worker {
  readonly #ask: Ask;
  readonly #maps: MapPaths;

  constructor(ask: Ask, maps: MapPaths) {
    this.#ask = ask;
    this.#maps = maps;
  }

  async table(): Promise<Table> {
    const [servers = '', hosts = '', apps = ''] = await this.#ask([
      'show servers state',
      `show map ${this.#maps.hosts}`,
      `show map ${this.#maps.apps}`,
    ]);
    return readTable(servers, readMap(hosts), readMap(apps));
  }

  /** What `changes` says, with a look at the connections only where a slot or backend has to be chosen. */
  async plan(table: Table, routes: readonly Route[]): Promise<ReturnType<typeof changes>> {
    const draft = changes(table, routes, new Set());
    const touched = backendsOf(draft.commands);
    const spares = draft.commands.some((c) => c.do === 'map' && c.map === 'apps' && c.verb === 'add');
    if (touched.length === 0 && !spares) return draft;
    const asked = spares ? ['show servers conn'] : touched.map((name) => `show servers conn ${name}`);
    const busy = (await this.#ask(asked)).flatMap((answer) => [...readBusy(answer)]);
    return changes(table, routes, new Set(busy));
  }

  /** Does the commands; resolves with what the worker objected to, if anything. */
  async send(commands: readonly Command[]): Promise<string | null> {
    const last = commands.findLastIndex((command) => command.do === 'address') + 1;
    return (await this.#sendAddresses(commands.slice(0, last))) ?? (await this.#send(commands.slice(last)));
  }

  /**
   * Since 3.0 an address is changed a moment after the answer, and a server that is made ready too early gets its first
   * requests at the old address (tried: refused, a second lost). So look until it is there.
   */
  async #sendAddresses(commands: readonly Command[]): Promise<string | null> {
    const objection = await this.#send(commands);
    const moved = commands.flatMap((command) => (command.do === 'address' ? [command] : []));
    if (objection || moved.length === 0) return objection;
    const asked = backendsOf(commands).map((name) => `show servers conn ${name}`);
    for (let look = 0; look < 400; look += 1) {
      const now = new Map((await this.#ask(asked)).flatMap((answer) => [...readAddresses(answer)]));
      if (moved.every((command) => now.get(command.server) === address(command))) return null;
      await pause(5);
    }
    return 'a changed address does not show';
  }

  async #send(commands: readonly Command[]): Promise<string | null> {
    if (commands.length === 0) return null;
    const lines = commands.map((command) => line(command, this.#maps));
    const answers = await this.#ask(lines);
    const objections = commands.flatMap((command, index) => {
      const answer = answers[index] ?? '';
      return succeeded(command, answer) ? [] : [`${lines[index]}: ${answer}`];
    });
    return objections[0] ?? null;
  }

  /** Open requests by address, of the app's backend in this worker. */
  async sessions(appId: string, known?: Table): Promise<Map<string, number>> {
    const backend = known
      ? known.backends.find(({ app }) => app?.id === appId)?.name
      : await this.#backendOf(appId);
    if (!backend) return new Map();
    const [stat = ''] = await this.#ask([`show stat ${backend} 4 -1`]);
    return readSessions(stat);
  }

  /**
   * Ends the requests on servers that these routes no longer list. For a worker of before a reload: it takes no other
   * change (`Proxy is disabled`), and needs none, because it hands new requests over.
   */
  async cut(routes: readonly Route[]): Promise<void> {
    const { commands } = changes(await this.table(), routes, new Set());
    const gone = new Set(commands.flatMap((command) => (command.do === 'shutdown' ? [command.server] : [])));
    if (gone.size === 0) return;
    const [sessions = ''] = await this.#ask(['show sess']);
    const ids = [...readSessionIds(sessions)].filter(([, server]) => gone.has(server)).map(([id]) => id);
    await this.#ask(ids.map((id) => `shutdown session ${id}`));
  }

  async #backendOf(appId: string): Promise<string | undefined> {
    const [apps = ''] = await this.#ask([`show map ${this.#maps.apps}`]);
    return [...readMap(apps)].find(([, value]) => value.startsWith(`${appId}:`))?.[0];
  }
}

/** The backends in which an address changes. */
function backendsOf(commands: readonly Command[]): string[] {
  const names = commands.flatMap((c) => (c.do === 'address' ? [c.server.split('/')[0] ?? ''] : []));
  return [...new Set(names)];
}
