-- The very file that a row lost may stand elsewhere with other content: it is looked for by its inode.
CREATE INDEX files_inode ON files (ino) WHERE birth_ns IS NOT NULL;
