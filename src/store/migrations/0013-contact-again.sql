-- A ledger that was lost or put back may have forgotten rows of a dataset: nothing is sent there before two listings were read.
ALTER TABLE remotes ADD COLUMN forgot INTEGER NOT NULL DEFAULT 0;
-- When the first of the two was asked for, ms since 1970: the second one may be another process's.
ALTER TABLE remotes ADD COLUMN first_look INTEGER;
