-- rebuilds tables
-- Units and versions may be DICOM series: their lists of words are longer. SQLite can't change a CHECK, so both tables are made anew, and their
-- indexes with them. Triggers of other tables that name them stay as they are.
CREATE TEMP TABLE units_before AS SELECT * FROM main.units;
DROP TABLE units;
CREATE TABLE units (
  id        INTEGER PRIMARY KEY,
  folder_id INTEGER NOT NULL REFERENCES folders,
  shape     TEXT NOT NULL CHECK (shape IN ('file', 'dir', 'series')),
  key       TEXT NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('video', 'image', 'image_group', 'dicom_series')),
  local     TEXT NOT NULL CHECK (local IN ('present', 'absent', 'unseen', 'excluded')),
  work      TEXT NOT NULL CHECK (work IN ('none', 'waiting', 'queued', 'failed', 'rejected', 'unlinked')),
  why       TEXT NOT NULL DEFAULT '',
  since     INTEGER NOT NULL,
  attempts  INTEGER NOT NULL DEFAULT 0,
  retry_at  INTEGER,
  as_is     INTEGER NOT NULL DEFAULT 0,
  unlinked  TEXT NOT NULL DEFAULT 'ask' CHECK (unlinked IN ('ask', 'none')),
  changes   TEXT NOT NULL DEFAULT '[]',
  UNIQUE (folder_id, shape, key)
) STRICT;
INSERT INTO units (id, folder_id, shape, key, kind, local, work, why, since, attempts, retry_at, as_is, unlinked, changes)
  SELECT id, folder_id, shape, key, kind, local, work, why, since, attempts, retry_at, as_is, unlinked, changes FROM units_before ORDER BY id;
DROP TABLE units_before;
CREATE INDEX units_open ON units (folder_id, work) WHERE work <> 'none';
CREATE INDEX units_gone ON units (folder_id, local) WHERE local <> 'present';

CREATE TEMP TABLE versions_before AS SELECT * FROM main.versions;
DROP TABLE versions;
CREATE TABLE versions (
  id           INTEGER PRIMARY KEY,
  unit_id      INTEGER REFERENCES units,
  remote_id    INTEGER NOT NULL REFERENCES remotes,
  part         INTEGER NOT NULL DEFAULT 0,
  kind         TEXT NOT NULL CHECK (kind IN ('video', 'image', 'image_group', 'dicom_series')),
  data_hash    TEXT,
  title        TEXT NOT NULL,
  content      TEXT,
  size_bytes   INTEGER NOT NULL DEFAULT 0,
  remote       TEXT NOT NULL CHECK (remote IN ('ticket', 'sent', 'registering', 'live', 'deleting', 'gone', 'missing', 'stray')),
  role         TEXT NOT NULL CHECK (role IN ('coming', 'current', 'superseded', 'detached', 'closed')),
  ticket       TEXT,
  ticket_at    INTEGER,
  live_at      INTEGER,
  listed_at    INTEGER,
  title_due    INTEGER NOT NULL DEFAULT 0,
  metadata_due INTEGER NOT NULL DEFAULT 0,
  UNIQUE (remote_id, data_hash),
  CHECK (remote NOT IN ('live', 'deleting') OR data_hash IS NOT NULL),
  -- The ticket is a bearer secret: it is kept only until its register is done.
  CHECK (remote IN ('ticket', 'sent', 'registering') OR ticket IS NULL)
) STRICT;
INSERT INTO versions (id, unit_id, remote_id, part, kind, data_hash, title, content, size_bytes, remote, role, ticket, ticket_at, live_at, listed_at, title_due, metadata_due)
  SELECT id, unit_id, remote_id, part, kind, data_hash, title, content, size_bytes, remote, role, ticket, ticket_at, live_at, listed_at, title_due, metadata_due
  FROM versions_before ORDER BY id;
DROP TABLE versions_before;
CREATE UNIQUE INDEX versions_one_current ON versions (unit_id, part) WHERE role = 'current';
CREATE UNIQUE INDEX versions_one_coming ON versions (unit_id) WHERE role = 'coming';
CREATE INDEX versions_unit ON versions (unit_id);
CREATE INDEX versions_content ON versions (remote_id, content);
CREATE INDEX versions_size ON versions (remote_id, size_bytes) WHERE role = 'current';
CREATE INDEX versions_due ON versions (id) WHERE title_due = 1 OR metadata_due = 1;
