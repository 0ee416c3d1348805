import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { toFailure, UserError } from '../errors.ts';
import type { Actor, App, AppId } from '../types.ts';
import { printable, refusal } from './lines.ts';
import { gitDir, gitEnvironment, killGroup, spawnGit } from './process.ts';
import type { Pushes, PushSource } from './pushes.ts';
import { checkQuarantine, keepObjects } from './quarantine.ts';
import type { Repositories } from './repositories.ts';
import { archiveParts, collectParts } from './submodules.ts';
import { readTree } from './tree.ts';
import { decide, parseUpdates } from './updates.ts';

export interface ReceiverOptions {
  pushes: Pushes;
  repositories: Repositories;
  /** Absolute path of the folder that holds `pre-receive`. */
  hooks: string;
  /** The server's local Unix socket, where `internalPushRoutes` answer. */
  socket: string;
  /** The most that one push may send; default 1 GiB. */
  maxInputBytes?: number;
  /** Added to the environment of git when it fetches submodules: HTTPS_PROXY, GIT_SSL_CAINFO … */
  fetchEnv?: Record<string, string>;
  /** For fetching the submodules of one push; default 30 s. */
  submoduleMs?: number;
  /** What the operator should know: repairs, our own failures. */
  log: (message: string, error?: unknown) => void;
}

/**
 * All pushes under way, whatever door they came through. A push is one `git receive-pack` and, inside it, one hook that
 * asks here for the verdict; both carry the push's secret id, `LANDFALL_PUSH`.
 */
export class Receiver {
  readonly options: Required<ReceiverOptions>;
  readonly #pushes = new Map<string, Push>();
  /** Commits that moved traffic while their push still runs: the branch follows when receive-pack ends. */
  readonly #kept = new Map<AppId, Set<Push>>();

  /** Throws when the hook cannot be run: git would then accept every push without asking. */
  constructor(options: ReceiverOptions) {
    accessSync(join(options.hooks, 'pre-receive'), constants.X_OK);
    this.options = { maxInputBytes: 1024 ** 3, submoduleMs: 30_000, fetchEnv: {}, ...options };
  }

  /** Starts receive-pack for one push; the door connects its stdin and stdout, and calls `cancel` when the client goes. */
  async start(app: App, actor: Actor): Promise<Push> {
    const { repositories } = this.options;
    await repositories.create(app.id);
    await repositories.unlock(app.id);
    const push = new Push(this, app, actor);
    this.#pushes.set(push.id, push);
    return push;
  }

  /** The push that a hook speaks for; null: unknown, or over. */
  find(id: string): Push | null {
    return this.#pushes.get(id) ?? null;
  }

