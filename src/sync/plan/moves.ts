import type { FileStamp, RelPath } from '../../model/file.ts'
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
  const displaced = new Map<string, FileRecord>()
  const arrived = new Map<string, { to: RelPath; toFolderId: number; stamp: FileStamp; replaces: FileRecord | null }>()
  const offer = (known: FileRecord): void => {
    const identity = identityOf(known.stamp)
    if (identity !== null && !displaced.has(identity)) displaced.set(identity, known)
  }
  const arrive = (to: RelPath, toFolderId: number, stamp: FileStamp, replaces: FileRecord | null): void => {
    const identity = identityOf(stamp)
    if (identity !== null && !arrived.has(identity)) arrived.set(identity, { to, toFolderId, stamp, replaces })
  }
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
  const moves: Move[] = []
  for (const [identity, file] of displaced) {
    const arrival = arrived.get(identity)
    if (arrival === undefined || arrival.replaces?.id === file.id) continue
    if (arrival.to === file.path && arrival.toFolderId === file.folderId) continue
    moves.push({ file, ...arrival })
  }
  return moves
}
