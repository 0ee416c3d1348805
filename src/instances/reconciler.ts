import { isDeepStrictEqual } from 'node:util';
import type { Engine } from '../engine/engine.ts';
import { pause, repeat } from '../loop.ts';
import type { Proxy, Route } from '../proxy/routes.ts';
import type { Store } from '../store/store.ts';
import { Turns } from '../turns.ts';
import type { App, AppId, Deploy, DeployId, Instance } from '../types.ts';
import { downs, servers, ups } from './actions.ts';
import { belongs, type Desired, desired, type Should, type Side, type WantedGroup } from './desired.ts';
import { accepts } from './probe.ts';
import { instanceSpec, stopSeconds } from './spec.ts';

export interface ReconcilerParts {
  store: Store;
  engine: Engine;
  proxy: Proxy;
  domain: string;
  log: { info(message: string): void; error(error: unknown, message: string): void };
}

const eventDelayMs = 250;
/** At a first start the proxy comes up after the server. */
const seedRetryMs = 500;

/** A full look at everything, in case an event was missed. */
const resyncMs = 30_000;
const resyncWidth = 4;

/**
 * The one loop that applies the difference between what the store says and what the engine shows: up, then traffic, then
 * down. Deploying, restarting, healing, rolling back and recovering are all this, with another "should".
 */