  /** The server stops: pushes that have not moved traffic are refused. */
  close(): void {
    for (const push of this.#pushes.values()) push.cancel('The server is being restarted.');
  }

  /** Called when traffic is about to move to this push's commit. */
  kept(push: Push): void {
    const { id } = push.app;
    this.#kept.set(id, (this.#kept.get(id) ?? new Set()).add(push));
  }

  /** Another push of the app has moved traffic away from `commit`, and the branch has yet to follow. */
  overtaken(push: Push, commit: string | null): boolean {
    return [...(this.#kept.get(push.app.id) ?? [])].some(
      (other) => other !== push && other.commit !== commit,
    );
  }

  /** The push did not move traffic after all. */
  dropped(push: Push): void {
    const set = this.#kept.get(push.app.id);
    set?.delete(push);
    if (set?.size === 0) this.#kept.delete(push.app.id);
  }

  /** receive-pack has ended: the branch must be where the store says, unless a newer push is about to move it. */
  async finished(push: Push): Promise<void> {
    this.#pushes.delete(push.id);
    this.dropped(push);
    const { repositories, pushes, log } = this.options;
    if (this.#kept.has(push.app.id)) return;
    try {
      const repaired = await repositories.repair(push.app.id, pushes.head(push.app.id));
      if (repaired) log(`branch repaired: ${repaired}`);
    } catch (error) {
      log(`the branch of ${push.app.id} could not be compared with the store`, error);
    }
  }
}

/** One push under way. */
export class Push {
  readonly id = randomBytes(16).toString('hex');
  readonly app: App;
  readonly actor: Actor;
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves when receive-pack has ended and the branch is right. Never rejects. */
  readonly done: Promise<void>;
  /** The commit for the deploy branch, once known. */
  commit: string | null = null;
  readonly #receiver: Receiver;
  readonly #gone = new AbortController();
  /** The deployer was asked: what becomes of the push is in its journal. */
  #asked = false;
  #phase: 'receiving' | 'deciding' | 'accepted' | 'refused' = 'receiving';

  constructor(receiver: Receiver, app: App, actor: Actor) {
    this.#receiver = receiver;
    this.app = app;
    this.actor = actor;
    const { hooks, maxInputBytes, repositories, socket } = receiver.options;
    const settings = ['-c', `core.hooksPath=${hooks}`, '-c', `receive.maxInputSize=${maxInputBytes}`];
    this.child = spawnGit(
      [...settings, 'receive-pack', '--stateless-rpc', repositories.path(app.id)],
      gitEnvironment({ LANDFALL_PUSH: this.id, LANDFALL_SOCKET: socket }),
    );
    const closed = new Promise<void>((resolve) => {
      this.child.on('error', () => resolve());
      this.child.on('close', () => resolve());
    });
    this.done = closed.then(() => this.#ended());
  }

  async #ended(): Promise<void> {
    this.#abort('git ended before the deploy did.');
    // Whatever receive-pack left behind when it was killed.
    killGroup(this.child);
    await this.#settled;
    await this.#receiver.finished(this);
  }

  /**
   * The client is gone. Before the verdict the push is given up: the deploy's signal aborts, and git is killed when the
   * deploy has let go of its objects. After traffic has moved nothing happens: the branch must follow.
   */
  cancel(why = 'The connection was closed.'): void {
    if (this.#phase === 'receiving' || this.#phase === 'refused') killGroup(this.child);
    this.#abort(why);
  }

  #abort(why: string): void {
    if (this.#phase !== 'accepted')
      this.#gone.abort(new UserError('cancelled', `The push was cancelled: ${why}`, 'Push again.'));
  }

  #settled: Promise<void> = Promise.resolve();

  /**
   * The hook's question. Writes the log as it comes, the last lines included; resolves with the verdict and never rejects.
   * `updates` is what git gave the hook, `quarantine` where it put the objects (empty: nowhere).
   */
  verdict(updates: string, quarantine: string, write: (line: string) => void): Promise<boolean> {
    if (this.#phase !== 'receiving') return Promise.resolve(false);
    this.#phase = 'deciding';
    const verdict = this.#decide(updates, quarantine, (line) => printable(line).forEach(write));
    this.#settled = verdict.then(() => {});
    return verdict;
  }

  async #decide(updates: string, quarantine: string, log: (line: string) => void): Promise<boolean> {
    try {
      this.#gone.signal.throwIfAborted();
      for (const line of await this.#deploy(updates, quarantine, log)) log(line);
      this.#phase = 'accepted';
      return true;
    } catch (error) {
      this.#phase = 'refused';
      this.#receiver.dropped(this);
      if (!(error instanceof UserError)) this.#receiver.options.log(`push ${this.id} failed`, error);
      else if (!this.#asked) this.#receiver.options.pushes.refused(this.app, this.commit, this.actor, error);
      for (const line of refusal(toFailure(error, this.id))) log(line);
      if (this.#gone.signal.aborted) killGroup(this.child);
      return false;
    }
  }

  /** Returns the closing lines. */
  async #deploy(text: string, quarantined: string, log: (line: string) => void): Promise<string[]> {
    const { repositories, pushes, fetchEnv, submoduleMs } = this.#receiver.options;
    const { app, actor } = this;
    const { signal } = this.#gone;
    const path = repositories.path(app.id);
    const branch = await repositories.deployBranch(app.id);
    const decision = decide(parseUpdates(text), { branch, refs: await repositories.refs(app.id) });
    if (decision.kind === 'store') return [decision.line];
    const quarantine = quarantined === '' ? null : await checkQuarantine(path, quarantined);
    if (quarantined !== '' && quarantine === null) throw new Error(`not a quarantine: ${quarantined}`);
    const { commit, previous } = decision;
    this.commit = commit;
    const dir = gitDir(path, quarantine);
    const tree = await readTree(dir, commit, signal);
    const root = { dir, commit, folder: '' };
    const parts = await collectParts(root, tree, {
      repositories,
      appId: app.id,
      fetchEnv,
      timeoutMs: submoduleMs,
      log,
      signal,
    });
    const refStillAt = async () =>
      !this.#receiver.overtaken(this, previous) &&
      (await repositories.readRef(app.id, `refs/heads/${decision.branch}`)) === previous;
    const source: PushSource = {
      tree: tree.id,
      archive: (aborted) => archiveParts(parts, aborted),
      refStillAt,
      keep: async () => {
        if (quarantine !== null) await keepObjects(path, quarantine);
        await repositories.setHeadBranch(app.id, decision.branch);
        this.#receiver.kept(this);
      },
    };
    this.#asked = true;
    const { lines } = await pushes.push({ app, commit, previous, actor, source }, log, signal);
    return lines;
  }
}
