import type { AppId, Config, Limits, Release } from '../types.ts';
import { buildFacts } from './builds.ts';
import type { Database } from './database.ts';
import type { Feed } from './feed.ts';
import type { Variables } from './variables.ts';

const select =
  'SELECT r.*, b.image, b.processes, b.port, b.health, b.confine FROM releases r JOIN builds b ON b.id = r.build_id';

/** Numbered per app; a row is never changed. */
export class Releases {
  readonly #db: Database;
  readonly #feed: Feed;
  readonly #variables: Variables;

  constructor(db: Database, feed: Feed, variables: Variables) {
    this.#db = db;
    this.#feed = feed;
    this.#variables = variables;
  }

  /** Gives it the app's next version. */
  add(draft: {
    appId: AppId;
    buildId: number;
    commit: string;
    config: Config;
    limits: Limits;
    reason: string;
  }): Release {
    const version = this.#db.transaction(() => {
      const last = this.#db.get(
        'SELECT max(version) AS last FROM releases WHERE app_id = ?',
        draft.appId,
      )?.last;
      const next = Number(last ?? 0) + 1;
      this.#db.run(
        'INSERT INTO releases (app_id, version, build_id, commit_id, config, limits, reason, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        draft.appId,
        next,
        draft.buildId,
        draft.commit,
        JSON.stringify(this.#variables.seal(draft.appId, draft.config)),
        JSON.stringify(draft.limits),
        draft.reason,
        new Date().toISOString(),
      );
      this.#feed.add(draft.appId, 'release');
      return next;
    });
    const release = this.get(draft.appId, version);
    if (!release) throw new Error(`release v${version} of ${draft.appId} is not there after its insert`);
    return release;
  }

  get(appId: AppId, version: number): Release | null {
    const row = this.#db.get(`${select} WHERE r.app_id = ? AND r.version = ?`, appId, version);
    return row ? this.#toRelease(row) : null;
  }

  /** Newest first. */
  all(appId: AppId): Release[] {
    return this.#db
      .all(`${select} WHERE r.app_id = ? ORDER BY r.version DESC`, appId)
      .map((row) => this.#toRelease(row));
  }

  #toRelease(row: Record<string, unknown>): Release {
    const appId = String(row.app_id);
    return {
      appId,
      version: Number(row.version),
      buildId: Number(row.build_id),
      image: String(row.image),
      commit: String(row.commit_id),
      config: this.#variables.unseal(appId, JSON.parse(String(row.config)) as Record<string, string>),
      ...buildFacts(row),
      limits: JSON.parse(String(row.limits)) as Limits,
      reason: String(row.reason),
      createdAt: String(row.created_at),
    };
  }
}
