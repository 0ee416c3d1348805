import { randomBytes } from 'node:crypto';
import { UserError } from '../errors.ts';
import type { App, AppId } from '../types.ts';
import type { Database } from './database.ts';
import type { Feed } from './feed.ts';

/** A DNS label, since the app answers at `<name>.<domain>`. */
const namePattern = /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const reserved = new Set(['landfall', 'www', 'localhost', 'api']);
const idAlphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Throws a UserError `bad-app-name` that says what a name must look like. */
export function checkAppName(name: string): void {
  const hint = 'Use 1 to 40 lower-case letters, digits and dashes, beginning with a letter, like my-shop.';
  if (!namePattern.test(name))
    throw new UserError('bad-app-name', `${JSON.stringify(name.slice(0, 60))} can't be an app's name.`, hint);
  if (reserved.has(name) || name.startsWith('xn--'))
    throw new UserError('bad-app-name', `The name ${name} is reserved.`, 'Choose another name.');
}

export class Apps {
  readonly #db: Database;
  readonly #feed: Feed;

  constructor(db: Database, feed: Feed) {
    this.#db = db;
    this.#feed = feed;
  }

  /** Throws UserError `bad-app-name` or, when the name is taken, `conflict`. */
  create(name: string): App {
    checkAppName(name);
    if (this.byName(name))
      throw new UserError('conflict', `There is an app ${name} already.`, 'Choose another name.');
    const id = newAppId();
    this.#db.transaction(() => {
      this.#db.run(
        'INSERT INTO apps (id, name, created_at) VALUES (?, ?, ?)',
        id,
        name,
        new Date().toISOString(),
      );
      this.#feed.add(id, 'app');
    });
    return this.get(id);
  }

  all(): App[] {
    return this.#db.all('SELECT * FROM apps ORDER BY name').map(toApp);
  }

  byName(name: string): App | null {
    const row = this.#db.get('SELECT * FROM apps WHERE name = ?', name);
    return row ? toApp(row) : null;
  }

  find(id: AppId): App | null {
    const row = this.#db.get('SELECT * FROM apps WHERE id = ?', id);
    return row ? toApp(row) : null;
  }

  /** Throws when there is none: the caller holds an id that was valid. */
  get(id: AppId): App {
    const app = this.find(id);
    if (!app) throw new UserError('not-found', 'The app was destroyed meanwhile.', 'See `landfall apps`.');
    return app;
  }

  setCounts(id: AppId, counts: Record<string, number>): void {
    this.#db.transaction(() => {
      this.#db.run('UPDATE apps SET counts = ? WHERE id = ?', JSON.stringify(counts), id);
      this.#feed.add(id, 'app');
    });
  }

  /** Removes the app and all its rows. Its containers, repository and images are the caller's. */
  remove(id: AppId): void {
    this.#db.transaction(() => {
      for (const table of ['releases', 'builds', 'deploys'])
        this.#db.run(`DELETE FROM ${table} WHERE app_id = ?`, id);
      this.#db.run('DELETE FROM apps WHERE id = ?', id);
      this.#feed.add(id, 'app');
    });
  }

  /** Further host names of the app, beside `<name>.<domain>`. */
  domains(id: AppId): string[] {
    return this.#db
      .all('SELECT host FROM domains WHERE app_id = ? ORDER BY host', id)
      .map((row) => String(row.host));
  }
}

function toApp(row: Record<string, unknown>): App {
  return {
    id: String(row.id),
    name: String(row.name),
    counts: JSON.parse(String(row.counts)) as Record<string, number>,
    createdAt: String(row.created_at),
  };
}

function newAppId(): AppId {
  return [...randomBytes(10)].map((byte) => idAlphabet[byte & 31]).join('');
}
