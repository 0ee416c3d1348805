import type { Builder, Engine } from '../engine/engine.ts';
import { type Failure, toFailure, UserError } from '../errors.ts';
import type { PushRequest } from '../git/pushes.ts';
import type { Reconciler } from '../instances/reconciler.ts';
import { defaultLimits } from '../instances/spec.ts';
import { pause } from '../loop.ts';
import type { Proxy } from '../proxy/routes.ts';
import type { Store } from '../store/store.ts';
import { Turns } from '../turns.ts';
import type { Actor, App, AppId, Config, Deploy, DeployId, DeployKind, Release } from '../types.ts';
import { DeployLog } from './log.ts';
import { afterCrash, isPastReturn, mayFollow, worlds } from './machine.ts';
import { stale, superseded, whyAborted } from './refusals.ts';
import { Run } from './run.ts';
import { adoptNeeds } from './steps/adopt.ts';
import { type BuildParts, buildStep } from './steps/build.ts';
import { checkInstances } from './steps/check.ts';
import { drainStep } from './steps/drain.ts';
import { pruneStep } from './steps/prune.ts';
import { releaseStep } from './steps/release.ts';

export interface DeployerParts extends Omit<BuildParts, 'slots'> {
  store: Store;
  engine: Engine;
  builder: Builder;
  proxy: Proxy;
  reconciler: Reconciler;
  buildSlots: number;
  /** The name under which the app is asked, for its health and in the closing lines. */
  appHost(app: App): string;
  appUrl(app: App): string;
  log: { error(error: unknown, message: string): void };
  /** Told each state when it is on disk, and `<state>:done` when its act has ended: where the crash matrix kills. */
  reached(point: string): void;
}

const firstRetryMs = 250;
const longestRetryMs = 4000;

/** What a deploy makes live: a release that exists (restart), or one to be made now. */
export type Aim = { release: Release } | { buildId: number; commit: string; config: Config; reason: string };

export interface Outcome {
  deploy: Deploy;
  release: Release;
  url: string;
  seconds: number;
}

/** Moves deploys through their states. It decides when; the reconciler makes each state's world true. */
export class Deployer {
  readonly #parts: DeployerParts;
  readonly #slots: Turns;
  /** From `releasing` to `live` one deploy of an app at a time; builds may overlap with the one before. */
  readonly #turns = new Turns();
  /** The newest push of each app, while it can still be superseded. */
  readonly #pushes = new Map<AppId, Run>();

  constructor(parts: DeployerParts) {
    this.#parts = parts;
    this.#slots = new Turns(parts.buildSlots);
  }

  /** No deploy is under way. */
  idle(): boolean {
    return this.#parts.store.deploys.open().length === 0;
  }

  /** A push that was refused before it could become a deploy: kept, so that `deploys` tells of it. */
  refused(app: App, commit: string | null, actor: Actor, error: UserError): void {
    const { deploys } = this.#parts.store;
    const deploy = deploys.add({ appId: app.id, kind: 'push', commit, actor: actor.name });
    deploys.setState(deploy.id, 'failed', { failure: error.toJSON() });
  }

