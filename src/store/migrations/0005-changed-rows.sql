-- The look that first found a row's file changed or gone: a link, a disk or a place without access that came about since may hide what the row
-- holds, however long its newer row takes. No reference, as looks at parts of a folder are dropped after a while.
ALTER TABLE versions ADD COLUMN changed_scan INTEGER;
