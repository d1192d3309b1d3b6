-- Each entry of the history carries a hash over the entry before it and its own content (store/historyChain.ts), so that a changed,
-- removed or re-ordered entry is found. Entries from before cannot be proven any more: they are marked as such, and their last is the start.
CREATE TEMP TABLE history_before AS SELECT * FROM main.history;
DROP TABLE history;
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
INSERT INTO history SELECT seq, at, folder_id, verb, data_hash, key, files, approved, detail, 'unchained' FROM history_before ORDER BY seq;
DROP TABLE history_before;
INSERT INTO meta (key, value) SELECT 'history_unchained', max(seq) FROM history HAVING max(seq) IS NOT NULL;
INSERT INTO meta (key, value) SELECT 'history_head', max(seq) || ':unchained' FROM history HAVING max(seq) IS NOT NULL;
CREATE INDEX history_window ON history (folder_id, verb, at);
CREATE TRIGGER history_no_update BEFORE UPDATE ON history BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
CREATE TRIGGER history_no_delete BEFORE DELETE ON history BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;

-- The evidence of a deletion is looked up by its row.
CREATE INDEX operations_deletes ON operations (version_id) WHERE verb = 'delete';

-- The last time a folder was not well, from its first such state to its last; `incident_to` is NULL while it lasts.
ALTER TABLE folders ADD COLUMN incident_state TEXT;
ALTER TABLE folders ADD COLUMN incident_from INTEGER;
ALTER TABLE folders ADD COLUMN incident_to INTEGER;
