-- Metadata files beside units were recognised and left alone: the rows of their units get them now. Labels have a reason of their own.
UPDATE files SET problem = 'labels' WHERE problem = 'sidecar' AND lower(name) LIKE '%.encord.json';
UPDATE files SET problem = 'unknown-type' WHERE problem = 'sidecar' AND name NOT GLOB '*.metadata.json';
UPDATE versions SET metadata_due = 1 WHERE role = 'current' AND remote = 'live' AND unit_id IN (
  SELECT u.id FROM files f JOIN dirs d ON d.id = f.dir_id
  JOIN units u ON u.folder_id = f.folder_id AND u.shape = 'file'
    AND u.key = CASE WHEN d.path = '' THEN '' ELSE d.path || '/' END || substr(f.name, 1, length(f.name) - 14)
  WHERE f.problem = 'sidecar'
  UNION
  SELECT u.id FROM files f JOIN dirs d ON d.id = f.dir_id JOIN units u ON u.folder_id = f.folder_id AND u.shape = 'dir' AND u.key = d.path
  WHERE f.problem = 'sidecar' AND f.name = '.metadata.json');
