import type { Failure } from '../errors.ts';
import type { AppId, Deploy, DeployId, DeployKind, DeployState } from '../types.ts';
import type { Database } from './database.ts';
import type { Feed } from './feed.ts';

/** The journal: each deploy's state is on disk before the act that the state names begins. */
export class Deploys {
  readonly #db: Database;
  readonly #feed: Feed;

  constructor(db: Database, feed: Feed) {
    this.#db = db;
    this.#feed = feed;
  }

  add(draft: { appId: AppId; kind: DeployKind; commit: string | null; actor: string }): Deploy {
    const now = new Date().toISOString();
    return this.#db.transaction(() => {
      this.#feed.add(draft.appId, 'deploy');
      const { id } = this.#db.run(
        "INSERT INTO deploys (app_id, kind, state, commit_id, actor, created_at, changed_at) VALUES (?, ?, 'queued', ?, ?, ?, ?)",
        draft.appId,
        draft.kind,
        draft.commit,
        draft.actor,
        now,
        now,
      );
      return this.get(id);
    });
  }

  /** The transition and what it brings with it, in one transaction. */
  setState(id: DeployId, state: DeployState, facts: { release?: number; failure?: Failure } = {}): Deploy {
    const now = new Date().toISOString();
    const final = state === 'live' || state === 'failed' || state === 'superseded';
    return this.#db.transaction(() => {
      this.#db.run(
        'UPDATE deploys SET state = ?, changed_at = ?, release = coalesce(?, release), failure = coalesce(?, failure), ended_at = ? WHERE id = ?',
        state,
        now,
        facts.release ?? null,
        facts.failure ? JSON.stringify(facts.failure) : null,
        final ? now : null,
        id,
      );
      const deploy = this.get(id);
      if (state === 'routing' || state === 'draining' || state === 'live')
        this.#db.run(
          'UPDATE deploys SET served = (SELECT coalesce(max(served), 0) + 1 FROM deploys WHERE app_id = ?) WHERE id = ? AND served IS NULL',
          deploy.appId,
          id,
        );
      this.#feed.add(deploy.appId, 'deploy');
      return deploy;
    });
  }

  get(id: DeployId): Deploy {
    const row = this.#db.get('SELECT * FROM deploys WHERE id = ?', id);
    if (!row) throw new Error(`no deploy ${id}`);
    return toDeploy(row);
  }

  /** Newest first. */
  all(appId: AppId, limit = 50): Deploy[] {
    return this.#db
      .all('SELECT * FROM deploys WHERE app_id = ? ORDER BY id DESC LIMIT ?', appId, limit)
      .map(toDeploy);
  }

  /** Those in no final state, oldest first; of one app or all. */
  open(appId?: AppId): Deploy[] {
    const rows = appId
      ? this.#db.all('SELECT * FROM deploys WHERE ended_at IS NULL AND app_id = ? ORDER BY id', appId)
      : this.#db.all('SELECT * FROM deploys WHERE ended_at IS NULL ORDER BY id');
    return rows.map(toDeploy);
  }

  /** Those that have, or had, the traffic, the latest to get it first. The first is what serves, the second what served before. */
  served(appId: AppId, limit = 2): Deploy[] {
    return this.#db
      .all(
        'SELECT * FROM deploys WHERE app_id = ? AND served IS NOT NULL ORDER BY served DESC LIMIT ?',
        appId,
        limit,
      )
      .map(toDeploy);
  }

  /** The commit that the deploy branch must point at: the last push that got traffic. */
  head(appId: AppId): string | null {
    const row = this.#db.get(
      "SELECT commit_id FROM deploys WHERE app_id = ? AND kind = 'push' AND served IS NOT NULL ORDER BY served DESC LIMIT 1",
      appId,
    );
    return row ? String(row.commit_id) : null;
  }

  addLines(id: DeployId, from: number, lines: readonly { at: string; line: string }[]): void {
    this.#db.transaction(() => {
      for (const [index, { at, line }] of lines.entries())
        this.#db.run(
          'INSERT INTO deploy_log (deploy_id, seq, at, line) VALUES (?, ?, ?, ?)',
          id,
          from + index,
          at,
          line,
        );
    });
  }

  /** Lines with a sequence number above `after`. */
  lines(id: DeployId, after = 0): { seq: number; at: string; line: string }[] {
    return this.#db
      .all('SELECT seq, at, line FROM deploy_log WHERE deploy_id = ? AND seq > ? ORDER BY seq', id, after)
      .map((row) => ({ seq: Number(row.seq), at: String(row.at), line: String(row.line) }));
  }
}

function toDeploy(row: Record<string, unknown>): Deploy {
  return {
    id: Number(row.id),
    appId: String(row.app_id),
    kind: String(row.kind) as DeployKind,
    state: String(row.state) as DeployState,
    release: row.release === null ? null : Number(row.release),
    commit: row.commit_id === null ? null : String(row.commit_id),
    actor: String(row.actor),
    failure: row.failure === null ? null : (JSON.parse(String(row.failure)) as Failure),
    createdAt: String(row.created_at),
    changedAt: String(row.changed_at),
    endedAt: row.ended_at === null ? null : String(row.ended_at),
  };
}
