-- Folders of one dataset are walked at the same time, so the order of two looks does not say which of two places was looked at first. What is
-- known to have been before a row's file was last at its path: scans up to the one that was the newest when the walk that saw it began, ...
ALTER TABLE scans ADD COLUMN began_after INTEGER NOT NULL DEFAULT 0;
-- ... or when its bytes were about to be read to be sent. No references, as looks at parts of a folder are dropped after a while.
ALTER TABLE versions ADD COLUMN read_after INTEGER NOT NULL DEFAULT 0;
