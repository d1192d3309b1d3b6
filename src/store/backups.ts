import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { readMigrations } from './migrate.ts'

/** Why a copy was made; those of a person are never removed by themselves. */
export type BackupCause = 'daily' | 'migration' | 'command'

/** A copy of the ledger that is on disk. */
export type Backup = { readonly file: string; readonly sizeBytes: number }

/** So many copies that were made by themselves are kept. */
const KEPT = 7
/** Pages in one step: the ledger can be read meanwhile, and the loop gets its turn between two steps. */
const PAGES_PER_STEP = 2_000
const NAME = /^-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)-(daily|migration|command)\.db$/
/** A copy that is being made, and what SQLite puts beside it; or what was left of one when its process died. */
const DRAFT = /\.partial(?:-wal|-shm|-journal)?$/
/** No copy takes longer, ms. */
const LONGEST_COPY_MS = 86_400_000

/** The directory of a ledger's copies, beside it. */
export function backupsDirectory(ledgerPath: string): string {
  return join(dirname(ledgerPath), 'backups')
}

/** Where a copy made now goes, unless a person names another place. */
export function backupPath(ledgerPath: string, cause: BackupCause, atMs: number): string {
  return join(
    backupsDirectory(ledgerPath),
    `${stem(ledgerPath)}-${new Date(atMs).toISOString().slice(0, 19).replaceAll(':', '-')}Z-${cause}.db`,
  )
}

/** Several ledgers may lie in one directory. */
function stem(ledgerPath: string): string {
  return basename(ledgerPath, '.db')
}

type Named = { readonly file: string; readonly cause: BackupCause; readonly atMs: number }

/** Copies of a ledger, newest first, with the time in their name (ms since 1970). */
export function backupsOf(ledgerPath: string): readonly Named[] {
  return namesIn(ledgerPath).flatMap((name) => parsed(ledgerPath, name, name))
}

function namesIn(ledgerPath: string): readonly string[] {
  const directory = backupsDirectory(ledgerPath)
  return existsSync(directory) ? readdirSync(directory).sort().reverse() : []
}

/** @param like the name that tells what it is, of the file with this `name` */
function parsed(ledgerPath: string, name: string, like: string): readonly Named[] {
  const [, time, cause] = like.startsWith(stem(ledgerPath)) ? (NAME.exec(like.slice(stem(ledgerPath).length)) ?? []) : []
  if (time === undefined) return []
  const atMs = Date.parse(time.replace(/T(\d\d)-(\d\d)-(\d\d)/, 'T$1:$2:$3'))
  return [{ file: join(backupsDirectory(ledgerPath), name), cause: cause as BackupCause, atMs }]
}

/** The newest copy that passes SQLite's check and that this version can read; null without one. */
export function newestGoodBackup(ledgerPath: string): string | null {
  return backupsOf(ledgerPath).find(({ file }) => isGood(file))?.file ?? null
}

/**
 * Removes the oldest copies that were made by themselves; a person's are left alone. And what is left of copies whose process died: each is as
 * large as the ledger. The caller holds the lock and makes none just now; a person may be making one.
 */
export function pruneBackups(ledgerPath: string, nowMs: number): void {
  const made = backupsOf(ledgerPath).filter(({ cause }) => cause !== 'command')
  // One that bears a time ahead was made before those of now, by a clock that was wrong: it must not push them out.
  const isAhead = ({ atMs }: Named): boolean => atMs > nowMs
  const own = [...made.filter((one) => !isAhead(one)), ...made.filter(isAhead)]
  for (const { file } of own.slice(KEPT)) rmSync(file, { force: true })
  const newestMs = own[0]?.atMs ?? 0
  const drafts = namesIn(ledgerPath).flatMap((name) => (DRAFT.test(name) ? parsed(ledgerPath, name, name.replace(DRAFT, '')) : []))
  for (const { file, cause, atMs } of drafts) if (cause !== 'command' || newestMs - atMs > LONGEST_COPY_MS) rmSync(file, { force: true })
}

/**
 * Copies an open ledger with SQLite's own backup API, while it is used: whole or not at all, 0600, on disk when it resolves. The
 * copy may hold signed URLs, as the ledger does.
 * @throws UserError (2) when something stands at the place already; (3) when the copy does not pass SQLite's check
 */
export async function backUp(db: Database.Database, target: string, signal?: AbortSignal): Promise<Backup> {
  if (existsSync(target)) throw occupied(target)
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
  const draft = `${target}.partial`
  try {
    rmSync(draft, { force: true })
    closeSync(openSync(draft, 'wx', 0o600))
    await db.backup(draft, {
      progress() {
        signal?.throwIfAborted()
        return PAGES_PER_STEP
      },
    })
    settle(draft, target)
    renameSync(draft, target)
    fsync(dirname(target))
    return { file: target, sizeBytes: statSync(target).size }
  } catch (error) {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${draft}${end}`, { force: true })
    throw error
  }
}

/** The same for a ledger that is not open here: beside a running service too, from one consistent moment of it. */
export async function backUpFile(ledgerPath: string, target: string): Promise<Backup> {
  const db = new Database(ledgerPath, { readonly: true, fileMustExist: true })
  try {
    // An open read keeps the moment: without it, each write of the service would start the copy anew.
    db.exec('BEGIN')
    db.prepare('SELECT count(*) FROM sqlite_master').get()
    return await backUp(db, target)
  } finally {
    db.close()
  }
}

/** The copy is one file, without a log of its own, and is checked before it counts. */
function settle(draft: string, target: string): void {
  const copy = new Database(draft)
  try {
    copy.pragma('journal_mode = DELETE')
    if (copy.pragma('quick_check(1)', { simple: true }) !== 'ok') throw unsound(target)
  } finally {
    copy.close()
  }
  fsync(draft)
}

function fsync(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function isGood(file: string): boolean {
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true })
    try {
      const schema = Number(db.pragma('user_version', { simple: true }))
      return schema > 0 && schema <= readMigrations().length && db.pragma('quick_check(1)', { simple: true }) === 'ok'
    } finally {
      db.close()
    }
  } catch {
    return false
  }
}

function occupied(target: string): UserError {
  return new UserError(EXIT.usage, {
    what: `something stands at ${target} already`,
    notDone: 'no copy was made',
    next: 'name another file: encord-sync ledger backup FILE',
  })
}

function unsound(target: string): UserError {
  return new UserError(EXIT.person, {
    what: `the copy for ${target} does not pass SQLite's check`,
    notDone: 'it was not kept',
    next: 'encord-sync ledger check',
  })
}
