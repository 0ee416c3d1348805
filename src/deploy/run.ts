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
  readonly #abort = new AbortController();
  readonly #store: Store;
  readonly #reached: (point: string) => void;
  deploy: Deploy;
  release: Release | null = null;

  constructor(
    parts: { store: Store; reached: (point: string) => void },
    what: { app: App; deploy: Deploy; log: DeployLog; signal: AbortSignal | undefined },
  ) {
    this.#store = parts.store;
    this.#reached = parts.reached;
    this.app = what.app;
    this.deploy = what.deploy;
    this.log = what.log;
    this.signal = what.signal ? AbortSignal.any([this.#abort.signal, what.signal]) : this.#abort.signal;
  }

  /** Ends it with this reason, unless traffic has moved. */
  cancel(reason: Error): void {
    this.#abort.abort(reason);
  }

  /** On disk before the act that the state names; `along` is written with it, or neither is. */
  to(
    state: DeployState,
    facts: { release?: number; failure?: Failure } = {},
    along: () => void = () => {},
  ): void {
    if (!mayFollow(this.deploy.state, state))
      throw new Error(`deploy ${this.deploy.id}: ${this.deploy.state} → ${state}`);
    const ends = state === 'failed' || state === 'superseded';
    if (!ends && !isPastReturn(this.deploy.state)) this.signal.throwIfAborted();
    this.log.flush();
    this.#reached(`${this.deploy.state}:done`);
    this.deploy = this.#store.transaction(() => {
      along();
      return this.#store.deploys.setState(this.deploy.id, state, facts);
    });
    this.#reached(state);
  }
}
