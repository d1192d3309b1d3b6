import { createHash, timingSafeEqual } from 'node:crypto'
import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const NAME = 'status.token'
const SHAPE = /^[A-Za-z0-9_-]{32,128}$/

/** The token and the file (0600) that holds it. */
export type StatusToken = { readonly file: string; readonly token: string }

/**
 * The token that shows names of single files, kept beside the ledger over restarts. One that others could read, or that is none, is replaced.
 * @param fresh makes a new one: at least 32 characters of the URL-safe base64 alphabet, by chance that nobody can guess
 * @throws with an errno when the file can't be written
 */
export function openStatusToken(ledgerPath: string, fresh: () => string): StatusToken {
  const file = join(dirname(ledgerPath), NAME)
  const kept = readPrivate(file)
  if (kept !== null) return { file, token: kept }
  const token = fresh()
  const draft = `${file}.${process.pid}.tmp`
  rmSync(draft, { force: true })
  writeFileSync(draft, `${token}\n`, { mode: 0o600, flag: 'wx' })
  renameSync(draft, file)
  return { file, token }
}

function readPrivate(file: string): string | null {
  const stats = lstatSync(file, { throwIfNoEntry: false })
  if (stats === undefined || !stats.isFile() || (stats.mode & 0o077) !== 0 || stats.uid !== process.getuid?.()) return null
  const token = readFileSync(file, 'utf8').trim()
  return SHAPE.test(token) ? token : null
}

/** Does an `Authorization` header carry the token: as Bearer, or as the password of Basic (what a browser asks for)? */
export function carriesToken(header: string | undefined, token: string): boolean {
  const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+)$/i.exec(header ?? '') ?? []
  const given = scheme.toLowerCase() === 'basic' ? passwordOf(value) : value
  return timingSafeEqual(digest(given), digest(token))
}

function passwordOf(base64: string): string {
  const pair = Buffer.from(base64, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
