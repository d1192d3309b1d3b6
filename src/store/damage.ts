import { basename, dirname } from 'node:path'
import Database from 'better-sqlite3'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { pathArgument } from '../model/nextCommand.ts'
import { newestGoodBackup } from './backups.ts'

/** Is it SQLite that says so: the file is no database, or its pages contradict each other? */
export function isDamage(error: unknown): error is Error {
  return error instanceof Database.SqliteError && (error.code === 'SQLITE_NOTADB' || error.code.startsWith('SQLITE_CORRUPT'))
}

/** The error of a damaged ledger, with the way out; null when the error is another one. */
export function damageOf(error: unknown, file: string): UserError | null {
  return isDamage(error) ? damagedError(file, error.message) : null
}

/** A first look at the ledger's pages, without its indexes. @throws UserError (3) when they contradict each other */
export function quickCheck(db: Database.Database, file: string): void {
  const found = db.pragma('quick_check(1)', { simple: true })
  if (found !== 'ok') throw damagedError(file, String(found))
}

/**
 * Nothing is sent with a damaged ledger. The way out is one command: its files are set aside, the log of SQLite among them (it must
 * not be replayed over a copy), and the newest good copy takes their place.
 */
function damagedError(file: string, why: string): UserError {
  const backup = newestGoodBackup(file)
  const [directory, name] = [dirname(file), basename(file)]
  const aside = [`cd ${pathArgument(directory)}`, 'mkdir -p damaged', `mv ${pathArgument(name)}* damaged/`]
  return new UserError(EXIT.person, {
    what: [
      `the ledger ${file} is damaged (${why})`,
      backup === null
        ? '  there is no good backup of it; without one, the dataset is read anew and its rows are linked by the notes they carry'
        : `  the newest good backup is ${backup}; what was done since is read from the dataset, and deletes are frozen until \`encord-sync ledger accept\``,
    ].join('\n'),
    notDone: 'nothing was read or sent',
    next: [...aside, ...(backup === null ? [] : [`cp ${pathArgument(backup)} ${pathArgument(name)}`])].join(' && '),
  })
}
