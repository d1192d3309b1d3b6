import Database from 'better-sqlite3'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'

/** The lock of a ledger; it dies with its holder. */
export type LedgerLock = { release(): void }

/**
 * Takes the lock: `BEGIN EXCLUSIVE` on a file of its own, which nothing else opens. A POSIX lock falls as soon as any code of
 * the same process closes that file, so no other code may ever touch it; readers of the ledger are not locked out.
 * @returns null when another process (or this one) holds it
 */
export function takeLock(ledgerPath: string): LedgerLock | null {
  const db = new Database(`${ledgerPath}.lock`, { timeout: 0 })
  try {
    db.pragma('journal_mode = DELETE')
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return null
    throw error
  }
  return { release: () => db.close() }
}

/** The error of a second instance, exit 75. */
export function lockedError(ledgerPath: string): UserError {
  return new UserError(EXIT.locked, {
    what: `another encord-sync holds the ledger ${ledgerPath}`,
    notDone: 'Nothing was read or sent.',
    next: 'encord-sync status',
  })
}
