import { joinPath, nameOf, type RelPath } from '../model/file.ts'
import { isOfFrames } from '../model/unit.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { dirOfUnit } from './plan/series.ts'
import { isLeftOut } from './plan/unitContent.ts'
import type { CandidateRecord, FileRecord, UnitRecord, VersionRecord } from './records.ts'

/**
 * Sizes in bytes that a file may have which is what the candidate lost: what its row holds, and what its files became since.
 * @param files of its unit
 */
export function sizesOf(
  ledger: LedgerPort,
  candidate: Pick<CandidateRecord, 'why'>,
  version: VersionRecord,
  unit: UnitRecord,
  files: readonly FileRecord[],
): ReadonlySet<number> {
  const frames = isOfFrames(version.kind) ? ledger.versions.frames(version.id) : []
  const sent = new Set(frames.map((frame) => frame.fileId))
  const since = candidate.why === 'absent' ? files.filter((file) => sent.has(file.id) || !isLeftOut(file, unit)) : []
  const held = isOfFrames(version.kind) ? frames.map((frame) => frame.sizeBytes) : [version.sizeBytes]
  return new Set([...held, ...since.map((file) => file.stamp.sizeBytes)])
}

/** The paths that a row was made of, also when its files are another unit's by now. */
export function pathsOfRow(ledger: LedgerPort, unit: UnitRecord, version: VersionRecord): readonly RelPath[] {
  if (unit.shape === 'file') return [unit.key]
  return ledger.versions.frames(version.id).map((frame) => joinPath(dirOfUnit(unit), nameOf(frame.name)))
}

/**
 * The same content in a unit of which no row holds it yet is a move which has still to be noticed. A row holds as many of a unit's equal
 * files as it has frames of that content; what an ignore rule leaves out is none of them, as it is no copy.
 */
export function isRowless(ledger: LedgerPort, { unitId, sha256 }: FileRecord): boolean {
  if (unitId === null) return false
  const rows = ledger.versions.ofUnit(unitId).filter((version) => version.remote === 'live' || version.remote === 'deleting')
  const stands = ledger.tree.filesOfUnit(unitId).filter(({ local }) => local !== 'absent' && local !== 'excluded')
  const equal = stands.filter((file) => file.sha256 === sha256).length
  return !rows.some((row) =>
    isOfFrames(row.kind)
      ? ledger.versions.frames(row.id).filter((frame) => frame.sha256 === sha256).length >= Math.max(1, equal)
      : row.content === sha256,
  )
}
