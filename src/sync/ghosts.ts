import { isSameInode } from '../model/file.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { FileRecord, UnitRecord, VersionRecord } from './records.ts'

const GHOST = '\u0000gone-'
const OF_ROW = `${GHOST}row-`

/** Does the entry stand for a row? The file whose stamp it bears has an entry of its own, and may hold something else. */
export function isGhost({ path }: Pick<FileRecord, 'path'>): boolean {
  return path.includes(GHOST)
}

/** Does it stand for a row of which it bears no file's stamp: but that of the file which took the place? */
export function isGhostOfAnyRow({ path }: Pick<FileRecord, 'path'>): boolean {
  return path.includes(OF_ROW)
}

/** Does it stand for this row, as its file, or last frame, was replaced where it stood? Once its content turned up elsewhere it is gone. */
export function isGhostOfRow({ path }: Pick<FileRecord, 'path'>, { id }: Pick<VersionRecord, 'id'>): boolean {
  return path.includes(OF_ROW) && path.endsWith(`-${id}`)
}

/**
 * A unit's own entry of a file that went into another unit: absent here, its content known, so that the rules for absent files hold for
 * its row, and rule 6 sees the copy.
 */
export function leaveGhost(ledger: LedgerPort, unitId: number, file: FileRecord, scanId: number): void {
  const ghost = { ...file, name: `${GHOST}${file.id}-${scanId}` }
  addGhost(ledger, unitId, ghost, scanId)
}

/** The same for a unit that lost its place, or its last frame: the entry stands for its row. One that lost it twice has it already. */
export function leaveGhostOfRow(ledger: LedgerPort, unit: UnitRecord, version: VersionRecord, file: FileRecord): void {
  const name = `${OF_ROW}${file.id}-${version.id}`
  const known = ledger.tree.fileAt(file.dirId, name)
  if (known !== null) {
    ledger.tree.setFileUnit(known.id, unit.id)
    return
  }
  const { folderId } = unit
  const stamp = { ...file.stamp, sizeBytes: version.sizeBytes }
  // The file may be the one that took the place: what the row holds stood there at the latest when it was read to be sent.
  const firstScan = version.readAfter > 0 ? Math.min(file.firstScan, version.readAfter) : file.firstScan
  addGhost(ledger, unit.id, { ...file, folderId, name, stamp, firstScan, sha256: unit.shape === 'file' ? version.content : null }, null)
}

type Ghost = Pick<FileRecord, 'folderId' | 'dirId' | 'stamp' | 'firstScan' | 'sha256'> & { readonly name: string }

/** @param absentScan the scan that missed the file; null: none did yet */
function addGhost(
  ledger: LedgerPort,
  unitId: number,
  { folderId, dirId, name, stamp, firstScan, sha256 }: Ghost,
  absentScan: number | null,
): void {
  const id = ledger.tree.addFile({ folderId, dirId, name, stamp, problem: null, unitId, scanId: firstScan })
  if (sha256 !== null) ledger.tree.setSha(id, sha256, false)
  ledger.tree.setFileLocal(id, 'absent', absentScan, null)
}

/** A file that is back in its unit is no ghost any more: of one file two entries would be two files to whoever looks for it by its inode. */
export function dropGhosts(ledger: LedgerPort, files: readonly FileRecord[]): void {
  for (const ghost of files.filter(isGhost)) {
    const isBack = files.some(({ local, stamp }) => local === 'present' && isSameInode(stamp, ghost.stamp))
    if (isBack) ledger.tree.removeFile(ghost.id)
  }
}
