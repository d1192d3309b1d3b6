import { lstat } from 'node:fs/promises'
import { errnoOf } from './errno.ts'
import { type FsKind, fsTypeAt } from './fileSystem.ts'
import { readStateFile, type WriteResult, writeStateFile } from './stateDirectory.ts'

/**
 * What `.encord-sync/folder.json` says: which folder this is, whose ledger keeps it, and the directory that it was written into: a copy of
 * the folder carries the marker, and is another directory. Written once. Markers of before name no directory.
 */
export type Marker = { readonly folderId: string; readonly ledgerId: string; readonly root?: RootIdentity }

/** What `.encord-sync/alive` says: how far the ledger was when it last worked here, and whether it left in peace. */
export type Alive = { readonly ledgerId: string; readonly sequence: number; readonly atMs: number; readonly released: boolean }

/** The root directory itself. `birthNs` is null where the file system keeps no birth time; `st_dev` says nothing and is left out. */
export type RootIdentity = { readonly ino: string; readonly birthNs: string | null; readonly fsType: string }

/** Who a folder is, as found on the disk (design, section 6, rule 2). */
export type FolderIdentity =
  | {
      readonly kind: 'found'
      readonly root: RootIdentity
      /** Tells two directories apart that are looked at in one moment; worth nothing at a later one. */
      readonly place: string
      readonly fsKind: FsKind
      /** null: none there. `unreadable`: something is there and can't be read or understood, which proves nothing either way. */
      readonly marker: Marker | null | 'unreadable'
      readonly alive: Alive | null
    }
  /** No directory at the path: ENOENT, ENOTDIR, ELOOP (a link), or the errno of a disk that fails. */
  | { readonly kind: 'absent'; readonly errno: string }

const MARKER_FILE = 'folder.json'
const ALIVE_FILE = 'alive'

/** Reads a folder's identity; never throws, never writes. @param root absolute path, links resolved at start. */
export async function readIdentity(root: string): Promise<FolderIdentity> {
  try {
    const stats = await lstat(root, { bigint: true })
    if (stats.isSymbolicLink()) return { kind: 'absent', errno: 'ELOOP' }
    if (!stats.isDirectory()) return { kind: 'absent', errno: 'ENOTDIR' }
    const fsType = await fsTypeAt(root)
    // Where the system can't tell the birth time, it may give the last change instead.
    const bornNs = stats.birthtimeNs > 0n && stats.birthtimeNs !== stats.ctimeNs ? String(stats.birthtimeNs) : null
    return {
      kind: 'found',
      root: { ino: String(stats.ino), birthNs: bornNs, fsType: fsType.word },
      place: `${stats.dev}:${stats.ino}`,
      fsKind: fsType.kind,
      marker: await readMarker(root),
      alive: await readAlive(root),
    }
  } catch (error) {
    return { kind: 'absent', errno: errnoOf(error) }
  }
}

/** True when both looks saw the same root directory. A birth time that one of them could not see is no difference. */
export function sameRoot(a: RootIdentity, b: RootIdentity): boolean {
  return a.ino === b.ino && a.fsType === b.fsType && (a.birthNs === null || b.birthNs === null || a.birthNs === b.birthNs)
}

/** Writes the marker, durably and only where there is none (`exists`); `unwritable` in a read-only folder. */
export function writeMarker(root: string, marker: Marker): Promise<WriteResult> {
  const { folderId, ledgerId, root: at } = marker
  const content = {
    version: 1,
    folder_id: folderId,
    ledger_id: ledgerId,
    root: at === undefined ? undefined : { ino: at.ino, birth_ns: at.birthNs, fs_type: at.fsType },
  }
  return writeStateFile(root, MARKER_FILE, `${JSON.stringify(content)}\n`, { replace: false })
}

/** Renews the sign of life; a reader sees the old one or the new one, never a part. */
export function writeAlive(root: string, alive: Alive): Promise<WriteResult> {
  const content = { version: 1, ledger_id: alive.ledgerId, sequence: alive.sequence, at_ms: alive.atMs, released: alive.released }
  return writeStateFile(root, ALIVE_FILE, `${JSON.stringify(content)}\n`, { replace: true })
}

async function readMarker(root: string): Promise<Marker | null | 'unreadable'> {
  const fields = await readFields(root, MARKER_FILE)
  if (fields === null || fields === 'unreadable') return fields
  const { folder_id: folderId, ledger_id: ledgerId, root: at } = fields
  if (!isWord(folderId) || !isWord(ledgerId)) return 'unreadable'
  if (at === undefined) return { folderId, ledgerId }
  const known = rootOf(at)
  return known === null ? 'unreadable' : { folderId, ledgerId, root: known }
}

function rootOf(value: unknown): RootIdentity | null {
  if (typeof value !== 'object' || value === null) return null
  const { ino, birth_ns: birthNs, fs_type: fsType } = value as { ino?: unknown; birth_ns?: unknown; fs_type?: unknown }
  return isWord(ino) && isWord(fsType) && (birthNs === null || isWord(birthNs)) ? { ino, birthNs, fsType } : null
}

/** A sign of life that does not parse is none: a crash of the other side must not stop this one for ever. */
async function readAlive(root: string): Promise<Alive | null> {
  const fields = await readFields(root, ALIVE_FILE)
  if (fields === null || fields === 'unreadable') return null
  const { ledger_id: ledgerId, sequence, at_ms: atMs, released } = fields
  const sound = isWord(ledgerId) && Number.isSafeInteger(sequence) && Number.isSafeInteger(atMs) && typeof released === 'boolean'
  return sound ? { ledgerId, sequence: Number(sequence), atMs: Number(atMs), released } : null
}

type Fields = { folder_id?: unknown; ledger_id?: unknown; root?: unknown; sequence?: unknown; at_ms?: unknown; released?: unknown }

async function readFields(root: string, name: string): Promise<Fields | null | 'unreadable'> {
  try {
    const text = await readStateFile(root, name)
    if (text === null) return null
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? parsed : 'unreadable'
  } catch {
    return 'unreadable'
  }
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
