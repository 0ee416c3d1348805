import type { AppId } from '../types.ts';
import type { Database } from './database.ts';

export type Change = 'app' | 'config' | 'build' | 'release' | 'deploy';

/** The change feed: rows, no bus. Written in the same transaction as what it tells of. */
export class Feed {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(appId: AppId, kind: Change): void {
    this.#db.run(
      'INSERT INTO feed (app_id, kind, at) VALUES (?, ?, ?)',
      appId,
      kind,
      new Date().toISOString(),
    );
  }

  /** Changes after `seq`, oldest first. */
  since(seq: number, limit = 1000): { seq: number; appId: AppId; kind: string; at: string }[] {
    return this.#db
      .all('SELECT seq, app_id, kind, at FROM feed WHERE seq > ? ORDER BY seq LIMIT ?', seq, limit)
      .map((row) => ({
        seq: Number(row.seq),
        appId: String(row.app_id),
        kind: String(row.kind),
        at: String(row.at),
      }));
  }
}
