import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, with the zero at its end. */
const LONGEST_BYTES = 103

/**
 * Where the socket of a ledger's service may be, best place first: systemd's runtime directory, the user's, the ledger's own, and
 * one below the temporary directory for ledgers that lie too deep. Paths that are too long are left out.
 */
export function socketPlaces(ledgerPath: string, env: NodeJS.ProcessEnv): readonly string[] {
  const real = realLedgerPath(ledgerPath)
  const name = `${createHash('sha256').update(real).digest('hex').slice(0, 16)}.sock`
  const own = env['RUNTIME_DIRECTORY']?.split(':', 1)[0]
  const user = env['XDG_RUNTIME_DIR']
  const directories = [
    ...(own?.startsWith('/') ? [own] : []),
    ...(user?.startsWith('/') ? [join(user, 'encord-sync')] : []),
    dirname(real),
    join(tmpdir(), `encord-sync-${process.getuid?.() ?? 0}`),
  ]
  return directories.map((directory) => join(directory, name)).filter((path) => Buffer.byteLength(path) <= LONGEST_BYTES)
}

/**
 * The place for the service's socket; its directory is made (0700) when it is not there.
 * @throws UserError (2) when no place can hold a socket
 */
export function chooseSocketPath(ledgerPath: string, env: NodeJS.ProcessEnv): string {
  const usable = socketPlaces(ledgerPath, env).find((path) => isPrivate(dirname(path)))
  if (usable !== undefined) return usable
  throw new UserError(EXIT.usage, {
    what: `no directory can hold the socket of ${ledgerPath}: socket paths have at most ${LONGEST_BYTES} bytes, in a directory of your own`,
    notDone: 'the service was not started',
    next: 'set `ledger:` to a shorter path',
  })
}

/** The directory is ours alone, or can be made so; someone else's directory, or a link, could serve us another socket. */
function isPrivate(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const seen = lstatSync(directory)
    return seen.isDirectory() && (seen.mode & 0o022) === 0 && (process.getuid === undefined || seen.uid === process.getuid())
  } catch {
    return false
  }
}

/** Both sides must name the same ledger the same way, through whatever links they reach it. */
function realLedgerPath(ledgerPath: string): string {
  try {
    return join(realpathSync(dirname(ledgerPath)), basename(ledgerPath))
  } catch {
    return ledgerPath
  }
}
