import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { backUpFile, backupPath, pruneBackups } from './backups.ts'
import { damageOf } from './damage.ts'
import { readMigrations, schemaOf } from './migrate.ts'
import { type Ledger, openLedger } from './openLedger.ts'

/** What a migration did: schema numbers, and the copy that was made before; 0 and null for a new ledger. */
export type Migrated = { readonly from: number; readonly to: number; readonly backup: string | null }

/**
 * Opens the ledger for writing; one of an older version is copied to `backups/` before it is migrated. The caller holds the lock.
 * @throws UserError as `openLedger`; any error of the copy: nothing is migrated without one
 */
export async function openSafely(
  file: string,
  watched: readonly string[],
  tools: { wallMs(): number; onMigrated(migrated: Migrated): void },
): Promise<Ledger> {
  const [from, to] = [currentSchema(file), readMigrations().length]
  const backup = from > 0 && from < to ? (await backUpFile(file, backupPath(file, 'migration', tools.wallMs()))).file : null
  const ledger = openLedger(file, watched, () => undefined)
  if (backup !== null) pruneBackups(file, tools.wallMs())
  if (from < to) tools.onMigrated({ from, to, backup })
  return ledger
}

/** 0 for a new ledger. */
function currentSchema(file: string): number {
  if (!existsSync(file)) return 0
  const db = new Database(file, { readonly: true, fileMustExist: true })
  try {
    return schemaOf(db, file)
  } catch (error) {
    throw damageOf(error, file) ?? error
  } finally {
    db.close()
  }
}
