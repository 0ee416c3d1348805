import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { UserError } from '../errors.ts';
import type { Actor, AppId, Right } from '../types.ts';
import type { Database } from './database.ts';

export interface Token {
  id: string;
  name: string;
  /** null: all apps. */
  appId: AppId | null;
  right: Right;
  createdAt: string;
}

/** Tokens: `lf_<id>_<secret>`, shown once, only their hash is kept. Rights are read anew at every use. */
export class Access {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  create(draft: { name: string; appId: AppId | null; right: Right }): { token: Token; secret: string } {
    const id = randomBytes(5).toString('hex');
    const secret = `lf_${id}_${randomBytes(24).toString('base64url')}`;
    this.#db.run(
      'INSERT INTO tokens (id, name, hash, app_id, right, created_at) VALUES (?, ?, ?, ?, ?, ?)',
      id,
      draft.name,
      hash(secret),
      draft.appId,
      draft.right,
      new Date().toISOString(),
    );
    const token = this.all().find((one) => one.id === id);
    if (!token) throw new Error('the token is not there after its insert');
    return { token, secret };
  }

  /** Not the revoked ones. */
  all(): Token[] {
    return this.#db.all('SELECT * FROM tokens WHERE revoked_at IS NULL ORDER BY created_at, id').map(toToken);
  }

  /** Throws UserError `not-found` when there is no such token. */
  revoke(id: string): void {
    const { changes } = this.#db.run(
      'UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL',
      new Date().toISOString(),
      id,
    );
    if (changes === 0) throw new UserError('not-found', `There is no token ${id}.`, 'See `landfall tokens`.');
  }

  /** Who holds this secret; null for anybody else. The comparison takes the same time for every wrong secret. */
  authenticate(secret: string | null): Actor | null {
    const id = /^lf_([0-9a-f]{10})_[\w-]{32}$/.exec(secret ?? '')?.[1];
    const row = this.#db.get('SELECT * FROM tokens WHERE id = ? AND revoked_at IS NULL', id ?? '');
    const kept = row?.hash instanceof Uint8Array ? row.hash : Buffer.alloc(32);
    const same = timingSafeEqual(hash(secret ?? ''), kept);
    if (!row || !same) return null;
    const token = toToken(row);
    return { name: token.name, appId: token.appId, right: token.right };
  }

  /** The first token, with all rights, in a file (mode 0600) that `bin/up` names; made again when the file is gone. */
  bootstrap(path: string): void {
    try {
      if (this.authenticate(readFileSync(path, 'utf8').trim())) return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const { secret } = this.create({ name: 'bootstrap', appId: null, right: 'admin' });
    writeFileSync(path, `${secret}\n`, { mode: 0o600, flush: true });
  }
}

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function toToken(row: Record<string, unknown>): Token {
  return {
    id: String(row.id),
    name: String(row.name),
    appId: row.app_id === null ? null : String(row.app_id),
    right: String(row.right) as Right,
    createdAt: String(row.created_at),
  };
}
