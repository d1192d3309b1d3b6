import { isGhost } from './ghosts.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { identityOf } from './plan/moves.ts'
import type { FileRecord, FolderRecord } from './records.ts'
import type { Difference } from './survey.ts'

/** Rows outside the differences that share an identity with one of them: the other half of a move that two looks saw. */
export function findRelatives(ledger: LedgerPort, folder: FolderRecord, differences: readonly Difference[]): readonly FileRecord[] {
  const inside = new Set(differences.flatMap((difference) => (difference.kind === 'new' ? [] : [difference.known.id])))
  const found = new Map<number, FileRecord>()
  for (const difference of differences) {
    const stamp =
      difference.kind === 'absent'
        ? difference.known.stamp
        : difference.kind === 'new' || difference.kind === 'changed'
          ? difference.stamp
          : null
    if (stamp === null || identityOf(stamp) === null) continue
    const wanted = difference.kind === 'absent' ? 'present' : 'absent'
    for (const file of ledger.tree.sameIdentity(stamp, folder.remoteId)) {
      if (file.local === wanted && !isGhost(file) && !inside.has(file.id) && !(wanted === 'present' && hasRow(ledger, file)))
        found.set(file.id, file)
    }
  }
  return [...found.values()]
}

/** A file that has a row of its own is no new arrival: it never gives way to a move. */
function hasRow(ledger: LedgerPort, file: FileRecord): boolean {
  return file.unitId !== null && ledger.versions.ofUnit(file.unitId).some((version) => version.role !== 'closed')
}
