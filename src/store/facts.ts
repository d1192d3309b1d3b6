import type { Database } from 'better-sqlite3'
import type { RelPath } from '../model/file.ts'
import type { UnitFacts } from '../model/unit.ts'
import type { UnitRecord } from '../sync/records.ts'
import { toUnit, type UnitRow } from './rows.ts'
import { IS_USED_SIDECAR } from './usedSidecar.ts'

/** A unit with the facts its word is derived from, and what is shown beside it. */
export type UnitSummary = {
  readonly unit: UnitRecord
  readonly facts: UnitFacts
  /** Of the current version, else of the coming one. */
  readonly version: {
    readonly id: number
    readonly dataHash: string | null
    readonly title: string
    readonly content: string | null
  } | null
  readonly candidate: { readonly madeMs: number; readonly note: string } | null
  readonly files: number
  readonly sizeBytes: number
  /** sha256 of the file, or over the frames of what the dataset holds; null while unknown. */
  readonly sha256: string | null
}

type FactsRow = {
  local: UnitFacts['local']
  work: UnitFacts['work']
  coming: UnitFacts['coming']
  current: UnitFacts['current']
  current_role: UnitFacts['currentRole']
  held: number | null
}
type SummaryRow = FactsRow &
  UnitRow & {
    version_id: number | null
    data_hash: string | null
    title: string | null
    content: string | null
    made: number | null
    note: string | null
    file_count: number
    file_bytes: number
    file_sha: string | null
    frame_count: number
    version_bytes: number
  }

const FACTS = `u.local, u.work, coming.remote AS coming, held.remote AS current, nullif(held.role, 'superseded') AS current_role,
  CASE WHEN c.version_id IS NULL THEN NULL ELSE b.id IS NOT NULL AND b.decision IS NULL END AS held`
// Of what is gone from the disk, an older row may be all that is left. A detached version counts only where no current one is; of a sequence's rows, one that someone else removed stands for all.
const FROM = `FROM units u
  LEFT JOIN versions coming ON coming.unit_id = u.id AND coming.role = 'coming'
  LEFT JOIN versions held ON held.id = (SELECT v.id FROM versions v WHERE v.unit_id = u.id
      AND (v.role IN ('current', 'detached') OR (v.role = 'superseded' AND v.remote = 'live' AND u.local = 'absent'))
    ORDER BY v.role = 'superseded', v.role = 'detached', v.remote <> 'missing', v.part, v.id DESC LIMIT 1)
  LEFT JOIN candidates c ON c.version_id = held.id
  LEFT JOIN batches b ON b.id = c.batch_id`
const FILES = `FROM files f WHERE f.unit_id = u.id AND f.local IN ('present', 'unseen')`

function toFacts(row: FactsRow): UnitFacts {
  return {
    local: row.local,
    work: row.work,
    coming: row.coming,
    current: row.current,
    currentRole: row.current_role,
    candidate: row.held === null ? null : { held: row.held === 1 },
  }
}

function toSummary(row: SummaryRow): UnitSummary {
  const gone = row.file_count === 0
  return {
    unit: toUnit(row),
    facts: toFacts(row),
    version: row.version_id === null ? null : { id: row.version_id, dataHash: row.data_hash, title: row.title ?? '', content: row.content },
    candidate: row.made === null ? null : { madeMs: row.made, note: row.note ?? '' },
    files: gone ? Math.max(1, row.frame_count) : row.file_count,
    sizeBytes: gone ? row.version_bytes : row.file_bytes,
    sha256: row.shape === 'file' && !gone ? row.file_sha : row.content,
  }
}

/** What people are shown of units, read in few statements; changes nothing. */
export function factStore(db: Database) {
  const counts = db.prepare<[number], FactsRow & { units: number }>(
    `SELECT ${FACTS}, count(*) AS units ${FROM} WHERE u.folder_id = ? GROUP BY 1, 2, 3, 4, 5, 6`,
  )
  const summaries = db.prepare<[number, string, string, string], SummaryRow>(
    `SELECT u.*, ${FACTS}, held.id AS version_id, coalesce(held.data_hash, coming.data_hash) AS data_hash,
       coalesce(held.title, coming.title) AS title, held.content, c.made, c.note,
       (SELECT count(*) ${FILES}) AS file_count, (SELECT coalesce(sum(f.size_bytes), 0) ${FILES}) AS file_bytes,
       (SELECT max(f.sha256) ${FILES}) AS file_sha,
       (SELECT count(*) FROM frames f WHERE f.version_id = held.id) AS frame_count, coalesce(held.size_bytes, 0) AS version_bytes
     ${FROM} WHERE u.folder_id = ? AND (u.key = ? OR (u.key >= ? AND u.key < ?)) ORDER BY u.key, u.shape`,
  )
  const apart = db.prepare<[number], { files: number }>(
    `SELECT count(*) AS files FROM files f JOIN dirs d ON d.id = f.dir_id
     WHERE f.folder_id = ? AND f.problem IS NOT NULL AND f.unit_id IS NULL AND f.local = 'present' AND NOT ${IS_USED_SIDECAR}`,
  )
  const seen = db.prepare<[number], { units: number }>(
    `SELECT count(*) AS units FROM units WHERE folder_id = ? AND local IN ('present', 'unseen')`,
  )
  const heldRows = db.prepare<[number], { rows: number }>(
    `SELECT count(*) AS rows FROM candidates c JOIN batches b ON b.id = c.batch_id WHERE b.folder_id = ? AND b.decision IS NULL`,
  )
  return {
    /** How many units of a folder share the same facts. */
    counts: (folderId: number): { readonly facts: UnitFacts; readonly units: number }[] =>
      counts.all(folderId).map((row) => ({ facts: toFacts(row), units: row.units })),
    /** Units at a path and below it, by path; '' is the whole folder. */
    summaries(folderId: number, path: RelPath): UnitSummary[] {
      // '0' is the character after '/': the range holds exactly what lies below.
      const [from, to] = path === '' ? ['', '\u{10ffff}'] : [`${path}/`, `${path}0`]
      return summaries.all(folderId, path, from, to).map(toSummary)
    },
    /** Files that are there and belong to no unit, neither as its content nor as its metadata. */
    filesApart: (folderId: number): number => apart.get(folderId)?.files ?? 0,
    /** Units whose files are there, or were before their place went out of sight. */
    unitsSeen: (folderId: number): number => seen.get(folderId)?.units ?? 0,
    /** Rows whose delete waits for a person. */
    heldRows: (folderId: number): number => heldRows.get(folderId)?.rows ?? 0,
  }
}
