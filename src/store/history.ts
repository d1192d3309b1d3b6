import type { Database } from 'better-sqlite3'
import type { HistoryEntry } from '../sync/records.ts'
import { type ChainReport, type HistoryRow, linkOf, parseHead, walkChain } from './historyChain.ts'

/** An entry as it is read back. */
export type PastEntry = HistoryEntry & { readonly seq: number }

/** Which entries are asked for; null is all. `key`: a unit's path, or a directory's. */
export type HistoryAsk = { readonly folderId: number | null; readonly key: string | null; readonly sinceMs: number | null }

type CallRow = { id: number; began: number; evidence: string | null }
type ScanRow = { id: number; began: number; ended: number; result: string }

function toEntry(row: HistoryRow): PastEntry {
  return {
    seq: row.seq,
    atMs: row.at,
    folderId: row.folder_id,
    verb: row.verb as HistoryEntry['verb'],
    dataHash: row.data_hash,
    key: row.key,
    files: row.files,
    approved: row.approved === 1,
    detail: parsed(row.detail),
  }
}

/** A detail that somebody tampered with is shown as it is. */
function parsed(text: string): HistoryEntry['detail'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as HistoryEntry['detail']) : { text }
  } catch {
    return { text }
  }
}

/**
 * What was changed in datasets; append-only, each entry hashed with the one before it. The window of the delete limit is counted
 * here, so restarts change nothing.
 */
