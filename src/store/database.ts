import { readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

type Value = string | number | bigint | Uint8Array | null;
type Row = Record<string, Value>;

/** SQLite before 3.51.3 can corrupt a WAL database (the WAL-reset bug). */
const oldestSqlite = [3, 51, 3] as const;

/**
 * The one SQLite file that says what should be. One connection, one writer; every acknowledged write is on disk
 * (WAL, synchronous=FULL). Only this file knows the driver.
 */
export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;

  /** Opens or creates it and brings its schema up to date; throws when SQLite is too old or the file is newer than us. */
  constructor(path: string) {
    checkSqlite(process.versions.sqlite ?? '0');
    this.#db = new DatabaseSync(path);
    this.#db.exec(
      'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000; PRAGMA wal_autocheckpoint=500;',
    );
    this.#migrate();
  }

  /**
   * One server per home: waits up to 10 s for a former one to end, then throws. The lock ends with the process, however
   * that ends. Returns what lets go of it.
   */
  static lock(path: string): () => void {
    const db = new DatabaseSync(path);
    db.exec('PRAGMA busy_timeout=10000; PRAGMA journal_mode=DELETE');
    try {
      db.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      throw new Error(`Another Landfall server runs on ${path}.`, { cause: error });
    }
    return () => db.close();
  }

  all(sql: string, ...values: Value[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[];
  }

  get(sql: string, ...values: Value[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined;
  }

  /** Returns the row id of an insert and the number of rows changed. */
  run(sql: string, ...values: Value[]): { id: number; changes: number } {
    const result = this.#prepare(sql).run(...values);
    return { id: Number(result.lastInsertRowid), changes: Number(result.changes) };
  }

  /** All of `work` or nothing of it. May be nested: the outermost commits. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#db.exec('BEGIN IMMEDIATE');
    this.#depth++;
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    } finally {
      this.#depth--;
    }
  }

  close(): void {
    this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #migrate(): void {
    const files = readdirSync(new URL('migrations/', import.meta.url))
      .filter((name) => name.endsWith('.sql'))
      .sort();
    const version = Number(this.get('PRAGMA user_version')?.user_version ?? 0);
    if (version > files.length)
      throw new Error(
        `The database has schema ${version}, this version knows ${files.length}: run a newer Landfall.`,
      );
    for (const [index, file] of files.entries()) {
      if (index < version) continue;
      this.transaction(() => {
        this.#db.exec(readFileSync(new URL(`migrations/${file}`, import.meta.url), 'utf8'));
        this.#db.exec(`PRAGMA user_version=${index + 1}`);
      });
    }
  }
}

function checkSqlite(version: string): void {
  const parts = version.split('.').map(Number);
  for (const [index, oldest] of oldestSqlite.entries()) {
    const part = parts[index] ?? 0;
    if (part > oldest) return;
    if (part < oldest)
      throw new Error(
        `SQLite ${version} is too old (${oldestSqlite.join('.')} is needed): use Node 24.21 or newer.`,
      );
  }
}
