CREATE TABLE batches (
  id         INTEGER PRIMARY KEY,
  folder_id  INTEGER NOT NULL REFERENCES folders,
  digest     TEXT NOT NULL,
  why        TEXT NOT NULL,
  made       INTEGER NOT NULL,
  decision   TEXT CHECK (decision IN ('approved', 'rejected')),
  decided    INTEGER
) STRICT;

CREATE INDEX batches_folder ON batches (folder_id);

CREATE TABLE candidates (
  version_id  INTEGER PRIMARY KEY REFERENCES versions,
  why         TEXT NOT NULL CHECK (why IN ('absent', 'superseded', 'stray', 'copy', 'command')),
  first_scan  INTEGER REFERENCES scans,
  first_at    INTEGER,
  second_scan INTEGER REFERENCES scans,
  made        INTEGER NOT NULL,
  note        TEXT NOT NULL DEFAULT '',
  batch_id    INTEGER REFERENCES batches
) STRICT;

CREATE INDEX candidates_batch ON candidates (batch_id) WHERE batch_id IS NOT NULL;

CREATE INDEX candidates_first ON candidates (first_scan) WHERE first_scan IS NOT NULL;

CREATE INDEX candidates_second ON candidates (second_scan) WHERE second_scan IS NOT NULL;

CREATE TRIGGER delete_needs_evidence BEFORE INSERT ON operations WHEN NEW.verb = 'delete' AND (NEW.evidence IS NULL OR NOT EXISTS (
  SELECT 1
  FROM candidates c
  JOIN versions v ON v.id = c.version_id
  LEFT JOIN units u ON u.id = v.unit_id
  LEFT JOIN folders f ON f.id = u.folder_id
  LEFT JOIN batches b ON b.id = c.batch_id
  WHERE c.version_id = NEW.version_id
    AND (b.id IS NULL OR b.decision = 'approved')
    AND v.remote IN ('live', 'deleting')
    AND CASE c.why
      WHEN 'command' THEN 1
      WHEN 'stray' THEN b.id IS NOT NULL
      ELSE f.state IN ('ok', 'degraded')
        AND f.delete_mode <> 'never'
        AND (c.why <> 'copy' OR b.id IS NOT NULL)
        AND u.local = CASE c.why WHEN 'superseded' THEN 'present' ELSE 'absent' END
        AND EXISTS (
          SELECT 1 FROM scans a JOIN scans z ON z.folder_id = a.folder_id
          WHERE a.id = c.first_scan AND z.id = c.second_scan AND z.id > a.id AND a.folder_id = f.id
            AND a.whole = 1 AND z.whole = 1 AND a.result = 'complete' AND z.result = 'complete' AND z.began >= a.ended)
      END))
BEGIN SELECT RAISE(ABORT, 'no evidence'); END;

CREATE TABLE dirs (
  id        INTEGER PRIMARY KEY,
  folder_id INTEGER NOT NULL REFERENCES folders,
  parent_id INTEGER REFERENCES dirs,
  path      TEXT NOT NULL,
  mtime_ns  TEXT NOT NULL,
  ctime_ns  TEXT NOT NULL,
  ino       TEXT NOT NULL,
  birth_ns  TEXT,
  local     TEXT NOT NULL CHECK (local IN ('present', 'absent', 'unseen', 'excluded')),
  why       TEXT,
  digest    BLOB,
  done_ns   TEXT,
  UNIQUE (folder_id, path)
) STRICT;

CREATE INDEX dirs_gone ON dirs (folder_id, path) WHERE local <> 'present';

CREATE INDEX dirs_parent ON dirs (parent_id);

CREATE TABLE files (
  id          INTEGER PRIMARY KEY,
  folder_id   INTEGER NOT NULL REFERENCES folders,
  dir_id      INTEGER NOT NULL REFERENCES dirs,
  name        TEXT NOT NULL,
  size_bytes  INTEGER NOT NULL,
  mtime_ns    TEXT NOT NULL,
  ctime_ns    TEXT NOT NULL,
  ino         TEXT NOT NULL,
  birth_ns    TEXT,
  local       TEXT NOT NULL CHECK (local IN ('present', 'absent', 'unseen', 'excluded')),
  problem     TEXT,
  unit_id     INTEGER REFERENCES units,
  look        TEXT,
  sha256      TEXT,
  racy        INTEGER NOT NULL DEFAULT 0,
  first_scan  INTEGER NOT NULL,
  absent_scan INTEGER,
  absence     TEXT,
  UNIQUE (dir_id, name)
) STRICT;

