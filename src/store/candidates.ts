import type { Database } from 'better-sqlite3'
import type { CandidateReason } from '../model/unit.ts'
import type { BatchRecord, CandidateRecord } from '../sync/records.ts'
import { type CandidateRow, toCandidate } from './rows.ts'

type BatchRow = {
  id: number
  folder_id: number
  digest: string
  why: string
  made: number
  decision: BatchRecord['decision']
  decided: number | null
}

function toBatch(row: BatchRow): BatchRecord {
  return {
    id: row.id,
    folderId: row.folder_id,
    digest: row.digest,
    why: row.why,
    madeMs: row.made,
    decision: row.decision,
    decidedMs: row.decided,
  }
}

/** Versions that may have to be deleted, their proof so far, and the frozen batches a person decides about. */
export function candidateStore(db: Database) {
  const oldestFirst = db.prepare<[], { scan: number | null }>('SELECT min(first_scan) AS scan FROM candidates WHERE first_scan IS NOT NULL')
  const get = db.prepare<[number], CandidateRow>('SELECT * FROM candidates WHERE version_id = ?')
  const ofFolder = db.prepare<[number], CandidateRow>(
    `SELECT c.* FROM candidates c CROSS JOIN versions v ON v.id = c.version_id CROSS JOIN units u ON u.id = v.unit_id
     WHERE u.folder_id = ? ORDER BY c.made, c.version_id`,
  )
  // Keys of units that lost their place begin with a NUL: what becomes of those is decided all the same.
  const undecided = db.prepare<[number], CandidateRow>(
    `SELECT c.* FROM candidates c CROSS JOIN versions v ON v.id = c.version_id CROSS JOIN units u ON u.id = v.unit_id
     LEFT JOIN batches b ON b.id = c.batch_id
     WHERE u.folder_id = ? AND NOT (c.why = 'superseded' AND b.id IS NOT NULL AND b.decision IS NOT 'approved' AND u.key >= char(1))
     ORDER BY c.made, c.version_id`,
  )
  const add = db.prepare<[number, CandidateReason, number | null, number | null, number]>(
    `INSERT INTO candidates (version_id, why, first_scan, first_at, made) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (version_id) DO UPDATE SET why = excluded.why, first_scan = excluded.first_scan, first_at = excluded.first_at, second_scan = NULL`,
  )
  const first = db.prepare<[number | null, number | null, number]>(
    'UPDATE candidates SET first_scan = ?, first_at = ?, second_scan = NULL WHERE version_id = ?',
  )
  const second = db.prepare<[number | null, number]>('UPDATE candidates SET second_scan = ? WHERE version_id = ?')
  const note = db.prepare<[string, number]>('UPDATE candidates SET note = ? WHERE version_id = ?')
  const batch = db.prepare<[number | null, number]>('UPDATE candidates SET batch_id = ? WHERE version_id = ?')
  const remove = db.prepare<[number]>('DELETE FROM candidates WHERE version_id = ?')
  const addBatch = db.prepare<[number, string, string, number]>('INSERT INTO batches (folder_id, digest, why, made) VALUES (?, ?, ?, ?)')
  const getBatch = db.prepare<[number], BatchRow>('SELECT * FROM batches WHERE id = ?')
  const decide = db.prepare<[string, number, number]>('UPDATE batches SET decision = ?, decided = ? WHERE id = ?')
  const batches = db.prepare<[number], BatchRow>(
    'SELECT * FROM batches b WHERE folder_id = ? AND EXISTS (SELECT 1 FROM candidates c WHERE c.batch_id = b.id) ORDER BY id',
  )
  const inBatch = db.prepare<[number], CandidateRow>('SELECT * FROM candidates WHERE batch_id = ? ORDER BY version_id')
  return {
    get(versionId: number): CandidateRecord | null {
      const row = get.get(versionId)
      return row === undefined ? null : toCandidate(row)
    },
    /** The first scan of the oldest proof that is being taken; null when there is none. */
    oldestFirstScan: (): number | null => oldestFirst.get()?.scan ?? null,
    ofFolder: (folderId: number): CandidateRecord[] => ofFolder.all(folderId).map(toCandidate),
    /** All but the older rows that wait for a person: nothing becomes of those before one decides. */
    undecidedOf: (folderId: number): CandidateRecord[] => undecided.all(folderId).map(toCandidate),
    /** Starts a candidate, or starts its proof anew. */
    add: (versionId: number, why: CandidateReason, firstScan: { id: number; atMs: number } | null, atMs: number): void =>
      void add.run(versionId, why, firstScan?.id ?? null, firstScan?.atMs ?? null, atMs),
    setFirst: (versionId: number, scan: { id: number; atMs: number } | null): void =>
      void first.run(scan?.id ?? null, scan?.atMs ?? null, versionId),
    setSecond: (versionId: number, scanId: number | null): void => void second.run(scanId, versionId),
    setNote: (versionId: number, text: string): void => void note.run(text, versionId),
    setBatch: (versionId: number, batchId: number | null): void => void batch.run(batchId, versionId),
    remove: (versionId: number): void => void remove.run(versionId),
    addBatch: (folderId: number, digest: string, why: string, atMs: number): number =>
      Number(addBatch.run(folderId, digest, why, atMs).lastInsertRowid),
    batch(id: number): BatchRecord | null {
      const row = getBatch.get(id)
      return row === undefined ? null : toBatch(row)
    },
    batches: (folderId: number): BatchRecord[] => batches.all(folderId).map(toBatch),
    inBatch: (batchId: number): CandidateRecord[] => inBatch.all(batchId).map(toCandidate),
    decide: (batchId: number, decision: 'approved' | 'rejected', atMs: number): void => void decide.run(decision, atMs, batchId),
  }
}
