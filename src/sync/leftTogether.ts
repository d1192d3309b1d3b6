import { isSameInode } from '../model/file.ts'
import { ageOf, countsSince } from './copyAge.ts'
import { isGhostOfAnyRow } from './ghosts.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { FileRecord, UnitRecord, VersionRecord } from './records.ts'

/**
 * Rows of one content lost their files, and fewer files of it came elsewhere: one of the rows went there, which of them nobody can tell. Noted for
 * those that were left behind: each may be the one that carries the work of what came. Called inside a transaction.
 * @param scanId the newest scan then
 */
export function noteLeftBehind(ledger: LedgerPort, unitIds: Iterable<number>, scanId: number): void {
  for (const unitId of unitIds) {
    for (const { id, role, remote } of ledger.versions.ofUnit(unitId)) {
      const isNoted = ledger.meta.read(keyOf(id)) === String(scanId)
      if (role === 'current' && remote === 'live' && !isNoted) ledger.meta.write(keyOf(id), String(scanId))
    }
  }
}

/** Other units whose row holds this content, and whose files are gone. */
export function leftWith(ledger: LedgerPort, unitId: number, remoteId: number): readonly number[] {
  const contents = ledger.versions.ofUnit(unitId).flatMap(({ role, content }) => (role === 'current' && content !== null ? content : []))
  const units = contents.flatMap((content) => ledger.versions.withContent(remoteId, content)).flatMap((version) => version.unitId ?? [])
  return [...new Set(units)].filter((id) => id !== unitId && ledger.units.get(id)?.local === 'absent')
}

/**
 * Files were replaced, or changed where they stood, that hold what is gone from elsewhere: by now only a copy that came later, or the very file,
 * tells that it went there, and from now on nothing does. Called inside a transaction.
 * @param replaced as they were known until now
 */
export function noteReplacedElsewhere(ledger: LedgerPort, replaced: readonly FileRecord[], remoteId: number, scanId: number): void {
  const left = new Set<number>()
  for (const file of replaced) {
    for (const gone of ledger.tree.goneLike(file, remoteId)) {
      const { unitId } = gone
      if (unitId === null || unitId === file.unitId || ledger.units.get(unitId)?.local !== 'absent') continue
      if (isVeryFile(gone, file) || cameLater(ledger, unitId, gone, file)) left.add(unitId)
    }
  }
  noteLeftBehind(ledger, left, scanId)
}

function isVeryFile(gone: FileRecord, { stamp }: FileRecord): boolean {
  return !isGhostOfAnyRow(gone) && stamp.birthNs !== null && isSameInode(gone.stamp, stamp)
}

/**
 * Of equal files either one may go, but for the older one. A row is as old as what was read to be sent, also where its file was edited and put back
 * since. Of one that was linked nobody knows.
 */
function cameLater(ledger: LedgerPort, unitId: number, gone: FileRecord, file: FileRecord): boolean {
  if (gone.sha256 !== file.sha256) return false
  const age = ageOf(ledger, file)
  const isOlder = (version: VersionRecord): boolean => version.role === 'current' && version.readAfter < countsSince(version, age)
  return file.firstScan > gone.firstScan || ledger.versions.ofUnit(unitId).some(isOlder)
}

/** Was it left behind when a file of its content came elsewhere, and is gone since then? What came back, and went later, did not go there. */
export function isLeftBehind(
  ledger: Pick<LedgerPort, 'meta'>,
  { id }: Pick<VersionRecord, 'id'>,
  { local }: Pick<UnitRecord, 'local'>,
  files: readonly Pick<FileRecord, 'absentScan'>[],
): boolean {
  const scanId = local === 'absent' ? ledger.meta.read(keyOf(id)) : null
  return scanId !== null && files.some(({ absentScan }) => absentScan === null || absentScan <= Number(scanId))
}

function keyOf(versionId: number): string {
  return `left-behind:${versionId}`
}
