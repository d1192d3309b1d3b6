import type { Log } from '../model/event.ts'
import { followAgain } from './followAgain.ts'
import { followedRows } from './followedRows.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { Looks } from './looks.ts'
import { isGraceApart, proofAfterScan, restlessHome } from './plan/evidence.ts'
import type { CandidateRecord, FolderRecord, ScanRecord, UnitRecord, VersionRecord } from './records.ts'
import { remembered } from './remembered.ts'

export type CandidateTools = { readonly ledger: LedgerPort; readonly looks: Looks; readonly log: Log; wallMs(): number }

/**
 * What a finished scan means for the rows that may have to go: new candidates, proof that grew, files that came back, rows that
 * an ignore rule let go of. One transaction.
 * @param graceMs the grace in force for this folder's file system
 */
export function reviewCandidates(
  tools: CandidateTools,
  folder: FolderRecord,
  scanId: number,
  touched: ReadonlySet<number>,
  graceMs: number,
): void {
  const { ledger } = tools
  ledger.now(() => {
    const scan = ledger.scans.get(scanId)
    if (scan === null) throw new Error(`no scan ${scanId}`)
    // A row that was registered after its file had gone is no difference to any later scan.
    const reviewed = new Set([...touched, ...(scan.whole ? ledger.units.gone(folder.id) : [])])
    for (const unitId of reviewed) reviewUnit(tools, folder, unitId, graceMs)
    if (scan.whole) tools.looks.scanEnded(scanId)
    // What was seen of a folder that may be another one proves nothing, and waits for a person.
    const { state } = ledger.folders.get(folder.id)
    const evidence: ScanRecord = state === 'restored' || state === 'frozen' ? { ...scan, result: 'partial' } : scan
    const secondScan = remembered((id) => ledger.scans.get(id))
    for (const candidate of ledger.candidates.ofFolder(folder.id)) {
      const second = candidate.secondScan === null ? null : secondScan(candidate.secondScan)
      if (isWhole(candidate, scan, isGraceApart(candidate, second, graceMs))) continue
      const version = ledger.versions.get(candidate.versionId)
      const unit = version?.unitId == null ? null : ledger.units.get(version.unitId)
      if (version === null || unit === null) continue
      const sinceEnd = candidate.firstScan === null ? null : tools.looks.sinceScanMs(candidate.firstScan)
      const since = sinceEnd === null ? null : sinceEnd - Math.max(0, scan.endedMs - scan.beganMs)
      const isRestless = restlessHome(ledger.tree.filesOfUnit(unit.id), scan) !== undefined
      const seen: ScanRecord = isRestless ? { ...evidence, result: 'unsettled' } : evidence
      const step = proofAfterScan(candidate, unit, seen, graceMs, since, second)
      if (step.kind === 'first') ledger.candidates.setFirst(version.id, { id: scanId, atMs: scan.endedMs })
      if (step.kind === 'second') ledger.candidates.setSecond(version.id, scanId)
      if (step.kind === 'cancel' && candidate.why === 'absent') {
        callOff(tools, version.id)
        tools.log.emit('unit.returned', { folder: folder.path, path: unit.key })
      }
    }
    tools.looks.forgetScansBefore(Math.min(scanId, ledger.candidates.oldestFirstScan() ?? scanId))
  })
}

/**
 * The file of a row is back. An older row waits for the end of its newer one again: without a candidate nobody would ask for its end once the file
 * has gone anew. Called inside a transaction.
 */
export function callOff({ ledger, wallMs }: Pick<CandidateTools, 'ledger' | 'wallMs'>, versionId: number): void {
  ledger.candidates.remove(versionId)
  if (ledger.versions.get(versionId)?.role === 'superseded') ledger.candidates.add(versionId, 'superseded', null, wallMs())
}

/** The proof of an older row that no later scan adds to, or calls off: thousands may wait for a person so. */
function isWhole({ why, firstAtMs }: CandidateRecord, scan: ScanRecord, isApart: boolean): boolean {
  return why === 'superseded' && isApart && firstAtMs !== null && scan.beganMs >= firstAtMs
}

function reviewUnit(tools: CandidateTools, folder: FolderRecord, unitId: number, graceMs: number): void {
  const { ledger } = tools
  const unit = ledger.units.get(unitId)
  if (unit === null) return
  for (const version of ledger.versions.ofUnit(unitId)) {
    if (version.remote !== 'live') continue
    const candidate = ledger.candidates.get(version.id)
    if (unit.local === 'absent' && version.role === 'current' && candidate === null) {
      ledger.candidates.add(version.id, 'absent', null, tools.wallMs())
      tools.log.emit('unit.missing', { folder: folder.path, path: unit.key, graceMs })
    }
    if (unit.local === 'excluded' && (version.role === 'current' || isLastLeft(ledger, version, candidate))) {
      ledger.versions.setRole(version.id, 'detached')
      if (candidate !== null) ledger.candidates.remove(version.id)
      const why = 'an ignore rule leaves it out, or its folder was accepted without it'
      tools.log.emit('unit.detached', { folder: folder.path, path: unit.key, dataHash: version.dataHash ?? '', why })
    }
    reviewOlder(tools, unit, version, candidate)
  }
  // An older version that a person kept stays beside the current one.
  if (unit.local === 'present') followAgain(ledger, unit)
}

/** An older row that would go with its path, as its newer ones are all gone: there may be several. */
function isLastLeft(ledger: LedgerPort, { unitId, role }: VersionRecord, candidate: CandidateRecord | null): boolean {
  return role === 'superseded' && candidate?.why === 'absent' && unitId !== null && !hasNewer(ledger, unitId)
}

function hasNewer(ledger: LedgerPort, unitId: number): boolean {
  return followedRows(ledger, unitId).length > 0
}

/** An older row goes because a newer one stands at its path; once that one has gone with its file, because the path is gone too. */
function reviewOlder(tools: CandidateTools, unit: UnitRecord, version: VersionRecord, candidate: CandidateRecord | null): void {
  const { ledger, wallMs } = tools
  if (version.role !== 'superseded') return
  // Its place could not be seen for a while, and a person let go of it; or the file was gone, and is there again.
  const isThere = unit.local === 'present' && (candidate === null || candidate.why === 'absent')
  const isGone = unit.local === 'absent' && candidate?.why === 'superseded' && !hasNewer(ledger, unit.id)
  // An approval that was given while the file was gone is not of what stands there now.
  if (isThere) callOff(tools, version.id)
  if (isGone) ledger.candidates.add(version.id, 'absent', null, wallMs())
}
