CREATE TABLE apps (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  server TEXT NOT NULL DEFAULT 'local',
  counts TEXT NOT NULL DEFAULT '{}',
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE domains (
  host TEXT PRIMARY KEY,
  app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE
) STRICT;

-- What the next release will have; a release keeps a copy of its own.
CREATE TABLE config (
  app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  sealed TEXT NOT NULL,
  PRIMARY KEY (app_id, name)
) STRICT;

CREATE TABLE builds (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  image TEXT NOT NULL,
  commit_id TEXT NOT NULL,
  plan TEXT NOT NULL,
  processes TEXT NOT NULL,
  port INTEGER NOT NULL,
  health TEXT NOT NULL,
  confine TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX builds_by_key ON builds (app_id, key);

CREATE TABLE releases (
  app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  build_id INTEGER NOT NULL REFERENCES builds (id),
  commit_id TEXT NOT NULL,
  config TEXT NOT NULL,
  limits TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (app_id, version)
) STRICT;

CREATE TABLE deploys (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  server TEXT NOT NULL DEFAULT 'local',
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  release INTEGER,
  -- The how-manieth of the app to get the traffic: a deploy that began earlier may come later. NULL: it never did.
  served INTEGER,
  commit_id TEXT,
  actor TEXT NOT NULL,
  failure TEXT,
  created_at TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  ended_at TEXT
) STRICT;
CREATE INDEX deploys_by_app ON deploys (app_id, id);
CREATE UNIQUE INDEX deploys_served ON deploys (app_id, served) WHERE served IS NOT NULL;
CREATE INDEX deploys_open ON deploys (state) WHERE ended_at IS NULL;

CREATE TABLE deploy_log (
  deploy_id INTEGER NOT NULL REFERENCES deploys (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  at TEXT NOT NULL,
  line TEXT NOT NULL,
  PRIMARY KEY (deploy_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  hash BLOB NOT NULL,
  app_id TEXT REFERENCES apps (id) ON DELETE CASCADE,
  right TEXT NOT NULL,
  created_at TEXT NOT NULL,
  revoked_at TEXT
) STRICT;

-- What changed, for whoever follows: webhooks, dashboard, streams.
CREATE TABLE feed (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  app_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
