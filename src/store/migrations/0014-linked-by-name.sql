-- Whether our note on a row says that it was linked by its name: who made it, and what it holds, nobody knows.
ALTER TABLE foreign_rows ADD COLUMN own_linked TEXT;
