-- What was is not read when something is asked about what is: years of it lie in these tables.
CREATE INDEX dirs_gone ON dirs (folder_id, path) WHERE local <> 'present';
CREATE INDEX scans_part ON scans (folder_id, ended) WHERE whole = 0;
CREATE INDEX versions_there ON versions (remote_id) WHERE remote IN ('live', 'deleting');
CREATE INDEX versions_missing ON versions (remote_id) WHERE remote = 'missing';
CREATE INDEX versions_nameless ON versions (id) WHERE role = 'closed' AND data_hash IS NULL;
CREATE INDEX candidates_batch ON candidates (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX candidates_first ON candidates (first_scan) WHERE first_scan IS NOT NULL;
CREATE INDEX candidates_second ON candidates (second_scan) WHERE second_scan IS NOT NULL;
CREATE INDEX batches_folder ON batches (folder_id);
CREATE INDEX files_unread ON files (size_bytes) WHERE sha256 IS NULL;

-- Many files of one size (frames as a camera writes them) are told apart by their inode.
DROP INDEX files_size;
CREATE INDEX files_size ON files (size_bytes, ino);

-- A version that is forgotten has no operation left; without an index, each one would be looked for among all of them.
DROP INDEX operations_deletes;
CREATE INDEX operations_version ON operations (version_id);
CREATE INDEX operations_over ON operations (began) WHERE phase IN ('done', 'refused', 'not-applied');

-- By when a DELETE was sent, which the entry knows from its call; what somebody tampered with is no JSON any more.
CREATE INDEX history_sent ON history (folder_id, coalesce(CASE WHEN json_valid(detail) THEN json_extract(detail, '$.call.beganMs') END, at))
  WHERE verb = 'deleted';
CREATE INDEX history_key ON history (key) WHERE key IS NOT NULL;
CREATE INDEX history_at ON history (at);
