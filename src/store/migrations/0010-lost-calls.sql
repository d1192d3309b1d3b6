-- A closed version whose call may have made a row all the same: its content is not sent again before it is known.
UPDATE versions SET remote = 'registering'
  WHERE role = 'closed' AND remote = 'stray' AND content IS NOT NULL AND unit_id IN (SELECT id FROM units WHERE work = 'unlinked');
CREATE INDEX versions_lost ON versions (remote_id, size_bytes) WHERE remote = 'registering' AND role = 'closed';
-- A row that came after the first contact, and that a lost call may have made: `adopt` chooses from it, and nothing waits for it.
ALTER TABLE foreign_rows ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;
