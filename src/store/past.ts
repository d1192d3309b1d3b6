import type { Database } from 'better-sqlite3'

/** How far back is remembered. `newestVersion`: the newest version there was when something was forgotten last; younger ones may be in use. */
export type Horizon = { readonly beforeMs: number; readonly newestVersion: number }

/** Rows of one kind that are forgotten in one go: a moment's work, also after years in which nothing was forgotten. */
const SLICE = 2_000
const DAY_MS = 86_400_000

/** Notes of one row each: the keys in `meta` are these words, a colon and the row's number. */
const ROW_NOTES = ['left-behind', 'approved-copies', 'replaced-files', 'gone-to-copy', 'replaced-away', 'went-on'] as const

/** A row that a listing left out is the unit's again once one shows it. */
const MAY_COME_BACK = "(v.role <> 'closed' OR v.remote NOT IN ('gone', 'stray'))"

/**
 * What came to its end long ago and that nothing asks about any more. The history stays, and so does the hash of each version, which is the
 * only proof against a late duplicate. The newest row of a table stays too, as SQLite would give its number to the next one.
 */
export function pastStore(db: Database) {
  // What the history, a listing or a person may still ask about is not here: what a deleted row was, and why, is in the history.
  const operations = db.prepare<[{ before: number }]>(
    `DELETE FROM operations WHERE id IN (SELECT id FROM operations
       WHERE phase IN ('done', 'refused', 'not-applied') AND began < @before AND id < (SELECT max(id) FROM operations) ORDER BY began LIMIT ${SLICE})`,
  )
  // From one group to the next: there may be a thousand frames of each.
  const overFrames = db.prepare<[{ newest: number }], { id: number }>(
    `WITH RECURSIVE groups (id) AS (
       SELECT min(version_id) FROM frames
       UNION ALL SELECT (SELECT min(version_id) FROM frames WHERE version_id > groups.id) FROM groups WHERE groups.id IS NOT NULL)
     SELECT v.id FROM groups JOIN versions v ON v.id = groups.id
     WHERE v.role = 'closed' AND v.remote IN ('gone', 'stray') AND v.id <= @newest
       AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.version_id = v.id AND o.phase IN ('intent', 'unknown')) LIMIT ${SLICE}`,
  )
  // Attempts that never had a hash. One whose call may have made a row tells what it may be.
  const nameless = db.prepare<[{ newest: number }], { id: number }>(
    `SELECT v.id FROM versions v
     WHERE v.role = 'closed' AND v.data_hash IS NULL AND v.id <= @newest AND v.id < (SELECT max(id) FROM versions)
       AND v.remote <> 'registering'
       AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.version_id = v.id AND o.phase IN ('intent', 'unknown'))
       AND NOT EXISTS (SELECT 1 FROM candidates c WHERE c.version_id = v.id) LIMIT ${SLICE}`,
  )
  const dropFrames = db.prepare<[number]>('DELETE FROM frames WHERE version_id = ?')
  const dropOperations = db.prepare<[number]>('DELETE FROM operations WHERE version_id = ?')
  const dropVersion = db.prepare<[number]>('DELETE FROM versions WHERE id = ?')
  // A DELETE by command whose outcome is open puts its row back into the batch that it was in, if the row stays.
  const batches = db.prepare<[{ before: number }]>(
    `DELETE FROM batches WHERE id IN (SELECT id FROM batches b
       WHERE coalesce(decided, made) < @before AND NOT EXISTS (SELECT 1 FROM candidates c WHERE c.batch_id = b.id)
         AND id < (SELECT max(id) FROM batches)
         AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.verb = 'delete' AND o.phase IN ('intent', 'unknown')) LIMIT ${SLICE})`,
  )
  // Of a change that came to nothing, or is over. 19: where the number begins.
  const notes = db.prepare(
    `DELETE FROM meta WHERE key >= 'changed-elsewhere:' AND key < 'changed-elsewhere;' AND NOT EXISTS (SELECT 1 FROM versions v
       WHERE v.id = CAST(substr(key, 19) AS INTEGER) AND v.role IN ('current', 'coming') AND v.changed_scan = json_extract(value, '$.scan'))`,
  )
  // Of rows that are gone.
  const ofRows = ROW_NOTES.map((note) =>
    db.prepare(
      `DELETE FROM meta WHERE key >= '${note}:' AND key < '${note};' AND NOT EXISTS (SELECT 1 FROM versions v
         WHERE v.id = CAST(substr(key, ${note.length + 2}) AS INTEGER) AND ${MAY_COME_BACK})`,
    ),
  )
  // Of rows that are all gone.
  const rowsOfFile = db.prepare(
    `DELETE FROM meta WHERE key >= 'rows-of-file:' AND key < 'rows-of-file;' AND NOT EXISTS (SELECT 1 FROM json_each(meta.value) kept
       JOIN versions v ON v.id = kept.value WHERE ${MAY_COME_BACK})`,
  )
  // Of a batch that is forgotten. 16: where the number begins.
  const shown = db.prepare(
    `DELETE FROM meta WHERE key >= 'shown-in-batch:' AND key < 'shown-in-batch;' AND NOT EXISTS (SELECT 1 FROM batches b
       WHERE b.id = CAST(substr(key, 16) AS INTEGER))`,
  )
  // Of each day the last look at the whole folder, and the last complete one: what came about since a row was last seen is told to the day.
  const scans = db.prepare<[{ folder: number; before: number; keep: string }]>(
    `DELETE FROM scans WHERE id IN (SELECT id FROM scans
       WHERE folder_id = @folder AND whole = 1 AND ended < @before AND id NOT IN (SELECT value FROM json_each(@keep))
         AND id NOT IN (SELECT max(id) FROM scans WHERE folder_id = @folder AND whole = 1 GROUP BY ended / ${DAY_MS}, result = 'complete')
         AND NOT EXISTS (SELECT 1 FROM candidates c WHERE c.first_scan = scans.id)
         AND NOT EXISTS (SELECT 1 FROM candidates c WHERE c.second_scan = scans.id)
         AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.changed_scan = scans.id AND v.role <> 'closed')
         AND NOT EXISTS (SELECT 1 FROM files f WHERE f.absent_scan = scans.id) LIMIT ${SLICE})`,
  )
  const newestVersion = db.prepare<[], { id: number | null }>('SELECT max(id) AS id FROM versions')

  return {
    newestVersion: (): number => newestVersion.get()?.id ?? 0,
    /** A slice of what is over. @returns how many rows: 0 when nothing is left */
    forget({ beforeMs, newestVersion: newest }: Horizon): number {
      const over = overFrames.all({ newest })
      for (const { id } of over) dropFrames.run(id)
      const unnamed = nameless.all({ newest })
      for (const { id } of unnamed) {
        dropFrames.run(id)
        dropOperations.run(id)
        dropVersion.run(id)
      }
      notes.run()
      for (const gone of ofRows) gone.run()
      rowsOfFile.run()
      const batched = batches.run({ before: beforeMs }).changes
      shown.run()
      return over.length + unnamed.length + operations.run({ before: beforeMs }).changes + batched
    },
    /** The same for whole looks at a folder. @param keep looks that are asked for by their numbers */
    thinScans: (folderId: number, beforeMs: number, keep: readonly number[]): number =>
      scans.run({ folder: folderId, before: beforeMs, keep: JSON.stringify(keep) }).changes,
  }
}
