import type { RelPath } from '../model/file.ts'
import { isRowless, pathsOfRow, sizesOf } from './candidateFiles.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { CandidateRecord, FileRecord, UnitRecord, VersionRecord } from './records.ts'

/**
 * Files that went away before anyone knew whether they are what a candidate lost: one that is moved on and on is at rest nowhere long
 * enough to be read, and is seen at neither place by a look that comes in between. And files that stood at a candidate's own path
 * until now, as another unit's: no scan before this one lacked that path.
 */
export type Vanished = {
  /** It stands no longer where it stood, and it is not known where it went. */
  note(file: FileRecord): void
  /** It stands no longer where it stood. */
  left(file: FileRecord): void
  /** The proof of each candidate that one of them may have been, or whose path one of them had, starts anew. */
  restartProofs(): void
}

export function openVanished(ledger: LedgerPort, remoteId: number): Vanished {
  const sizes = new Set<number>()
  const paths = new Set<string>()

  function concerns(candidate: CandidateRecord, version: VersionRecord, unit: UnitRecord): boolean {
    const files = candidate.why === 'absent' ? ledger.tree.filesOfUnit(unit.id) : []
    if ([...sizesOf(ledger, candidate, version, unit, files)].some((size) => sizes.has(size))) return true
    return candidate.why === 'absent' && pathsOfRow(ledger, unit, version).some((path) => paths.has(placeOf(unit.folderId, path)))
  }

  return {
    note(file) {
      if (file.local === 'present' && (file.sha256 === null || isRowless(ledger, file))) sizes.add(file.stamp.sizeBytes)
    },
    left(file) {
      if (file.local === 'present') paths.add(placeOf(file.folderId, file.path))
    },
    restartProofs() {
      if (sizes.size === 0 && paths.size === 0) return
      for (const folder of ledger.folders.all().filter((one) => one.remoteId === remoteId)) {
        for (const candidate of ledger.candidates.ofFolder(folder.id)) {
          const version = ledger.versions.get(candidate.versionId)
          const unit = version?.unitId == null ? null : ledger.units.get(version.unitId)
          if (candidate.firstScan === null || candidate.why === 'command' || version === null || unit === null) continue
          if (concerns(candidate, version, unit)) ledger.candidates.setFirst(version.id, null)
        }
      }
    },
  }
}

function placeOf(folderId: number, path: RelPath): string {
  return `${folderId} ${path}`
}
