import type { Failure } from '../errors.ts';
import type { Store } from '../store/store.ts';
import type { App, Deploy, DeployState, Release } from '../types.ts';
import type { DeployLog } from './log.ts';
import { isPastReturn, mayFollow } from './machine.ts';

/** One deploy in the hands of the deployer. */
export class Run {
  readonly app: App;
  readonly log: DeployLog;
  readonly signal: AbortSignal;
  readonly #store: Store;
  deploy: Deploy;
  release: Release | null = null;

  constructor(store: Store, app: App, deploy: Deploy, log: DeployLog, signal: AbortSignal) {
    this.#store = store;
    this.app = app;
    this.deploy = deploy;
    this.log = log;
    this.signal = signal;
  }

  /** On disk before the act that the state names. */
  to(state: DeployState, facts: { release?: number; failure?: Failure } = {}): void {
    if (!mayFollow(this.deploy.state, state))
      throw new Error(`deploy ${this.deploy.id}: ${this.deploy.state} → ${state}`);
    const ends = state === 'failed' || state === 'superseded';
    if (!ends && !isPastReturn(this.deploy.state)) this.signal.throwIfAborted();
    this.log.flush();
    this.deploy = this.#store.deploys.setState(this.deploy.id, state, facts);
  }
}