export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #turns = new Turns();
  readonly #routes = new Map<AppId, Route>();
  /** Instances (by id and start) that answered a probe, so may have traffic. */
  readonly #proven = new Set<string>();
  readonly #removing = new Set<string>();
  /** Groups whose instances have the restart policy of live ones. */
  readonly #adopted = new Set<string>();
  readonly #dirty = new Set<AppId>();
  #seeded = false;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  /** Takes over what runs, without touching traffic before all apps are known; then heals until the signal. */
  async start(signal: AbortSignal): Promise<void> {
    while (!this.#seeded && !signal.aborted) {
      await this.#seed().catch((error) => this.#failed(error, 'first look'));
      if (!this.#seeded) await pause(seedRetryMs, signal).catch(() => {});
    }
    void this.#follow(signal);
    void repeat(
      resyncMs,
      signal,
      () => this.#resync(),
      (error) => this.#failed(error, 'resync'),
    );
  }

  /** Brings one app to what the store says now. Resolves when new requests follow it; removals go on behind. */
  async converge(appId: AppId): Promise<Instance[]> {
    if (!this.#seeded) await this.#seed();
    return await this.#turns.run(appId, () => this.#pass(appId));
  }

  /** The instances of one deploy, as the engine sees them. */
  async instancesOf(appId: AppId, deploy: DeployId): Promise<Instance[]> {
    return (await this.#parts.engine.instances(appId)).filter((instance) => instance.group.deploy === deploy);
  }

  /** This instance answered: it may have traffic as long as it is not restarted. */
  markProven(instance: Instance): void {
    this.#proven.add(life(instance));
  }

  /** Open requests of these instances. */
  async sessions(appId: AppId, instances: readonly Instance[]): Promise<number> {
    const sessions = await this.#parts.proxy.sessions(appId);
    return instances.reduce((sum, instance) => sum + (sessions.get(instance.id) ?? 0), 0);
  }

  /** What has to be drained once the deploy has the traffic: instances of other deploys. */
  async outgoing(appId: AppId, deploy: DeployId): Promise<Instance[]> {
    const all = await this.#parts.engine.instances(appId);
    return all.filter((instance) => instance.group.deploy !== deploy);
  }

  /**
   * Takes the app out of the proxy, removes its instances and network, and then lets the caller remove its rows: in one turn,
   * so that nothing brings an instance back in between.
   */
  async forget(appId: AppId, removeRows: () => void): Promise<void> {
    const { engine, proxy } = this.#parts;
    await this.#turns.run(appId, async () => {
      this.#routes.delete(appId);
      await proxy.apply([...this.#routes.values()]);
      await engine.remove(await engine.instances(appId), stopSeconds);
      await engine.forget(appId);
      removeRows();
    });
  }

  async #pass(appId: AppId): Promise<Instance[]> {
    const { engine, store } = this.#parts;
    const app = store.apps.find(appId);
    if (!app) return [];
    const want = desired(this.#should(app));
    let have = await engine.instances(appId);
    const missing = ups(want, have);
    for (const { group, release, count, standing } of missing) {
      const spec = instanceSpec(app, release, group.process, standing === 'live' ? 'unless-stopped' : 'no');
      await engine.scale(group, spec, count);
    }
    if (missing.length > 0) have = await engine.instances(appId);
    await this.#route(app, want, have);
    this.#remove(downs(want, have));
    this.#settle(app, want, have);
    return have;
  }

  async #route(app: App, want: Desired, have: readonly Instance[]): Promise<void> {
    const { proxy } = this.#parts;
    this.#routes.set(app.id, this.#routeOf(app, want, have));
    await proxy.apply([...this.#routes.values()]);
  }

  #routeOf(app: App, want: Desired, have: readonly Instance[]): Route {
    return {
      appId: app.id,
      name: app.name,
      hosts: [`${app.name}.${this.#parts.domain}`, ...this.#parts.store.apps.domains(app.id)],
      servers: servers(want, have, (instance) => this.#proven.has(life(instance))),
    };
  }

  /** Behind the caller's back: SIGTERM and its grace time hold nobody up. */
  #remove(instances: readonly Instance[]): void {
    const fresh = instances.filter((instance) => !this.#removing.has(instance.id));
    if (fresh.length === 0) return;
    for (const instance of fresh) this.#removing.add(instance.id);
    void this.#parts.engine
      .remove(fresh, stopSeconds)
      .catch((error) => this.#failed(error, 'remove'))
      .finally(() => {
        for (const instance of fresh) {
          this.#removing.delete(instance.id);
          this.#proven.delete(life(instance));
        }
      });
  }

  /** Behind the caller's back: live groups get their restart policy; instances that came up (again) are proven, then routed. */
  #settle(app: App, want: Desired, have: readonly Instance[]): void {
    for (const wanted of want.groups) {
      const { group, release, standing } = wanted;
      if (standing !== 'live') continue;
      this.#adopt(app, wanted);
      for (const instance of have) {
        if (group.process !== 'web') break;
        if (!belongs(instance, group) || instance.state !== 'running' || this.#proven.has(life(instance)))
          continue;
        void this.#proveAgain(app.id, instance, release.health.bootSeconds).catch((error) =>
          this.#failed(error, 'probe'),
        );
      }
    }
  }

  #adopt(app: App, wanted: WantedGroup): void {
    const { group, release, count } = wanted;
    const key = adoptionKey(wanted);
    if (this.#adopted.has(key)) return;
    this.#adopted.add(key);
    const spec = instanceSpec(app, release, group.process, 'unless-stopped');
    void this.#parts.engine.scale(group, spec, count).catch((error) => {
      this.#adopted.delete(key);
      this.#failed(error, 'adopt');
    });
  }

  async #proveAgain(appId: AppId, instance: Instance, seconds: number): Promise<void> {
    const key = `prove ${life(instance)}`;
    if (!instance.dial || this.#removing.has(key)) return;
    this.#removing.add(key);
    try {
      const until = performance.now() + seconds * 1000;
      while (performance.now() < until) {
        if (await accepts(instance.dial, 2000)) {
          this.markProven(instance);
          await this.converge(appId);
          return;
        }
        await pause(200);
      }
    } finally {
      this.#removing.delete(key);
    }
  }

  #should(app: App): Should {
    const { deploys } = this.#parts.store;
    const open = deploys.open(app.id).find((deploy) => deploy.release !== null) ?? null;
    const old = deploys.served(app.id).find((deploy) => deploy.id !== open?.id) ?? null;
    return { app, old: this.#side(old), open: this.#side(open) };
  }

  #side(deploy: Deploy | null): Side | null {
    if (!deploy || deploy.release === null) return null;
    const release = this.#parts.store.releases.get(deploy.appId, deploy.release);
    return release ? { deploy, release } : null;
  }

  /** After a start: what runs and accepts connections counts as proven (it had the traffic), so that nothing is cut off. */
  async #seed(): Promise<void> {
    if (this.#seeded) return;
    const { engine, proxy, store } = this.#parts;
    const instances = await engine.instances();
    await Promise.all(instances.map((instance) => this.#seedOne(instance)));
    for (const app of store.apps.all()) {
      const have = instances.filter((instance) => instance.group.appId === app.id);
      const want = desired(this.#should(app));
      this.#routes.set(app.id, this.#routeOf(app, want, have));
    }
    await proxy.apply([...this.#routes.values()]);
    this.#seeded = true;
  }

  async #seedOne(instance: Instance): Promise<void> {
    if (instance.state !== 'running' || !instance.dial) return;
    if (await accepts(instance.dial, 2000)) this.markProven(instance);
  }

  /** One look at all instances; only apps that are not as they should be get a pass, a few at once. */
  async #resync(): Promise<void> {
    const { engine, proxy, store } = this.#parts;
    const instances = await engine.instances();
    const waiting = store.apps.all().filter(
      (app) =>
        !this.#isSettled(
          app,
          instances.filter((one) => one.group.appId === app.id),
        ),
    );
    const work = async (): Promise<void> => {
      for (let app = waiting.shift(); app; app = waiting.shift())
        await this.converge(app.id).catch((error) => this.#failed(error, 'resync'));
    };
    await Promise.all(Array.from({ length: resyncWidth }, work));
    await proxy.apply([...this.#routes.values()]);
  }

  /** A pass would change nothing. */
  #isSettled(app: App, have: readonly Instance[]): boolean {
    const want = desired(this.#should(app));
    const isNew = (one: Instance): boolean =>
      one.group.process === 'web' && one.state === 'running' && !this.#proven.has(life(one));
    return (
      ups(want, have).length === 0 &&
      downs(want, have).length === 0 &&
      !have.some(isNew) &&
      want.groups.every((wanted) => wanted.standing !== 'live' || this.#adopted.has(adoptionKey(wanted))) &&
      isDeepStrictEqual(this.#routes.get(app.id), this.#routeOf(app, want, have))
    );
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for await (const event of this.#parts.engine.events(signal)) {
      if (event.kind === 'changed') void this.#soon(event.appId);
      else void this.#resync().catch((error) => this.#failed(error, 'resync'));
    }
  }

  /** A deploy makes several events at once: one look, a moment later, answers them all and slows none of it. */
  async #soon(appId: AppId): Promise<void> {
    if (this.#dirty.has(appId)) return;
    this.#dirty.add(appId);
    await pause(eventDelayMs);
    this.#dirty.delete(appId);
    await this.converge(appId).catch((error) => this.#failed(error, 'event'));
  }

  #failed(error: unknown, what: string): void {
    this.#parts.log.error(error, `reconcile: ${what}`);
  }
}

function adoptionKey({ group }: WantedGroup): string {
  return `${group.deploy} ${group.process}`;
}

/** One run of an instance: a restarted one has to prove itself again. */
function life(instance: Instance): string {
  return `${instance.id} ${instance.startedAt}`;
}
