import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'

/**
 * Any error as one that can be shown. A SQLite module that was never built, or built for another Node, gets plain words: its own
 * are a page of paths.
 */
export function storyOf(error: unknown): UserError {
  if (error instanceof UserError) return error
  const { message, code } = error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error), code: undefined }
  if (code === 'ERR_DLOPEN_FAILED' || message.startsWith('Could not locate the bindings file') || message.includes('NODE_MODULE_VERSION')) {
    return new UserError(
      EXIT.usage,
      {
        what: `better-sqlite3 was not built for this Node (${process.version})`,
        notDone: 'nothing was started or sent',
        next: 'npm rebuild better-sqlite3',
      },
      { cause: error },
    )
  }
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') {
    return new UserError(
      EXIT.failed,
      {
        what: 'the disk that holds the ledger is full',
        notDone: 'what was asked for was not written',
        next: 'make room, then run the command again',
      },
      { cause: error },
    )
  }
  if (code === 'SQLITE_NOTADB' || code?.startsWith('SQLITE_CORRUPT') === true) {
    return new UserError(
      EXIT.person,
      { what: `the ledger is damaged (${message})`, notDone: 'nothing more was sent', next: 'encord-sync ledger check' },
      { cause: error },
    )
  }
  if (code?.startsWith('SQLITE_BUSY') === true) {
    return new UserError(
      EXIT.failed,
      {
        what: `another program holds the ledger open for writing (${code})`,
        notDone: 'what was asked for was not written',
        next: 'end that program (sqlite3, a backup tool), then run the command again',
      },
      { cause: error },
    )
  }
  if (code?.startsWith('SQLITE_IOERR') === true) {
    // A quota or a limit on the size of files ends here too: SQLite tells only a full disk apart.
    return new UserError(
      EXIT.failed,
      {
        what: `the disk that holds the ledger does not take it or give it back (${code})`,
        notDone: 'what was asked for was not written',
        next: 'look at that disk: quota, limits, faults; then run the command again',
      },
      { cause: error },
    )
  }
  return new UserError(
    EXIT.failed,
    {
      what: code === undefined ? message : `${message} (${code})`,
      notDone: 'the command ended before its time',
      next: 'run it again; if that fails the same way, report it as a defect',
    },
    { cause: error },
  )
}
