import { existsSync, mkdirSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { pause } from '../loop.ts';
import type { AppId } from '../types.ts';
import { readInfo } from './answers.ts';
import { layout } from './changes.ts';
import { readText, writeFiles } from './files.ts';
import { Master } from './master.ts';
import { fingerprint, type ProxySettings, paths, render } from './render.ts';
import type { Proxy, Route } from './routes.ts';
import { ProxyUnreachable, RuntimeSocket } from './socket.ts';
import { address, emptyTable, type Table } from './table.ts';
import { Worker } from './worker.ts';

export interface HaproxyOptions {
  home: string;
  domain: string;
  httpPort: number;
  httpsPort: number;
  /** Listens on the loopback alone. Default: on all addresses. */
  loopbackOnly?: boolean;
  log: (message: string) => void;
}

/** HAProxy binds a socket under a temporary name first, which leaves 97 bytes for the path. */
const longestSocketPath = 97;
/** A proxy that has just been started again answers within this time. */
const patienceMs = 5000;

class ConfigRefused extends Error {
  override readonly name = 'ConfigRefused';
}

/**
 * Drives HAProxy: by its command line where that can do it, by a new configuration and a reload where not. The running
 * proxy tells what it has (servers, maps, which configuration), so this object can be made anew at any time. Workers
 * of before a reload still serve their open requests, so their sessions count too, and are cut with the others.
 */
export class HaproxyProxy implements Proxy {
  readonly #settings: ProxySettings;
  readonly #log: (message: string) => void;
  readonly #at: ReturnType<typeof paths>;
  readonly #runtime: RuntimeSocket;
  readonly #worker: Worker;
  readonly #master: Master;
  /** What the running worker has; null: ask it. */
  #table: Table | null = null;
  #wanted: readonly Route[] | null = null;
  /** The apply that waits for its turn, and serves all callers until it begins. */
  #queued: Promise<void> | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #saving: Promise<void> = Promise.resolve();
  #mayHaveOldWorkers = true;
  /** The running configuration is not the one that this program writes. */
  #outdated = false;

  constructor(options: HaproxyOptions) {
    const { home, domain, httpPort, httpsPort, loopbackOnly = false } = options;
    const ipv6 = existsSync('/proc/net/if_inet6');
    this.#settings = { home, domain, httpPort, httpsPort, ipv6, loopbackOnly };
    this.#log = options.log;
    this.#at = paths(home);
    this.#runtime = new RuntimeSocket(this.#at.runtime);
    this.#worker = new Worker((commands) => this.#runtime.run(commands), this.#at);
    this.#master = new Master(this.#at.master);
  }

  /** Makes the folders, and a configuration when there is none. Before the proxy is started. */
  async prepare(): Promise<void> {
    for (const path of [this.#at.runtime, this.#at.handover, this.#at.control])
      if (Buffer.byteLength(path) > longestSocketPath)
        throw new UserError(
          'bad-setting',
          `LANDFALL_HOME is too long: ${path} is over the ${longestSocketPath} bytes that the proxy allows a socket.`,
          'Choose a shorter LANDFALL_HOME.',
        );
    mkdirSync(this.#at.run, { recursive: true });
    if ((await readText(this.#at.config)) === null)
      await writeFiles(render(this.#settings, layout(emptyTable, [])));
  }

  apply(routes: readonly Route[]): Promise<void> {
    this.#wanted = routes;
    this.#queued ??= this.#inTurn(() => {
      this.#queued = null;
      return this.#bring(this.#wanted ?? []);
    });
    return this.#queued;
  }

  async sessions(appId: AppId): Promise<Map<string, number>> {
    const servers = this.#wanted?.find((route) => route.appId === appId)?.servers ?? [];
    try {
      const table = await this.#inTurn(() => this.#current());
      const counts = [await this.#worker.sessions(appId, table)];
      for (const old of await this.#oldWorkers()) counts.push(await old.sessions(appId));
      return new Map(
        servers.flatMap(({ instance, dial }) => {
          const open = counts.flatMap((count) => count.get(address(dial)) ?? []);
          return open.length > 0 ? [[instance, open.reduce((sum, n) => sum + n, 0)] as const] : [];
        }),
      );
    } catch (error) {
      throw this.#down(error);
    }
  }

  reload(): Promise<void> {
    return this.#inTurn(async () => {
      try {
        const table = await this.#current();
        await this.#reload(this.#wanted ? layout(table, this.#wanted) : table);
      } catch (error) {
        throw this.#down(error);
      }
    });
  }

  async ping(): Promise<{ version: string; pid: number }> {
    try {
      const info = await this.#inTurn(() => this.#info());
      return { version: info.get('Version') ?? '', pid: Number(info.get('Pid')) };
    } catch (error) {
      throw this.#down(error);
    }
  }

  /** Resolves when the files say what the running proxy has. */
  async settled(): Promise<void> {
    await this.#turn.catch(() => {});
    await this.#saving;
  }

  /** Lets go of the connection. The proxy goes on as it is. */
  async close(): Promise<void> {
    await this.settled();
    this.#runtime.close();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #bring(routes: readonly Route[]): Promise<void> {
    const until = performance.now() + patienceMs;
    for (;;) {
      try {
        await this.#change(routes);
        const done = this.#table;
        // A proxy that was started or reloaded meanwhile may have read the files of before.
        if ((await this.#current()) !== done) continue;
        for (const old of await this.#oldWorkers()) await old.cut(routes);
        return;
      } catch (error) {
        this.#table = null;
        if (!(error instanceof ProxyUnreachable)) throw error;
        if (performance.now() < until) {
          await pause(100);
          continue;
        }
        // A later start of the proxy serves what is wanted now. It has no connections, so any slot will do.
        await this.#save(layout(emptyTable, routes));
        throw this.#down(error);
      }
    }
  }

  async #change(routes: readonly Route[]): Promise<void> {
    const table = await this.#current();
    if (this.#outdated) {
      try {
        return await this.#reload(layout(table, routes));
      } catch (error) {
        if (!(error instanceof ConfigRefused)) throw error;
        // An old configuration that serves is better than none; the routes can still change on it.
        this.#log(`proxy: ${error.message}`);
        this.#outdated = false;
      }
    }
    const plan = await this.#worker.plan(table, routes);
    if (plan.missing) {
      this.#log(`proxy: reloading: ${plan.missing}`);
      return this.#reload(layout(table, routes));
    }
    if (plan.commands.length === 0) return;
    const objection = await this.#worker.send(plan.commands);
    if (objection) {
      this.#log(`proxy: reloading: it objected to ${objection}`);
      return this.#reload(layout(await this.#worker.table(), routes));
    }
    this.#table = plan.table;
    // Not before the files say the same is it done: a proxy that ends or is reloaded now goes on with them.
    await this.#save(plan.table);
  }

  /** What the running worker has: remembered as long as the connection to it lives, else asked for. */
  async #current(): Promise<Table> {
    const known = this.#table;
    const info = await this.#info();
    if (known && this.#table === known) return known;
    this.#outdated = info.get('description') !== fingerprint(this.#settings);
    this.#mayHaveOldWorkers = true;
    this.#table = await this.#worker.table();
    return this.#table;
  }

  /** Of the worker that takes new connections: one that is stopping was reloaded away behind our back. */
  async #info(): Promise<Map<string, string>> {
    const until = performance.now() + patienceMs;
    for (;;) {
      if ((await this.#runtime.connect()) === 'new') this.#table = null;
      const [text = ''] = await this.#runtime.run(['show info']);
      const info = readInfo(text);
      if (info.get('Stopping') === '0') return info;
      this.#forget();
      if (performance.now() > until) throw new ProxyUnreachable('it is stopping');
      await pause(20);
    }
  }

  #forget(): void {
    this.#runtime.close();
    this.#table = null;
  }

  async #reload(table: Table): Promise<void> {
    await this.#saving;
    const files = render(this.#settings, table);
    const before = new Map<string, string>();
    for (const path of files.keys()) before.set(path, (await readText(path)) ?? '');
    await writeFiles(files);
    const outcome = await this.#master.reload();
    if (outcome.worker === null) {
      await writeFiles(before);
      throw new ConfigRefused(`the proxy refused its new configuration: ${outcome.reason}`);
    }
    await this.#meet(outcome.worker);
  }

  /** For a moment both workers answer on the socket. */
  async #meet(pid: number): Promise<void> {
    const until = performance.now() + patienceMs;
    for (;;) {
      this.#forget();
      const info = await this.#info();
      if (Number(info.get('Pid')) === pid) break;
      if (performance.now() > until) throw new ProxyUnreachable(`worker ${pid} does not answer`);
      await pause(10);
    }
    await this.#current();
    await this.#oldWorkers();
  }

  /** All of them have stopped taking connections of their own when this resolves. */
  async #oldWorkers(): Promise<Worker[]> {
    if (!this.#mayHaveOldWorkers) return [];
    const { old } = await this.#master.processes();
    this.#mayHaveOldWorkers = old.length > 0;
    for (const pid of old) await this.#master.untilStopping(pid);
    return old.map((pid) => new Worker((commands) => this.#master.askOld(pid, commands), this.#at));
  }

  /** One after the other, never at the same time; the files are the truth only for a proxy that starts or reloads. */
  #save(table: Table): Promise<void> {
    this.#saving = this.#saving
      .then(() => writeFiles(render(this.#settings, table)))
      .catch((error) => this.#log(`proxy: could not write ${this.#at.config}: ${String(error)}`));
    return this.#saving;
  }

  #down(error: unknown): unknown {
    if (!(error instanceof ProxyUnreachable)) return error;
    return new UserError(
      'proxy-down',
      `The proxy does not answer (${error.message}).`,
      'Start it again with bin/up; its own words are in its container’s log (docker ps -a --filter label=landfall.role=proxy).',
    );
  }
}