CREATE INDEX files_inode ON files (ino) WHERE birth_ns IS NOT NULL;

CREATE INDEX files_missed ON files (absent_scan) WHERE absent_scan IS NOT NULL;

CREATE INDEX files_problem ON files (folder_id) WHERE problem IS NOT NULL;

CREATE INDEX files_sha ON files (sha256) WHERE sha256 IS NOT NULL;

CREATE INDEX files_size ON files (size_bytes, ino);

CREATE INDEX files_unit ON files (unit_id) WHERE unit_id IS NOT NULL;

CREATE INDEX files_unread ON files (size_bytes) WHERE sha256 IS NULL;

CREATE TABLE folders (
  id            INTEGER PRIMARY KEY,
  uid           TEXT NOT NULL UNIQUE,
  path          TEXT NOT NULL,
  remote_id     INTEGER NOT NULL REFERENCES remotes,
  root_ino      TEXT,
  root_birth_ns TEXT,
  fs_type       TEXT,
  mounts        TEXT NOT NULL DEFAULT '[]',
  marker        TEXT NOT NULL DEFAULT 'none' CHECK (marker IN ('none', 'written', 'unwritable')),
  state         TEXT NOT NULL CHECK (state IN ('ok', 'absent', 'foreign', 'restored', 'unreadable', 'credentials', 'clock', 'frozen', 'paused', 'degraded')),
  why           TEXT NOT NULL DEFAULT '',
  since         INTEGER NOT NULL,
  paused        INTEGER NOT NULL DEFAULT 0,
  configured    INTEGER NOT NULL DEFAULT 1,
  delete_mode   TEXT NOT NULL DEFAULT 'propagate' CHECK (delete_mode IN ('propagate', 'hold', 'never')),
  mode_since    INTEGER NOT NULL DEFAULT 0,
  rules         TEXT NOT NULL DEFAULT ''
, incident_state TEXT, incident_from INTEGER, incident_to INTEGER, written_as TEXT) STRICT;

