import { isRowless, sizesOf } from './candidateFiles.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { FileRecord } from './records.ts'

/**
 * Files that went away before anyone knew whether they are what a candidate lost: one that is moved on and on is at rest nowhere long
 * enough to be read, and is seen at neither place by a look that comes in between.
 */
export type Vanished = {
  /** It stands no longer where it stood, and it is not known where it went. */
  note(file: FileRecord): void
  /** The proof of each candidate that one of them may have been starts anew. */
  restartProofs(): void
}

export function openVanished(ledger: LedgerPort, remoteId: number): Vanished {
  const sizes = new Set<number>()
  return {
    note(file) {
      if (file.local === 'present' && (file.sha256 === null || isRowless(ledger, file))) sizes.add(file.stamp.sizeBytes)
    },
    restartProofs() {
      if (sizes.size === 0) return
      for (const folder of ledger.folders.all().filter((one) => one.remoteId === remoteId)) {
        for (const candidate of ledger.candidates.ofFolder(folder.id)) {
          const version = ledger.versions.get(candidate.versionId)
          if (candidate.firstScan === null || candidate.why === 'command' || version?.unitId == null) continue
          const lost = sizesOf(ledger, candidate, version, ledger.tree.filesOfUnit(version.unitId))
          if ([...lost].some((size) => sizes.has(size))) ledger.candidates.setFirst(version.id, null)
        }
      }
    },
  }
}
