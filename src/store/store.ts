import { join } from 'node:path';
import { Access } from './access.ts';
import { Apps } from './apps.ts';
import { Builds } from './builds.ts';
import { Database } from './database.ts';
import { Deploys } from './deploys.ts';
import { Feed } from './feed.ts';
import { Releases } from './releases.ts';
import { Secrets } from './secrets.ts';
import { Variables } from './variables.ts';

/** Everything that should be, by noun. */
export interface Store {
  access: Access;
  apps: Apps;
  builds: Builds;
  deploys: Deploys;
  feed: Feed;
  releases: Releases;
  variables: Variables;
  /** All of `work` or nothing of it. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** Opens the store in a folder: `landfall.db`, and the key that seals config in `master.key`. */
export function openStore(home: string): Store {
  const db = new Database(join(home, 'landfall.db'));
  const feed = new Feed(db);
  const variables = new Variables(db, Secrets.open(join(home, 'master.key')));
  return {
    access: new Access(db),
    apps: new Apps(db, feed),
    builds: new Builds(db, feed),
    deploys: new Deploys(db, feed),
    feed,
    releases: new Releases(db, feed, variables),
    variables,
    transaction: (work) => db.transaction(work),
    close: () => db.close(),
  };
}
