import type { Database } from 'better-sqlite3'
import type { HistoryEntry } from '../sync/records.ts'

/** What was changed in datasets; append-only. The window of the delete limit is counted here, so restarts change nothing. */
export function historyStore(db: Database) {
  const add = db.prepare<[number, number | null, string, string | null, string | null, number, number, string]>(
    'INSERT INTO history (at, folder_id, verb, data_hash, key, files, approved, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const window = db.prepare<[number, number], { units: number; files: number | null }>(
    `SELECT count(*) AS units, sum(files) AS files FROM history WHERE folder_id = ? AND verb = 'deleted' AND approved = 0 AND at > ?`,
  )
  const open = db.prepare<[number, number], { units: number; files: number | null }>(
    `SELECT count(*) AS units, sum(max(1, (SELECT count(*) FROM frames f WHERE f.version_id = v.id))) AS files
     FROM operations o JOIN versions v ON v.id = o.version_id JOIN units u ON u.id = v.unit_id
     LEFT JOIN candidates c ON c.version_id = v.id
     WHERE u.folder_id = ? AND o.verb = 'delete' AND o.phase IN ('intent', 'unknown') AND o.began > ? AND c.batch_id IS NULL AND c.why IS NOT 'command'`,
  )
  return {
    add: (entry: HistoryEntry): void =>
      void add.run(
        entry.atMs,
        entry.folderId,
        entry.verb,
        entry.dataHash,
        entry.key,
        entry.files,
        entry.approved ? 1 : 0,
        JSON.stringify(entry.detail),
      ),
    /** DELETE calls of a folder since `sinceMs` that no person approved: done ones and those whose outcome is open. */
    deletesSince(folderId: number, sinceMs: number): { readonly units: number; readonly files: number } {
      const done = window.get(folderId, sinceMs)
      const unsettled = open.get(folderId, sinceMs)
      return { units: (done?.units ?? 0) + (unsettled?.units ?? 0), files: (done?.files ?? 0) + (unsettled?.files ?? 0) }
    },
  }
}
