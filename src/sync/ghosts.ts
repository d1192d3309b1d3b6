import type { LedgerPort } from './ledgerPort.ts'
import type { FileRecord } from './records.ts'

const GHOST = '\u0000gone-'

/**
 * A unit's own entry of a file that went into another unit: absent here, its content known, so that the rules for absent files hold for
 * its row, and rule 6 sees the copy.
 */
export function leaveGhost(ledger: LedgerPort, unitId: number, file: FileRecord, scanId: number): void {
  const id = ledger.tree.addFile({
    folderId: file.folderId,
    dirId: file.dirId,
    name: `${GHOST}${file.id}-${scanId}`,
    stamp: file.stamp,
    problem: null,
    unitId,
    scanId: file.firstScan,
  })
  if (file.sha256 !== null) ledger.tree.setSha(id, file.sha256, false)
  ledger.tree.setFileLocal(id, 'absent', scanId, null)
}

/** A file that is back in its unit is no ghost any more: of one file two entries would be two files to whoever looks for it by its inode. */
export function dropGhosts(ledger: LedgerPort, files: readonly FileRecord[]): void {
  for (const ghost of files.filter((file) => file.path.includes(GHOST))) {
    const isBack = files.some(
      ({ local, stamp }) => local === 'present' && stamp.ino === ghost.stamp.ino && stamp.birthNs === ghost.stamp.birthNs,
    )
    if (isBack) ledger.tree.removeFile(ghost.id)
  }
}
