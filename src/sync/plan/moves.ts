import { type FileStamp, nameOf, type RelPath } from '../../model/file.ts'
import type { FileRecord } from '../records.ts'
import type { Difference } from '../survey.ts'

/** A known file that was found at another path; no byte of it needs to be read. */
export type Move = {
  readonly file: FileRecord
  readonly to: RelPath
  readonly toFolderId: number
  readonly stamp: FileStamp
  /** The row that an earlier look made at the new path, which gives way. */
  readonly replaces: FileRecord | null
  /** Hard links of it that left too, and came nowhere: which of them came here nobody can tell. */
  readonly leftBehind: readonly FileRecord[]
}

/**
 * Same file = inode, birth time, size and mtime equal. Without a birth time an inode proves nothing (a deleted file's number goes
 * to the next new file), and the content has to decide later. Null: not to be matched.
 */
export function identityOf(stamp: FileStamp): string | null {
  return stamp.birthNs === null ? null : `${stamp.ino} ${stamp.birthNs} ${stamp.sizeBytes} ${stamp.mtimeNs}`
}

/**
 * Finds renames, swaps and cycles among what differs. Moves are decided before changes: new content at a vacated path is a new
 * file.
 * @param folderId of the differences
 * @param relatives rows of the ledger, of any folder of the same dataset, that share an identity with a difference but are not
 *   among them: files that vanished in an earlier look, and files first seen in one
 */
export function matchMoves(folderId: number, differences: readonly Difference[], relatives: readonly FileRecord[]): readonly Move[] {
  const displaced = new Map<string, FileRecord[]>()
  const arrived = new Map<string, Arrival[]>()
  const offer = (known: FileRecord): void => put(displaced, known.stamp, known)
  const arrive = (to: RelPath, toFolderId: number, stamp: FileStamp, replaces: FileRecord | null): void =>
    put(arrived, stamp, { to, toFolderId, stamp, replaces })
  for (const difference of differences) {
    if (difference.kind === 'absent') offer(difference.known)
    if (difference.kind === 'changed' && identityOf(difference.known.stamp) !== identityOf(difference.stamp)) {
      offer(difference.known)
      if (difference.problem === null) arrive(difference.known.path, folderId, difference.stamp, null)
    }
    if (difference.kind === 'new' && difference.problem === null) arrive(difference.path, folderId, difference.stamp, null)
  }
  for (const relative of relatives) {
    if (relative.local === 'absent') offer(relative)
    else arrive(relative.path, relative.folderId, relative.stamp, relative)
  }
  return [...displaced].flatMap(([identity, files]) => pairUp(files, arrived.get(identity) ?? []))
}

type Arrival = Omit<Move, 'file' | 'leftBehind'>

function put<T>(map: Map<string, T[]>, stamp: FileStamp, value: T): void {
  const identity = identityOf(stamp)
  if (identity === null) return
  const known = map.get(identity)
  if (known === undefined) map.set(identity, [value])
  else known.push(value)
}

/** Files of one identity are hard links of each other: by their names first, as a directory that moved has them in it still. */
function pairUp(files: readonly FileRecord[], arrivals: readonly Arrival[]): readonly Move[] {
  const pairs = new Map<FileRecord, Arrival>()
  const taken = new Set<Arrival>()
  const pair = (mayBe: (file: FileRecord, arrival: Arrival) => boolean): void => {
    for (const file of files) {
      const arrival = pairs.has(file) ? undefined : arrivals.find((one) => !taken.has(one) && isElsewhere(file, one) && mayBe(file, one))
      if (arrival === undefined) continue
      pairs.set(file, arrival)
      taken.add(arrival)
    }
  }
  pair((file, { to }) => nameOf(file.path) === nameOf(to))
  pair(() => true)
  const leftBehind = files.filter((file) => !pairs.has(file))
  return [...pairs].map(([file, arrival]) => ({ file, ...arrival, leftBehind }))
}

function isElsewhere(file: FileRecord, { to, toFolderId, replaces }: Arrival): boolean {
  return replaces?.id !== file.id && (to !== file.path || toFolderId !== file.folderId)
}
