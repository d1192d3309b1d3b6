import type { Database } from 'better-sqlite3'
import type { ScanRecord } from '../sync/records.ts'

type Row = {
  id: number
  folder_id: number
  whole: number
  began: number
  ended: number
  process: string
  began_after: number
  result: ScanRecord['result']
  blind: string
  busy: string
}

function toScan(row: Row): ScanRecord {
  return {
    id: row.id,
    folderId: row.folder_id,
    whole: row.whole === 1,
    beganMs: row.began,
    endedMs: row.ended,
    process: row.process,
    beganAfter: row.began_after,
    result: row.result,
    blind: JSON.parse(row.blind) as ScanRecord['blind'],
    busy: JSON.parse(row.busy) as ScanRecord['busy'],
  }
}

/** Recorded looks at a folder: the evidence of absences. */
export function scanStore(db: Database) {
  const add = db.prepare<[number, number, number, number, string, number, string, string, string]>(
    'INSERT INTO scans (folder_id, whole, began, ended, process, began_after, result, blind, busy) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const get = db.prepare<[number], Row>('SELECT * FROM scans WHERE id = ?')
  const last = db.prepare<[number], Row>('SELECT * FROM scans WHERE folder_id = ? AND whole = 1 ORDER BY id DESC LIMIT 1')
  const firstSince = db.prepare<[number, number, number], { id: number }>(
    'SELECT id FROM scans WHERE folder_id = ? AND whole = 1 AND began >= ? AND began_after >= ? ORDER BY id LIMIT 1',
  )
  const firstCompleteSince = db.prepare<[number, number, number], { id: number }>(
    `SELECT id FROM scans WHERE folder_id = ? AND whole = 1 AND result = 'complete' AND began >= ? AND began_after >= ? ORDER BY id LIMIT 1`,
  )
  const newest = db.prepare<[], { id: number | null }>('SELECT max(id) AS id FROM scans')
  const completeBefore = db.prepare<[number, number], Row>(
    "SELECT * FROM scans WHERE folder_id = ? AND whole = 1 AND result = 'complete' AND id < ? ORDER BY id DESC LIMIT 1",
  )
  const wholeUpTo = db.prepare<[number, number], Row>(
    'SELECT * FROM scans WHERE folder_id = ? AND whole = 1 AND id <= ? ORDER BY id DESC LIMIT 1',
  )
  const prune = db.prepare<[number, number]>(
    `DELETE FROM scans WHERE folder_id = ? AND ended < ? AND whole = 0
       AND id NOT IN (SELECT first_scan FROM candidates WHERE first_scan IS NOT NULL)
       AND id NOT IN (SELECT second_scan FROM candidates WHERE second_scan IS NOT NULL)`,
  )
  return {
    add: (scan: Omit<ScanRecord, 'id'>): number =>
      Number(
        add.run(
          scan.folderId,
          scan.whole ? 1 : 0,
          scan.beganMs,
          scan.endedMs,
          scan.process,
          scan.beganAfter,
          scan.result,
          JSON.stringify(scan.blind),
          JSON.stringify(scan.busy),
        ).lastInsertRowid,
      ),
    get(id: number): ScanRecord | null {
      const row = get.get(id)
      return row === undefined ? null : toScan(row)
    },
    lastWhole(folderId: number): ScanRecord | null {
      const row = last.get(folderId)
      return row === undefined ? null : toScan(row)
    },
    /** The first whole scan that began at or after that time, and when that scan was written down; null when none did yet. */
    firstWholeSince: (folderId: number, since: { readonly ms: number; readonly scan: number }): number | null =>
      firstSince.get(folderId, since.ms, since.scan)?.id ?? null,
    /** The same for one that saw every place that was known. */
    firstCompleteSince: (folderId: number, since: { readonly ms: number; readonly scan: number }): number | null =>
      firstCompleteSince.get(folderId, since.ms, since.scan)?.id ?? null,
    /** Of all folders; 0 when there was none yet. */
    newest: (): number => newest.get()?.id ?? 0,
    /** The last whole scan before this one that saw every place that was known. */
    completeBefore(folderId: number, scanId: number): ScanRecord | null {
      const row = completeBefore.get(folderId, scanId)
      return row === undefined ? null : toScan(row)
    },
    /** This scan of the folder, or the last whole one before it. */
    wholeUpTo(folderId: number, scanId: number): ScanRecord | null {
      const row = wholeUpTo.get(folderId, scanId)
      return row === undefined ? null : toScan(row)
    },
    /** Partial scans prove nothing and are dropped after a while. */
    prune: (folderId: number, beforeMs: number): void => void prune.run(folderId, beforeMs),
  }
}
