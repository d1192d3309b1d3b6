import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'

/** What a shell may complete from a ledger, asked without opening the rest of it: a key is being waited for. */
export type Completions = {
  /** Paths of units that begin so, at most `limit`, sorted. */
  unitPaths(beginning: string, limit: number): readonly string[]
  /** Batches of deletes that wait for a decision. */
  batches(): readonly { readonly id: string; readonly digest: string }[]
  close(): void
}

/** Above every character that a path can hold. */
const LAST = '\u{10ffff}'

/** @returns null when there is no ledger, or it is one that can't be read now */
export function openCompletions(file: string): Completions | null {
  if (!existsSync(file)) return null
  let db: Database.Database | undefined
  try {
    db = new Database(file, { readonly: true, fileMustExist: true, timeout: 100 })
    const paths = db.prepare<[string, string, number], { key: string }>(
      `SELECT DISTINCT key FROM units WHERE folder_id IN (SELECT id FROM folders) AND shape IN ('file', 'dir', 'series')
       AND key >= ? AND key < ? AND local IN ('present', 'unseen', 'absent') ORDER BY key LIMIT ?`,
    )
    const open = db.prepare<[], { id: string; digest: string }>(
      `SELECT CAST(id AS TEXT) AS id, digest FROM batches b WHERE decision IS NULL
       AND EXISTS (SELECT 1 FROM candidates c WHERE c.batch_id = b.id) ORDER BY id`,
    )
    const opened = db
    return {
      unitPaths: (beginning, limit) => paths.all(beginning, beginning + LAST, limit).map(({ key }) => key),
      batches: () => open.all(),
      close: () => opened.close(),
    }
  } catch {
    db?.close()
    return null
  }
}
