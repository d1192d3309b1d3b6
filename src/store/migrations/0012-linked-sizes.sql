-- Rows that were linked, and not sent, had the size that the server told, or 0 where it told none. A file that still is what the row holds tells it.
UPDATE versions SET size_bytes = f.size_bytes FROM files f
  WHERE f.unit_id = versions.unit_id AND f.sha256 = versions.content AND f.size_bytes <> versions.size_bytes AND versions.kind IN ('video', 'image');
