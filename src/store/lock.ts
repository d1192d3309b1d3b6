import Database from 'better-sqlite3'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { inodeOf } from './inode.ts'
import { ownPath } from './ownPath.ts'

/** The lock of a ledger; it dies with its holder. */
export type LedgerLock = {
  /**
   * Holds it still, or again: whoever takes the file away would let a second instance in.
   * @throws UserError (75) when another one came in by now
   */
  keep(): void
  release(): void
}

/**
 * Takes the lock: `BEGIN EXCLUSIVE` on a file of its own, which nothing else opens. A POSIX lock falls as soon as any code of
 * the same process closes that file, so no other code may ever touch it; readers of the ledger are not locked out. A link to
 * the ledger has the lock of the ledger itself.
 * @returns null when another process (or this one) holds it
 */
export function takeLock(ledgerPath: string): LedgerLock | null {
  const file = `${ownPath(ledgerPath)}.lock`
  const first = hold(file)
  if (first === null) return null
  const held = [first]
  let inode = inodeOf(file)
  return {
    keep() {
      const now = inodeOf(file)
      if (now === null || now === inode) return
      const again = tryToHold(file)
      if (again === undefined) return
      if (again === null) throw lockedError(ledgerPath)
      held.push(again)
      inode = inodeOf(file)
    },
    release() {
      for (const db of held) db.close()
    },
  }
}

/** Undefined where nobody can hold it now: what can't be written lets no one in either. */
function tryToHold(file: string): Database.Database | null | undefined {
  try {
    return hold(file)
  } catch {
    return undefined
  }
}

/** Null when somebody else holds it. */
function hold(file: string): Database.Database | null {
  const db = new Database(file, { timeout: 0 })
  try {
    db.pragma('journal_mode = DELETE')
    db.exec('BEGIN EXCLUSIVE')
    return db
  } catch (error) {
    db.close()
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return null
    throw error
  }
}

/** The error of a second instance, exit 75. */
export function lockedError(ledgerPath: string): UserError {
  return new UserError(EXIT.locked, {
    what: `another encord-sync holds the ledger ${ledgerPath}`,
    notDone: 'Nothing was read or sent.',
    next: 'encord-sync status',
  })
}