  /** Takes a commit live. Resolves when all new requests go to it; throws the UserError of the refusal, nothing changed. */
  async push(request: PushRequest, listen: (line: string) => void, signal: AbortSignal): Promise<Outcome> {
    const { app, commit, actor, source } = request;
    return await this.#run(app, { kind: 'push', commit, actor, listen, signal }, async (run) => {
      // The store is the truth: a push must start from what the last one left.
      if (this.#parts.store.deploys.head(app.id) !== request.previous) throw stale();
      this.supersede(app.id, `a newer push (${commit.slice(0, 7)})`);
      this.#pushes.set(app.id, run);
      run.to('building');
      const build = await buildStep(
        { ...this.#parts, slots: this.#slots },
        { app, commit, source, log: run.log },
        run.signal,
      );
      await this.#inTurn(run, async () => {
        const config = adoptNeeds(this.#parts.store, app, build);
        await this.#activate(
          run,
          { buildId: build.id, commit, config, reason: `push ${commit.slice(0, 7)}` },
          async () => {
            if (!(await source.refStillAt())) throw stale();
            await source.keep();
          },
        );
      });
    });
  }

  /** Everything that needs no build. `aim` is asked when it is this deploy's turn, so it sees what is live then. */
  async change(
    app: App,
    what: { kind: DeployKind; actor: Actor; listen?: (line: string) => void; signal?: AbortSignal },
    aim: () => Aim | Promise<Aim>,
  ): Promise<Outcome> {
    if (what.kind === 'rollback') this.supersede(app.id, 'a rollback');
    return await this.#run(app, { ...what, commit: null }, (run) =>
      this.#inTurn(run, async () => this.#activate(run, await aim(), async () => {})),
    );
  }

  /** Ends the app's push that has not moved traffic yet, if there is one. */
  supersede(appId: AppId, by: string): void {
    this.#pushes.get(appId)?.cancel(superseded(by));
  }

  /** Runs `work` while no deploy of the app is between its release and its end. */
  async exclusively(appId: AppId, work: () => Promise<void>): Promise<void> {
    await this.#turns.run(appId, work);
  }

  /** At the start of the server: what a crash cut off fails before the point of no return, and goes on after it. */
  async recover(): Promise<void> {
    const { store, reconciler } = this.#parts;
    for (const deploy of store.deploys.open()) {
      if (afterCrash(deploy.state) === 'fail') {
        const failure: Failure = {
          code: 'interrupted',
          message: `The server was restarted while this deploy was ${deploy.state}.`,
          hint: 'Push again; the old release still serves.',
        };
        store.deploys.setState(deploy.id, 'failed', { failure });
      } else {
        const end = await this.#turns.take(deploy.appId);
        void this.#finish(deploy.appId, deploy.id, end);
      }
      await reconciler.converge(deploy.appId).catch((error) => this.#parts.log.error(error, 'recover'));
    }
  }

  async #run(
    app: App,
    what: {
      kind: DeployKind;
      commit: string | null;
      actor: Actor;
      listen?: (line: string) => void;
      signal?: AbortSignal;
    },
    work: (run: Run) => Promise<void>,
  ): Promise<Outcome> {
    const { store } = this.#parts;
    const deploy = store.deploys.add({
      appId: app.id,
      kind: what.kind,
      commit: what.commit,
      actor: what.actor.name,
    });
    const log = new DeployLog(store.deploys, deploy.id, what.listen ?? (() => {}));
    const run = new Run(this.#parts, { app, deploy, log, signal: what.signal });
    this.#parts.reached('queued');
    try {
      // A daemon that is away or hangs is told at once, not after a turn or a build's time.
      await this.#parts.engine.ping();
      await work(run);
      const release = run.release;
      if (!release) throw new Error(`deploy ${deploy.id} ended without a release`);
      return { deploy: run.deploy, release, url: this.#parts.appUrl(app), seconds: run.log.seconds() };
    } catch (error) {
      throw await this.#refuse(run, error);
    } finally {
      if (this.#pushes.get(app.id) === run) this.#pushes.delete(app.id);
      run.log.flush();
    }
  }

  async #inTurn(run: Run, work: () => Promise<void>): Promise<void> {
    if (this.#turns.ahead(run.app.id) > 0)
      run.log.line('wait     the deploy before this one is still draining');
    const end = await this.#turns.take(run.app.id, run.signal);
    try {
      await work();
    } catch (error) {
      if (!isPastReturn(run.deploy.state)) {
        const refusal = await this.#refuse(run, error);
        end();
        throw refusal;
      }
      this.#parts.log.error(error, `deploy ${run.deploy.id} after its point of no return`);
    }
    void this.#finish(run.app.id, run.deploy.id, end);
  }

  /** From release to traffic. `lastCheck` runs when all is proven, just before the point of no return. */
  async #activate(run: Run, aim: Aim, lastCheck: () => Promise<void>): Promise<void> {
    const { engine, proxy, reconciler, store } = this.#parts;
    const { app, log } = run;
    const release =
      'release' in aim ? aim.release : store.releases.add({ appId: app.id, limits: defaultLimits, ...aim });
    run.release = release;
    run.to('releasing', { release: release.version });
    if (run.deploy.kind === 'push' || run.deploy.kind === 'redeploy')
      await releaseStep(engine, { app, deploy: run.deploy, release, log }, run.signal);
    run.to('starting');
    const instances = (await reconciler.converge(app.id)).filter((one) => one.group.deploy === run.deploy.id);
    log.step(
      'start',
      instances.length === 0
        ? 'no process wanted'
        : instances.map((one) => `${one.group.process}.${one.index + 1}`).join(', '),
    );
    run.to('checking');
    const host = this.#parts.appHost(app);
    await checkInstances(
      { engine, reconciler },
      { deploy: run.deploy, release, host, instances, log, signal: run.signal },
    );
    await proxy.ping();
    await lastCheck();
    run.signal.throwIfAborted();
    run.to('routing', {}, () => {
      if (!('release' in aim)) store.variables.set(app.id, aim.config);
    });
    if (run.deploy.kind === 'push') this.#pushes.delete(app.id);
    await this.#route(app.id);
    log.step('route', `traffic moved to v${release.version}`);
  }

  /** All new requests go where the store says. */
  async #route(appId: AppId): Promise<void> {
    await this.#forward('route', () => this.#parts.reconciler.converge(appId));
  }

  /** Drains the old release, then lets it go. The turn ends here. */
  async #finish(appId: AppId, id: DeployId, endTurn: () => void): Promise<void> {
    const { reconciler, log } = this.#parts;
    await this.#forward(`finish deploy ${id}`, () => this.#drain(appId, id));
    endTurn();
    await reconciler.converge(appId).catch((error) => log.error(error, 'converge'));
    await pruneStep(this.#parts, appId).catch((error) => log.error(error, 'prune'));
  }

  /** From `routing` or `draining` to `live`; idempotent. */
  async #drain(appId: AppId, id: DeployId): Promise<void> {
    const { reconciler, store, reached } = this.#parts;
    if (store.deploys.get(id).state === 'routing') {
      await this.#route(appId);
      reached('routing:done');
      store.deploys.setState(id, 'draining');
      reached('draining');
    }
    await drainStep(reconciler, appId, id);
    reached('draining:done');
    store.deploys.setState(id, 'live');
    reached('live');
  }

  /** After the point of no return there is only forward: what Docker, the proxy or the disk refuse is asked for until it is done. */
  async #forward(what: string, act: () => Promise<unknown>): Promise<void> {
    for (let wait = firstRetryMs; ; wait = Math.min(2 * wait, longestRetryMs)) {
      try {
        await act();
        return;
      } catch (error) {
        this.#parts.log.error(error, what);
        await pause(wait);
      }
    }
  }

  /** Writes why it ended and takes the candidate away; idempotent. Returns what the one who waits is told. */
  async #refuse(run: Run, thrown: unknown): Promise<unknown> {
    const { reconciler, store, log } = this.#parts;
    const error = run.signal.aborted ? whyAborted(run.signal) : thrown;
    // The app may have been destroyed meanwhile.
    if (!store.apps.find(run.app.id)) return error;
    const { state } = store.deploys.get(run.deploy.id);
    if (!mayFollow(state, 'failed')) return thrown;
    const id = `deploy-${run.deploy.id}`;
    if (!(error instanceof UserError)) log.error(error, id);
    const failure = toFailure(error, id);
    run.log.flush();
    run.to(failure.code === 'superseded' ? 'superseded' : 'failed', { failure });
    // Only what was begun is taken away: who waits is not to wait for a daemon that hangs.
    if (worlds[state].new)
      await reconciler.converge(run.app.id).catch((cause) => log.error(cause, 'converge'));
    return error instanceof UserError ? error : new UserError(failure.code, failure.message, failure.hint);
  }
}