export function historyStore(db: Database) {
  const insert = db.prepare<
    [number, number, number | null, string, string | null, string | null, number, number, string, string],
    undefined
  >('INSERT INTO history (seq, at, folder_id, verb, data_hash, key, files, approved, detail, chain) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const meta = db.prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?')
  const setHead = db.prepare<[string]>(
    `INSERT INTO meta (key, value) VALUES ('history_head', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
  )
  const window = db.prepare<[number, number], { units: number; files: number | null }>(
    `SELECT count(*) AS units, sum(files) AS files FROM history WHERE folder_id = ? AND verb = 'deleted' AND approved = 0 AND at > ?`,
  )
  const lost = db.prepare<[number, number], { units: number }>(
    `SELECT count(*) AS units FROM history WHERE folder_id = ? AND verb = 'lost' AND at > ?`,
  )
  const open = db.prepare<[number, number], { units: number; files: number | null }>(
    `SELECT count(*) AS units, sum(max(1, (SELECT count(*) FROM frames f WHERE f.version_id = v.id))) AS files
     FROM operations o JOIN versions v ON v.id = o.version_id JOIN units u ON u.id = v.unit_id
     LEFT JOIN candidates c ON c.version_id = v.id
     WHERE u.folder_id = ? AND o.verb = 'delete' AND o.phase IN ('intent', 'unknown') AND o.began > ? AND c.batch_id IS NULL AND c.why IS NOT 'command'`,
  )
  const call = db.prepare<[string], CallRow>(
    `SELECT o.id, o.began, o.evidence FROM remotes r CROSS JOIN versions v ON v.remote_id = r.id AND v.data_hash = ?
     CROSS JOIN operations o ON o.version_id = v.id AND o.verb = 'delete' WHERE o.phase NOT IN ('refused', 'not-applied') ORDER BY o.id DESC LIMIT 1`,
  )
  const scan = db.prepare<[number], ScanRow>('SELECT id, began, ended, result FROM scans WHERE id = ?')
  // When the DELETE was sent: the expression of the index, word for word.
  const sentDone = db.prepare<[number, number, number], { rows: number }>(
    `SELECT count(*) AS rows FROM history WHERE folder_id = ? AND verb = 'deleted'
       AND coalesce(CASE WHEN json_valid(detail) THEN json_extract(detail, '$.call.beganMs') END, at) BETWEEN ? AND ?`,
  )
  const sentOpen = db.prepare<[number, number, number], { rows: number }>(
    `SELECT count(*) AS rows FROM operations o JOIN versions v ON v.id = o.version_id JOIN units u ON u.id = v.unit_id
     WHERE u.folder_id = ? AND o.verb = 'delete' AND o.phase IN ('intent', 'unknown', 'refused') AND o.began BETWEEN ? AND ?`,
  )
  const deletedAt = db.prepare<[string], { at: number | null }>(
    `SELECT max(o.ended) AS at FROM remotes r CROSS JOIN versions v ON v.remote_id = r.id AND v.data_hash = ?
     CROSS JOIN operations o ON o.version_id = v.id AND o.verb = 'delete' WHERE o.phase = 'done'`,
  )
  const all = db.prepare<[], HistoryRow>('SELECT * FROM history ORDER BY seq')
  const ofFolder = db.prepare<[{ folder: number | null }], HistoryRow>(
    'SELECT * FROM history WHERE @folder IS NULL OR folder_id = @folder ORDER BY seq',
  )
  // Sorted afterwards: in the order of `seq` all of the past would be read for the last hour.
  const since = db.prepare<[{ folder: number | null; since: number }], HistoryRow>(
    `SELECT * FROM history WHERE at >= @since AND (@folder IS NULL OR folder_id = @folder) ORDER BY +seq`,
  )
  const ofKey = db.prepare<[{ folder: number | null; key: string; from: string; to: string; since: number }], HistoryRow>(
    ['key = @key', 'key >= @from AND key < @to']
      .map((where) => `SELECT * FROM history WHERE ${where} AND at >= @since AND (@folder IS NULL OR folder_id = @folder)`)
      .join(' UNION ALL '),
  )

  /** The call that removed a row, with the scans that proved it: so that the chain holds the evidence too. */
  function callOf(entry: HistoryEntry): object {
    const found = entry.verb === 'deleted' && entry.dataHash !== null ? call.get(entry.dataHash) : undefined
    if (found === undefined) return {}
    const evidence = found.evidence === null ? null : parsed(found.evidence)
    const ids = [evidence?.['firstScan'], evidence?.['secondScan']].filter((id) => typeof id === 'number')
    const scans = ids
      .flatMap((id) => scan.get(id) ?? [])
      .map(({ id, began, ended, result }) => ({ id, beganMs: began, endedMs: ended, result }))
    return { call: { operation: found.id, beganMs: found.began, scans, evidence } }
  }

  const append = db.transaction((entry: HistoryEntry): void => {
    const head = parseHead(meta.get('history_head')?.value ?? null) ?? { seq: 0, chain: '' }
    const row = {
      seq: head.seq + 1,
      at: entry.atMs,
      folder_id: entry.folderId,
      verb: entry.verb,
      data_hash: entry.dataHash,
      key: entry.key,
      files: entry.files,
      approved: entry.approved ? 1 : 0,
      detail: JSON.stringify({ ...entry.detail, ...callOf(entry) }),
    }
    const chain = linkOf(head.chain, row)
    insert.run(row.seq, row.at, row.folder_id, row.verb, row.data_hash, row.key, row.files, row.approved, row.detail, chain)
    setHead.run(`${row.seq}:${chain}`)
  })

  // Of one moment: a service may be writing meanwhile, and its entry would be one that the note of the newest does not know.
  const verify = db.transaction((): ChainReport => {
    const head = parseHead(meta.get('history_head')?.value ?? null)
    return walkChain(all.iterate(), head, Number(meta.get('history_unchained')?.value ?? 0))
  })

  return {
    add: (entry: HistoryEntry): void => append(entry),
    /** DELETE calls of a folder since `sinceMs` that no person approved: done ones and those whose outcome is open. */
    deletesSince(folderId: number, sinceMs: number): { readonly units: number; readonly files: number } {
      const done = window.get(folderId, sinceMs)
      const unsettled = open.get(folderId, sinceMs)
      return { units: (done?.units ?? 0) + (unsettled?.units ?? 0), files: (done?.files ?? 0) + (unsettled?.files ?? 0) }
    },
    /** Rows of a folder that were found since `sinceMs` to be gone from the dataset, without a call that this ledger knows of. */
    lostSince: (folderId: number, sinceMs: number): number => lost.get(folderId, sinceMs)?.units ?? 0,
    /** Rows of a folder for which a DELETE was sent in that time, approved or not, whatever became of it. */
    deletesSent(folderId: number, fromMs: number, toMs: number): number {
      return (sentDone.get(folderId, fromMs, toMs)?.rows ?? 0) + (sentOpen.get(folderId, fromMs, toMs)?.rows ?? 0)
    },
    /** When a row's DELETE was known to be done, ms since 1970; null when none was. */
    deletedAtMs: (dataHash: string): number | null => deletedAt.get(dataHash)?.at ?? null,
    /** Entries, oldest first. A `key` covers what lies below it. */
    entries({ folderId, key, sinceMs }: HistoryAsk): readonly PastEntry[] {
      const ask = { folder: folderId, since: sinceMs ?? 0 }
      if (key === null || key === '') return (sinceMs === null ? ofFolder.all({ folder: folderId }) : since.all(ask)).map(toEntry)
      // '0' is the character after '/': the range holds exactly what lies below.
      const found = ofKey.all({ ...ask, key, from: `${key}/`, to: `${key}0` })
      return found.sort((a, b) => a.seq - b.seq).map(toEntry)
    },
    /** Walks the chain: has anything been changed, removed or put elsewhere since it was written? */
    verify: (): ChainReport => verify(),
  }
}
