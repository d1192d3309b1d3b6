import type { FolderState } from '../../model/folder.ts'
import type { FolderRecord } from '../records.ts'

type SignOfLife = {
  readonly ledgerId: string
  readonly sequence: number
  readonly atMs: number
  readonly released: boolean
  /** It came while this process kept the folder, and this process did not leave it. */
  readonly isAnothers?: boolean
}

type Root = NonNullable<FolderRecord['root']>

/** `root`: the directory that it was written into; absent in one of before that was noted. */
export type SeenMarker = { readonly folderId: string; readonly ledgerId: string; readonly root?: Root }

/** What stands at a folder's path now. */
export type SeenIdentity =
  | { readonly kind: 'absent'; readonly errno: string }
  | { readonly kind: 'unreadable'; readonly errno: string }
  | {
      readonly kind: 'there'
      readonly root: Root
      /** Device and inode: two paths that have the same in one moment lead to one directory. Undefined where nobody can tell. */
      readonly place?: string
      /** What is mounted at and under it, as far as the mount table tells: no disk is asked. */
      readonly mounted?: readonly string[]
      readonly marker: SeenMarker | 'none' | 'unreadable'
      readonly alive: SignOfLife | null
    }

export type FolderVerdict = { readonly state: FolderState; readonly why: string }

type There = Extract<SeenIdentity, { kind: 'there' }>
/** A ledger, to be set against what a folder remembers of it. */
export type LedgerNow = {
  readonly id: string
  /** How far it was when it last meant to leave a sign of life in this folder; how far it is, where it never did. */
  readonly sequence: number
  /** How far it was when it last left a sign of life in this folder, and found it there; null: it never did. */
  readonly left: number | null
}

/** A sign of life counts for this long, ms (design, section 6, rule 2). */
const ALIVE_MS = 300_000

/** Whether who left this sign of life is still at it. */
export function isAtWork(alive: SignOfLife, wallMs: number): boolean {
  return !alive.released && Math.abs(wallMs - alive.atMs) < ALIVE_MS
}

/** Another process is at work on the folder, with its own ledger or with a copy of this one: both would send what comes. */
export function isKeptByAnother({ alive }: Pick<There, 'alive'>, ledgerId: string, wallMs: number): boolean {
  return alive !== null && (alive.ledgerId !== ledgerId || alive.isAnothers === true) && isAtWork(alive, wallMs)
}

const KEPT = 'another encord-sync keeps this folder: its sign of life is under 5 min old'
/** Said while a copy of the ledger is at work; what that one sends is unknown to this one. */
export const KEPT_BY_TWIN = 'another encord-sync keeps this folder with a copy of this ledger: its sign of life is under 5 min old'

/** What the folder remembers that its ledger forgot; null when that is nothing. */
export function rolledBack({ alive }: Pick<There, 'alive'>, ledger: Pick<LedgerNow, 'id' | 'sequence'>): string | null {
  const isOlder = alive !== null && alive.ledgerId === ledger.id && alive.sequence > ledger.sequence
  return isOlder ? 'the ledger is older than the folder remembers: it was rolled back' : null
}

/**
 * Why the ledger may have forgotten something though its folder does not say so: another one had the folder for a while, a new one after this was
 * lost say, and left its own sign of life where this one's was. Null: none did.
 */
export function overlaid({ alive }: Pick<There, 'alive'>, ledger: Pick<LedgerNow, 'id'>): string | null {
  return alive !== null && alive.ledgerId !== ledger.id
    ? 'another ledger kept the folder meanwhile: how far this one was it does not tell'
    : null
}

/** What says that a folder was put back as it had been before, root and marker and all; null when nothing does. */
export function putBack({ alive }: Pick<There, 'alive'>, ledger: Pick<LedgerNow, 'id' | 'left'>): string | null {
  const isOlder = alive !== null && alive.ledgerId === ledger.id && ledger.left !== null && alive.sequence < ledger.left
  return isOlder
    ? 'it remembers less than this ledger last left there: it was put back to a snapshot, or a copy of the ledger worked there'
    : null
}

/**
 * Is this the folder that the ledger knows? (design, section 6, rule 2) Root inode, birth time and file-system type, and the
 * marker; never `st_dev`, which changes at a remount.
 */
export function judgeIdentity(
  known: Pick<FolderRecord, 'uid' | 'root' | 'marker'>,
  seen: SeenIdentity,
  ledger: LedgerNow,
  wallMs: number,
): FolderVerdict {
  if (seen.kind === 'absent') return { state: 'absent', why: `the folder is not there (${seen.errno})` }
  if (seen.kind === 'unreadable') return { state: 'unreadable', why: `the folder cannot be read (${seen.errno})` }
  if (isKeptByAnother(seen, ledger.id, wallMs)) return { state: 'foreign', why: seen.alive?.ledgerId === ledger.id ? KEPT_BY_TWIN : KEPT }
  const sameRoot = known.root !== null && isSameRoot(known.root, seen.root)
  if (known.marker !== 'written') {
    if (sameRoot) return { state: 'ok', why: '' }
    return { state: 'foreign', why: 'another directory stands at this path, and no marker says that it is the same folder' }
  }
  if (seen.marker === 'unreadable') return { state: 'unreadable', why: 'its marker .encord-sync/folder.json cannot be read' }
  const ours = seen.marker !== 'none' && seen.marker.folderId === known.uid
  if (ours && seen.marker.ledgerId === ledger.id) {
    // First, for a restored folder goes on sending: what the ledger forgot has to be read before that.
    const forgot = rolledBack(seen, ledger) ?? overlaid(seen, ledger)
    if (forgot !== null) return { state: 'frozen', why: forgot }
    if (!sameRoot) return { state: 'restored', why: 'the marker is right, but the directory is another one: restored or copied' }
    const older = putBack(seen, ledger)
    return older === null ? { state: 'ok', why: '' } : { state: 'restored', why: older }
  }
  if (sameRoot) {
    const why = seen.marker === 'none' ? 'its marker .encord-sync/folder.json is missing' : 'its marker belongs to another ledger'
    return { state: 'restored', why }
  }
  if (ours) return { state: 'restored', why: 'its marker was written by another ledger' }
  return {
    state: 'foreign',
    why: seen.marker === 'none' ? 'no marker: an empty mount point, or another disk' : 'its marker names another folder',
  }
}

/**
 * Did its marker come to this directory with a copy of the folder it names, on another machine perhaps, where that one may be at work? One that
 * does not tell is taken for this directory's own: a ledger that was lost finds its folder by it.
 */
export function isMarkerOfAnother({ marker, root }: Pick<There, 'marker' | 'root'>): boolean {
  return typeof marker === 'object' && marker.root !== undefined && !isSameRoot(marker.root, root)
}

/** A birth time that one of the looks could not see is no difference; where both saw one, it tells a re-used inode. */
export function isSameRoot(known: Root, seen: Root): boolean {
  return (
    known.ino === seen.ino &&
    known.fsType === seen.fsType &&
    (known.birthNs === null || seen.birthNs === null || known.birthNs === seen.birthNs)
  )
}
