-- Groups that were linked, and not sent, had no hashes of their frames. Where the files that they were linked with still are what the row holds,
-- they tell them.
UPDATE frames SET sha256 = (SELECT f.sha256 FROM files f WHERE f.id = frames.file_id)
  WHERE sha256 IS NULL AND version_id IN (
    SELECT v.id FROM versions v WHERE v.role IN ('current', 'superseded')
      AND EXISTS (SELECT 1 FROM frames r WHERE r.version_id = v.id AND r.sha256 IS NULL)
      AND v.content = (
        SELECT sha256(group_concat(f.sha256, char(10) ORDER BY f.sha256)) FROM frames r JOIN files f ON f.id = r.file_id WHERE r.version_id = v.id));
