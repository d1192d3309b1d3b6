-- A closed version without a hash whose call may have made a row all the same: the unit is not sent again with that content.
UPDATE versions SET remote = 'registering'
  WHERE role = 'closed' AND remote = 'stray' AND data_hash IS NULL AND content IS NOT NULL
    AND unit_id IN (SELECT id FROM units WHERE work = 'unlinked');
CREATE INDEX versions_lost ON versions (remote_id) WHERE remote = 'registering' AND role = 'closed';
