import type { AppId, Build, Confine, Health, Needs, ProcessCommands } from '../types.ts';
import type { Database } from './database.ts';
import type { Feed } from './feed.ts';

/** Images that were made, apart from releases: the same tree and settings need no second build. */
export class Builds {
  readonly #db: Database;
  readonly #feed: Feed;

  constructor(db: Database, feed: Feed) {
    this.#db = db;
    this.#feed = feed;
  }

  add(build: Omit<Build, 'id' | 'createdAt'>): Build {
    const createdAt = new Date().toISOString();
    const id = this.#db.transaction(() => {
      this.#feed.add(build.appId, 'build');
      return this.#db.run(
        'INSERT INTO builds (app_id, key, image, commit_id, plan, processes, port, health, confine, needs, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        build.appId,
        build.key,
        build.image,
        build.commit,
        JSON.stringify(build.plan),
        JSON.stringify(build.processes),
        build.port,
        JSON.stringify(build.health),
        build.confine,
        JSON.stringify(build.needs),
        createdAt,
      ).id;
    });
    return { ...build, id, createdAt };
  }

  /** The newest build of this key, whose image may be gone meanwhile. */
  byKey(appId: AppId, key: string): Build | null {
    const row = this.#db.get(
      'SELECT * FROM builds WHERE app_id = ? AND key = ? ORDER BY id DESC LIMIT 1',
      appId,
      key,
    );
    return row ? toBuild(row) : null;
  }

  get(id: number): Build | null {
    const row = this.#db.get('SELECT * FROM builds WHERE id = ?', id);
    return row ? toBuild(row) : null;
  }

  all(appId: AppId): Build[] {
    return this.#db.all('SELECT * FROM builds WHERE app_id = ? ORDER BY id', appId).map(toBuild);
  }
}

function toBuild(row: Record<string, unknown>): Build {
  return {
    id: Number(row.id),
    appId: String(row.app_id),
    key: String(row.key),
    image: String(row.image),
    commit: String(row.commit_id),
    plan: JSON.parse(String(row.plan)),
    ...buildFacts(row),
    needs: JSON.parse(String(row.needs)) as Needs,
    createdAt: String(row.created_at),
  };
}

/** What a release takes over from its build's row. */
export function buildFacts(
  row: Record<string, unknown>,
): Pick<Build, 'processes' | 'port' | 'health' | 'confine'> {
  return {
    processes: JSON.parse(String(row.processes)) as ProcessCommands,
    port: Number(row.port),
    health: JSON.parse(String(row.health)) as Health,
    confine: String(row.confine) as Confine,
  };
}
