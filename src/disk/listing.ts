import { type BigIntStats, lstatSync, opendirSync, readdirSync } from 'node:fs'
import { type Blind, type DirStamp, type FileStamp, joinPath, type ProblemReason, type RelPath } from '../model/file.ts'
import { errnoOf } from './errno.ts'
import { dirStamp, fileStamp } from './stamp.ts'

/** An entry that is left alone. `name` is printable: bytes that are not UTF-8 are written `\xe9`. */
export type Problem = {
  readonly name: string
  readonly reason: ProblemReason
  readonly isDirectory: boolean
  /** '0' and 0 where `lstat` failed; else good for "the content may be here". */
  readonly ino: string
  readonly sizeBytes: number
  /** Of a symbolic link, which has no other way to tell that it was led elsewhere: its new inode may be the freed one. '0' for the rest. */
  readonly ctimeNs: string
  /** Only for `unreadable`: what `lstat` said. */
  readonly errno: string | null
}

/** A sub-directory; `dev` differs from its parent's where another file system is mounted. */
type SubDirectory = { readonly name: string; readonly stamp: DirStamp; readonly dev: string }

/** A regular file of a listing. */
type ListedFile = { readonly name: string; readonly stamp: FileStamp }

/** What one directory held when it was read. Nothing in it was opened, no link was followed. */
export type Listing = {
  readonly dir: RelPath
  /** Taken before the names were read. */
  readonly stamp: DirStamp
  readonly dev: string
  readonly files: readonly ListedFile[]
  readonly subdirs: readonly SubDirectory[]
  readonly problems: readonly Problem[]
  /** A name vanished between reading the names and looking at it: what is here is no snapshot. */
  readonly unsettled: boolean
}

/** Tells a `Listing` from a place that could not be looked into. */
export function isBlind(found: Listing | Blind): found is Blind {
  return 'why' in found
}

type Gathered = {
  files: ListedFile[]
  subdirs: SubDirectory[]
  problems: Problem[]
  unsettled: boolean
}

/**
 * Reads one directory: names and `lstat` of each. Synchronous, for a worker thread.
 * @param root absolute path of the folder, links resolved.
 * @param names only these are looked at, those of them that are there; absent: all that it holds
 * @returns `Blind` with an errno, or 'symlink' or 'not-a-directory' where something else stands at the path. A directory whose
 *   entries may not be looked at (no search permission) is blind as a whole.
 */
export function readListing(root: string, dir: RelPath, names?: readonly string[]): Listing | Blind {
  const absolute = dir === '' ? root : `${root}/${dir}`
  let told: { readonly ctimeNs?: string } = {}
  try {
    const stats = lstatSync(absolute, { bigint: true })
    if (stats.isSymbolicLink()) return { dir, why: 'symlink' }
    if (!stats.isDirectory()) return { dir, why: 'not-a-directory' }
    told = { ctimeNs: String(stats.ctimeNs) }
    const gathered: Gathered = { files: [], subdirs: [], problems: [], unsettled: false }
    for (const name of names ?? readNames(absolute)) {
      const errno = gather(absolute, name, gathered)
      if (errno !== null) return { dir, why: errno, ...told }
    }
    return { dir, stamp: dirStamp(stats), dev: String(stats.dev), ...gathered }
  } catch (error) {
    return { dir, why: errnoOf(error), ...told }
  }
}

/** Can the names in a directory be read, and be looked at? Reads a few of them only. @returns the errno that says no; null when they can */
export function whyUnreadable(directory: string): string | null {
  try {
    const opened = opendirSync(directory)
    try {
      opened.readSync()
    } finally {
      opened.closeSync()
    }
    // Whether the name is there or not: who may not look at it is told so.
    lstatSync(`${directory}/.`)
    return null
  } catch (error) {
    return errnoOf(error)
  }
}

/** Names as text; those that are not UTF-8 as their bytes. */
function readNames(absolute: string): readonly (string | Buffer)[] {
  const names = readdirSync(absolute)
  // A replacement character is the trace of undecodable bytes, or a real one in the name: the bytes tell.
  if (!names.some((name) => name.includes('\uFFFD'))) return names
  return readdirSync(absolute, { encoding: 'buffer' }).map((bytes) => {
    const text = bytes.toString('utf8')
    return Buffer.from(text, 'utf8').equals(bytes) ? text : bytes
  })
}

/** @returns an errno when the whole directory has to count as unseen, else null. */
function gather(absolute: string, name: string | Buffer, into: Gathered): string | null {
  let stats: BigIntStats | undefined
  try {
    const path = typeof name === 'string' ? `${absolute}/${name}` : Buffer.concat([Buffer.from(`${absolute}/`), name])
    stats = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'EACCES' || errno === 'EPERM') return errno
    const printable = printableName(name)
    into.problems.push({ name: printable, reason: 'unreadable', isDirectory: false, ino: '0', sizeBytes: 0, ctimeNs: '0', errno })
    return null
  }
  if (stats === undefined) {
    into.unsettled = true
    return null
  }
  sort(stats, name, into)
  return null
}

function sort(stats: BigIntStats, name: string | Buffer, into: Gathered): void {
  const reason = typeof name === 'string' ? specialReason(stats) : 'not-utf8'
  if (typeof name === 'string' && reason === null) {
    if (stats.isDirectory()) into.subdirs.push({ name, stamp: dirStamp(stats), dev: String(stats.dev) })
    else into.files.push({ name, stamp: fileStamp(stats) })
    return
  }
  into.problems.push({
    name: printableName(name),
    reason: reason ?? 'unknown-type',
    isDirectory: stats.isDirectory(),
    ino: String(stats.ino),
    sizeBytes: Number(stats.size),
    ctimeNs: reason === 'symlink' ? String(stats.ctimeNs) : '0',
    errno: null,
  })
}

function specialReason(stats: BigIntStats): ProblemReason | null {
  if (stats.isFile() || stats.isDirectory()) return null
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isFIFO()) return 'fifo'
  if (stats.isSocket()) return 'socket'
  if (stats.isBlockDevice() || stats.isCharacterDevice()) return 'device'
  return 'unknown-type'
}

/** A name for people: text as it is, other bytes from 0x80 up (and the backslash) escaped as `\x..`. */
function printableName(name: string | Buffer): string {
  if (typeof name === 'string') return name
  let out = ''
  for (const byte of name) {
    out += byte >= 0x80 || byte === 0x5c ? `\\x${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte)
  }
  return out
}

/** The places of a listing that hide what is under them: names not UTF-8 that are directories, entries `lstat` failed for. */
export function hiddenPlaces(listing: Listing): readonly Blind[] {
  return listing.problems
    .filter((problem) => problem.errno !== null || (problem.reason === 'not-utf8' && problem.isDirectory))
    .map((problem) => ({ dir: joinPath(listing.dir, problem.name), why: problem.errno ?? problem.reason }))
}
