-- The path as the config has it, links and all: what it led to is known by it while the link can't be followed, and without asking a disk.
ALTER TABLE folders ADD COLUMN written_as TEXT;
