/**
 * A condition over `files f JOIN dirs d`: a metadata file whose unit is there. It is part of that unit, as a frame is of its group, and
 * nothing that is set aside. Two look-ups, so that each uses the index of `units`; 14 is the length of `.metadata.json`.
 */
export const IS_USED_SIDECAR = `(f.problem = 'sidecar' AND (
  EXISTS (SELECT 1 FROM units u WHERE u.folder_id = f.folder_id AND u.shape = 'file'
    AND u.key = CASE WHEN d.path = '' THEN '' ELSE d.path || '/' END || substr(f.name, 1, length(f.name) - 14) AND u.local IN ('present', 'unseen'))
  OR (f.name = '.metadata.json'
    AND EXISTS (SELECT 1 FROM units u WHERE u.folder_id = f.folder_id AND u.shape = 'dir' AND u.key = d.path AND u.local IN ('present', 'unseen')))))`
