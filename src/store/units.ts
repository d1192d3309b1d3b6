import type { Database } from 'better-sqlite3'
import type { RelPath } from '../model/file.ts'
import { type LocalFact, UNIT_SHAPES, type UnitKind, type UnitShape, type WorkFact } from '../model/unit.ts'
import type { UnitRecord } from '../sync/records.ts'
import { toUnit, type UnitRow } from './rows.ts'

/** Units: what one row of the dataset should hold, and what is left to do for it. */
export function unitStore(db: Database) {
  const byId = db.prepare<[number], UnitRow>('SELECT * FROM units WHERE id = ?')
  const byKey = db.prepare<[number, string, string], UnitRow>('SELECT * FROM units WHERE folder_id = ? AND shape = ? AND key = ?')
  const add = db.prepare<[number, UnitShape, string, UnitKind, number]>(
    `INSERT INTO units (folder_id, shape, key, kind, local, work, why, since) VALUES (?, ?, ?, ?, 'present', 'waiting', 'new', ?)`,
  )
  const setLocal = db.prepare<[LocalFact, number]>('UPDATE units SET local = ? WHERE id = ?')
  const setWork = db.prepare<[WorkFact, string, number, number, number | null, number]>(
    'UPDATE units SET work = ?, why = ?, since = ?, attempts = ?, retry_at = ? WHERE id = ?',
  )
  const setKind = db.prepare<[UnitKind, number]>('UPDATE units SET kind = ? WHERE id = ?')
  const rekey = db.prepare<[number, string, number]>('UPDATE units SET folder_id = ?, key = ? WHERE id = ?')
  const setAsIs = db.prepare<[number, number]>('UPDATE units SET as_is = ? WHERE id = ?')
  const setUnlinked = db.prepare<[string, number]>('UPDATE units SET unlinked = ? WHERE id = ?')
  const setChanges = db.prepare<[string, number]>('UPDATE units SET changes = ? WHERE id = ?')
  const remove = db.prepare<[number]>('DELETE FROM units WHERE id = ?')
  const open = db.prepare<{ folder: number }, { id: number }>(
    `SELECT id FROM units WHERE folder_id = @folder AND work <> 'none'
     UNION SELECT u.id FROM units u WHERE u.folder_id = @folder AND u.local <> 'present'
     UNION SELECT u.id FROM versions v JOIN units u ON u.id = v.unit_id
       WHERE u.folder_id = @folder AND (v.role = 'coming' OR v.title_due = 1 OR v.metadata_due = 1)
     UNION SELECT u.id FROM candidates c CROSS JOIN versions v ON v.id = c.version_id CROSS JOIN units u ON u.id = v.unit_id
       WHERE u.folder_id = @folder
     UNION SELECT f.unit_id FROM files f WHERE f.folder_id = @folder AND f.racy = 1 AND f.unit_id IS NOT NULL`,
  )
  const list = db.prepare<[number], UnitRow>('SELECT * FROM units WHERE folder_id = ? ORDER BY key')
  const live = db.prepare<[number], { units: number; files: number | null }>(
    `SELECT count(*) AS units, sum(max(1, (SELECT count(*) FROM frames f WHERE f.version_id = v.id))) AS files
     FROM versions v JOIN units u ON u.id = v.unit_id WHERE u.folder_id = ? AND v.role = 'current' AND v.remote = 'live'`,
  )
  // The second condition is that of the partial index, word for word.
  const unseen = db.prepare<[number], UnitRow>(
    `SELECT * FROM units WHERE folder_id = ? AND local = 'unseen' AND local <> 'present' ORDER BY id LIMIT 1`,
  )
  const seriesIn = db.prepare<[number], UnitRow>(
    `SELECT * FROM units WHERE shape = 'series' AND id IN (SELECT unit_id FROM files WHERE dir_id = ?) ORDER BY id`,
  )
  return {
    get(id: number): UnitRecord | null {
      const row = byId.get(id)
      return row === undefined ? null : toUnit(row)
    },
    byKey(folderId: number, shape: UnitShape, key: RelPath): UnitRecord | null {
      const row = byKey.get(folderId, shape, key)
      return row === undefined ? null : toUnit(row)
    },
    /** The unit whose path this is, of whatever shape. */
    at(folderId: number, path: RelPath): UnitRecord | null {
      for (const shape of UNIT_SHAPES) {
        const row = byKey.get(folderId, shape, path)
        if (row !== undefined) return toUnit(row)
      }
      return null
    },
    /** Units of DICOM files that lie, or lay, directly in a directory. */
    seriesIn: (dirId: number): UnitRecord[] => seriesIn.all(dirId).map(toUnit),
    ensure(folderId: number, shape: UnitShape, key: RelPath, kind: UnitKind, atMs: number): number {
      const known = byKey.get(folderId, shape, key)
      return known?.id ?? Number(add.run(folderId, shape, key, kind, atMs).lastInsertRowid)
    },
    setLocal: (id: number, local: LocalFact): void => void setLocal.run(local, id),
    /** `since` and `attempts` start anew unless they are given. */
    setWork: (id: number, work: WorkFact, why: string, atMs: number, attempts = 0, retryAtMs: number | null = null): void =>
      void setWork.run(work, why, atMs, attempts, retryAtMs, id),
    setKind: (id: number, kind: UnitKind): void => void setKind.run(kind, id),
    rekey: (id: number, folderId: number, key: RelPath): void => void rekey.run(folderId, key, id),
    setAsIs: (id: number, asIs: boolean): void => void setAsIs.run(asIs ? 1 : 0, id),
    setUnlinked: (id: number, unlinked: UnitRecord['unlinked']): void => void setUnlinked.run(unlinked, id),
    setChanges: (id: number, changes: readonly number[]): void => void setChanges.run(JSON.stringify(changes), id),
    remove: (id: number): void => void remove.run(id),
    /** Ids of the units that something is left to do for. */
    open: (folderId: number): number[] => open.all({ folder: folderId }).map((row) => row.id),
    /** A unit of the folder whose place cannot be seen now. */
    unseen(folderId: number): UnitRecord | null {
      const row = unseen.get(folderId)
      return row === undefined ? null : toUnit(row)
    },
    /** Ids of the units whose file or directory is not there, not seen or excluded. */
    gone: (folderId: number): number[] =>
      db
        .prepare<[number], { id: number }>(`SELECT id FROM units WHERE folder_id = ? AND local <> 'present'`)
        .all(folderId)
        .map((row) => row.id),
    list: (folderId: number): UnitRecord[] => list.all(folderId).map(toUnit),
    /** Units with a live row, and the files (frames) they hold; with those that are being deleted, what the percent rule is a percentage of. */
    liveCounts(folderId: number): { readonly units: number; readonly files: number } {
      const row = live.get(folderId)
      return { units: row?.units ?? 0, files: row?.files ?? 0 }
    },
  }
}
