import type { AppId, Config } from '../types.ts';
import type { Database } from './database.ts';
import type { Secrets } from './secrets.ts';

/** The config that the next release of an app will have, each value sealed for its app and name. */
export class Variables {
  readonly #db: Database;
  readonly #secrets: Secrets;

  constructor(db: Database, secrets: Secrets) {
    this.#db = db;
    this.#secrets = secrets;
  }

  get(appId: AppId): Config {
    const rows = this.#db.all('SELECT name, sealed FROM config WHERE app_id = ? ORDER BY name', appId);
    return Object.fromEntries(
      rows.map((row) => [String(row.name), this.#secrets.open(`${appId}/${row.name}`, String(row.sealed))]),
    );
  }

  /** Replaces all of it. */
  set(appId: AppId, config: Config): void {
    this.#db.transaction(() => {
      this.#db.run('DELETE FROM config WHERE app_id = ?', appId);
      for (const [name, sealed] of Object.entries(this.seal(appId, config)))
        this.#db.run('INSERT INTO config (app_id, name, sealed) VALUES (?, ?, ?)', appId, name, sealed);
    });
  }

  /** The config as a release keeps it. */
  seal(appId: AppId, config: Config): Record<string, string> {
    return Object.fromEntries(
      Object.entries(config).map(([name, value]) => [name, this.#secrets.seal(`${appId}/${name}`, value)]),
    );
  }

  unseal(appId: AppId, sealed: Record<string, string>): Config {
    return Object.fromEntries(
      Object.entries(sealed).map(([name, value]) => [name, this.#secrets.open(`${appId}/${name}`, value)]),
    );
  }
}
