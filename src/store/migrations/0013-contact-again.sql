-- A ledger that was lost or put back may have forgotten rows of a dataset: nothing is sent there before two listings were read.
ALTER TABLE remotes ADD COLUMN forgot INTEGER NOT NULL DEFAULT 0;
