import { createHash } from 'node:crypto'
import { dirOf, nameOf, type RelPath, sameStamp } from '../model/file.ts'
import { troubleOf } from './diskTrouble.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { NOT_USED, SIDECAR, sidecarPath } from './plan/sidecar.ts'
import type { Disk } from './ports.ts'
import type { FileRecord, FolderRecord, UnitRecord } from './records.ts'
import { MOST_SIDECAR_BYTES, parseSidecar, type SidecarValues } from './sidecarValues.ts'

/** What the ledger knows of a unit's metadata file; it stays for a while after the file has gone. Null: there is none. */
export function sidecarOf(ledger: Pick<LedgerPort, 'tree'>, unit: Pick<UnitRecord, 'shape' | 'key' | 'folderId'>): FileRecord | null {
  const path = sidecarPath(unit)
  const dir = path === null ? null : ledger.tree.dir(unit.folderId, dirOf(path))
  return path === null || dir === null ? null : ledger.tree.fileAt(dir.id, nameOf(path))
}

type ReadSidecar =
  | (SidecarValues & { readonly sha256: string | null })
  | { readonly kind: 'look'; readonly dir: RelPath }
  | { readonly kind: 'later'; readonly why: string }

/** Reads a sidecar, opened as the regular file that was scanned. `look`: it is another one by now; `later`: its disk does not give it. */
export async function readSidecar(
  disk: Disk,
  folder: Pick<FolderRecord, 'path'>,
  file: Pick<FileRecord, 'path' | 'stamp'>,
): Promise<ReadSidecar> {
  const look = { kind: 'look', dir: dirOf(file.path) } as const
  const { sizeBytes } = file.stamp
  if (sizeBytes > MOST_SIDECAR_BYTES) return { kind: 'invalid', why: 'it is larger than the 10 MB that Encord takes', sha256: null }
  const opened = await disk.openRegular(folder.path, file.path, file.stamp)
  if ('kind' in opened) {
    return opened.kind === 'unreadable' ? unreadable(file.path, opened.errno) : look
  }
  try {
    const bytes = await opened.read(0, sizeBytes)
    if (bytes.length !== sizeBytes || !(await opened.unchanged())) return look
    return { ...parseSidecar(bytes), sha256: createHash('sha256').update(bytes).digest('hex') }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) throw error
    return unreadable(file.path, error.code)
  } finally {
    await opened.close()
  }
}

function unreadable(path: RelPath, errno: string): ReadSidecar {
  if (troubleOf(errno) === 'file') return { kind: 'invalid', why: `it cannot be read (${errno})`, sha256: null }
  return { kind: 'later', why: `${path} could not be read (${errno})` }
}

/** Keeps what a sidecar was found to be, if it still is the file that was read; called inside a commit. */
export function keepSidecar(ledger: LedgerPort, file: FileRecord, found: Exclude<ReadSidecar, { kind: 'look' | 'later' }>): void {
  const now = ledger.tree.file(file.id)
  if (now === null || !sameStamp(now.stamp, file.stamp)) return
  if (found.kind === 'invalid') ledger.tree.setProblem(file.id, NOT_USED + found.why)
  else {
    ledger.tree.setProblem(file.id, SIDECAR)
    ledger.tree.setSha(file.id, found.sha256 ?? '', false)
  }
}