CREATE TABLE foreign_rows (
  remote_id  INTEGER NOT NULL REFERENCES remotes,
  data_hash  TEXT NOT NULL,
  title      TEXT NOT NULL,
  type       TEXT NOT NULL,
  size_bytes INTEGER,
  own_folder TEXT,
  own_path   TEXT,
  own_sha256 TEXT, asked INTEGER NOT NULL DEFAULT 0, own_linked TEXT,
  PRIMARY KEY (remote_id, data_hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX foreign_rows_own ON foreign_rows (remote_id, own_sha256) WHERE own_sha256 IS NOT NULL;

CREATE INDEX foreign_rows_title ON foreign_rows (remote_id, title);

CREATE TABLE frames (
  version_id INTEGER NOT NULL REFERENCES versions,
  ord        INTEGER NOT NULL,
  file_id    INTEGER,
  name       TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  sha256     TEXT,
  data_hash  TEXT,
  ticket     TEXT,
  ticket_at  INTEGER,
  step       TEXT NOT NULL CHECK (step IN ('planned', 'ticket', 'sent', 'staging', 'staged')),
  PRIMARY KEY (version_id, ord)
) STRICT, WITHOUT ROWID;

CREATE INDEX frames_size ON frames (size_bytes);

CREATE TABLE history (
  seq       INTEGER PRIMARY KEY,
  at        INTEGER NOT NULL,
  folder_id INTEGER,
  verb      TEXT NOT NULL,
  data_hash TEXT,
  key       TEXT,
  files     INTEGER NOT NULL DEFAULT 1,
  approved  INTEGER NOT NULL DEFAULT 0,
  detail    TEXT NOT NULL DEFAULT '{}',
  chain     TEXT NOT NULL
) STRICT;

CREATE INDEX history_at ON history (at);

CREATE INDEX history_key ON history (key) WHERE key IS NOT NULL;

CREATE TRIGGER history_no_delete BEFORE DELETE ON history BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;

CREATE TRIGGER history_no_update BEFORE UPDATE ON history BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;

CREATE INDEX history_sent ON history (folder_id, coalesce(CASE WHEN json_valid(detail) THEN json_extract(detail, '$.call.beganMs') END, at))
  WHERE verb = 'deleted';

CREATE INDEX history_window ON history (folder_id, verb, at);

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER operation_stays_what_it_is BEFORE UPDATE OF verb, version_id, evidence ON operations
BEGIN SELECT RAISE(ABORT, 'an operation never changes what it is'); END;

CREATE TABLE operations (
  id          INTEGER PRIMARY KEY,
  version_id  INTEGER NOT NULL REFERENCES versions,
  verb        TEXT NOT NULL CHECK (verb IN ('register', 'stage', 'group', 'title', 'metadata', 'delete')),
  phase       TEXT NOT NULL CHECK (phase IN ('intent', 'unknown', 'done', 'refused', 'not-applied')),
  began       INTEGER NOT NULL,
  ended       INTEGER,
  server_time INTEGER,
  evidence    TEXT,
  lacking     INTEGER NOT NULL DEFAULT 0,
  lacking_at  INTEGER,
  answer      TEXT
) STRICT;

CREATE UNIQUE INDEX operations_one_open ON operations (version_id)
  WHERE phase IN ('intent', 'unknown') AND verb IN ('register', 'group', 'delete');

CREATE INDEX operations_open ON operations (phase) WHERE phase IN ('intent', 'unknown');

CREATE INDEX operations_over ON operations (began) WHERE phase IN ('done', 'refused', 'not-applied');

CREATE INDEX operations_version ON operations (version_id);

CREATE TABLE remotes (
  id            INTEGER PRIMARY KEY,
  domain        TEXT NOT NULL,
  dataset       TEXT NOT NULL,
  first_contact TEXT NOT NULL DEFAULT 'due' CHECK (first_contact IN ('due', 'done')),
  listed_at     INTEGER,
  path_titles   INTEGER NOT NULL DEFAULT 1,
  datarow       INTEGER NOT NULL DEFAULT 1, forgot INTEGER NOT NULL DEFAULT 0, first_look INTEGER,
  UNIQUE (domain, dataset)
) STRICT;

CREATE TABLE scans (
  id        INTEGER PRIMARY KEY,
  folder_id INTEGER NOT NULL REFERENCES folders,
  whole     INTEGER NOT NULL,
  began     INTEGER NOT NULL,
  ended     INTEGER NOT NULL,
  process   TEXT NOT NULL,
  result    TEXT NOT NULL CHECK (result IN ('complete', 'unsettled', 'partial')),
  blind     TEXT NOT NULL DEFAULT '[]',
  busy      TEXT NOT NULL DEFAULT '[]'
, began_after INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE INDEX scans_folder ON scans (folder_id, id);

CREATE INDEX scans_part ON scans (folder_id, ended) WHERE whole = 0;

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

CREATE INDEX units_gone ON units (folder_id, local) WHERE local <> 'present';

CREATE INDEX units_open ON units (folder_id, work) WHERE work <> 'none';

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
  metadata_due INTEGER NOT NULL DEFAULT 0, changed_scan INTEGER, read_after INTEGER NOT NULL DEFAULT 0,
  UNIQUE (remote_id, data_hash),
  CHECK (remote NOT IN ('live', 'deleting') OR data_hash IS NOT NULL),
  -- The ticket is a bearer secret: it is kept only until its register is done.
  CHECK (remote IN ('ticket', 'sent', 'registering') OR ticket IS NULL)
) STRICT;

CREATE INDEX versions_changed ON versions (changed_scan) WHERE changed_scan IS NOT NULL AND role <> 'closed';

CREATE INDEX versions_content ON versions (remote_id, content);

CREATE INDEX versions_due ON versions (id) WHERE title_due = 1 OR metadata_due = 1;

CREATE INDEX versions_lost ON versions (remote_id, size_bytes) WHERE remote = 'registering' AND role = 'closed';

CREATE INDEX versions_missing ON versions (remote_id) WHERE remote = 'missing';

CREATE INDEX versions_nameless ON versions (id) WHERE role = 'closed' AND data_hash IS NULL;

CREATE UNIQUE INDEX versions_one_coming ON versions (unit_id) WHERE role = 'coming';

CREATE UNIQUE INDEX versions_one_current ON versions (unit_id, part) WHERE role = 'current';

CREATE INDEX versions_size ON versions (remote_id, size_bytes) WHERE role = 'current';

CREATE INDEX versions_there ON versions (remote_id) WHERE remote IN ('live', 'deleting');

CREATE INDEX versions_unit ON versions (unit_id);
