import { dropCommand } from './commandEvidence.ts'
import type { EffectResult, EffectTools } from './effectTools.ts'
import { followedRows } from './followedRows.ts'
import { type ListingTools, lacks, tellResolved, type WithPlace } from './outcome.ts'
import type { OperationRecord, VersionRecord } from './records.ts'

/** One look at the outcome of a DELETE; its operation is over, or the result says when to look again. */
export async function resolveDelete(
  tools: ListingTools & WithPlace & Pick<EffectTools, 'log'>,
  version: VersionRecord,
  asked: OperationRecord,
): Promise<EffectResult> {
  const { ledger, clock, folder, log } = tools
  const hash = version.dataHash ?? ''
  const listed = await tools.listing()
  if (listed === null) return { kind: 'later', forMs: tools.absentGapMs }
  const operation = ledger.operations.openOf(version.id).find((one) => one.id === asked.id)
  if (operation === undefined) return { kind: 'again' }
  const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
  if (!listed.has(hash)) {
    const waiting = await lacks(tools, operation, listed)
    if (waiting !== null) return waiting
    await ledger.commit(() => {
      ledger.operations.end(operation.id, 'done', clock.wallMs())
      closeDeleted(tools, version)
    })
    log.emit('delete.done', { folder: folder.path, path: unit?.key ?? '', dataHash: hash })
    return { kind: 'again' }
  }
  // Still there, twice: it did not happen. Evidence starts anew; nothing is ever re-sent on the strength of old evidence.
  const stillThere = operation.lacking < 0 ? -operation.lacking : 0
  const firstAtMs = operation.lackingAtMs
  if (stillThere >= 1 && firstAtMs !== null && clock.wallMs() - firstAtMs >= tools.absentGapMs) {
    await ledger.commit(() => {
      ledger.operations.end(operation.id, 'not-applied', clock.wallMs())
      ledger.versions.setRemote(version.id, 'live')
      const candidate = ledger.candidates.get(version.id)
      if (candidate?.why === 'command') dropCommand(ledger, version, operation.evidence)
      else if (candidate !== null) ledger.candidates.add(version.id, candidate.why, null, clock.wallMs())
    })
    tellResolved(tools, version, operation, 'not-done')
    return { kind: 'again' }
  }
  if (stillThere === 0) await ledger.commit(() => ledger.operations.setLacking(operation.id, -1, clock.wallMs()))
  return { kind: 'later', forMs: tools.absentGapMs }
}

/** A deleted row's last state; called inside a commit. */
export function closeDeleted(tools: Pick<EffectTools, 'ledger' | 'clock'>, { id }: Pick<VersionRecord, 'id'>): void {
  const { ledger, clock } = tools
  // As it is now: a survey may have given it another place, or another row its role, while the call was under way.
  const version = ledger.versions.get(id)
  if (version === null) throw new Error(`no version ${id}`)
  const candidate = ledger.candidates.get(version.id)
  const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
  ledger.history.add({
    atMs: clock.wallMs(),
    folderId: unit?.folderId ?? null,
    verb: 'deleted',
    dataHash: version.dataHash,
    key: unit?.key ?? null,
    files: Math.max(1, ledger.versions.frames(version.id).length),
    approved: candidate !== null && (candidate.batchId !== null || candidate.why === 'command'),
    detail: {
      title: version.title,
      why: candidate?.why ?? 'command',
      firstScan: candidate?.firstScan ?? null,
      secondScan: candidate?.secondScan ?? null,
    },
  })
  ledger.candidates.remove(version.id)
  if (unit === null) ledger.remotes.dropForeign(version.remoteId, version.dataHash ?? '')
  // A person removed the row and left the file: as with rows that someone else removes, it is sent again only by `retry`.
  const isFileLeft = candidate?.why === 'command' && version.role === 'current' && unit !== null && unit.local !== 'absent'
  ledger.versions.retire(version.id, isFileLeft ? 'missing' : 'gone', isFileLeft ? 'current' : 'closed')
  // A file that came back while its row was deleted is in no dataset now.
  const isBack = unit !== null && unit.local === 'present' && unit.work === 'none'
  if (isBack && followedRows(ledger, unit.id).length === 0)
    ledger.units.setWork(unit.id, 'waiting', 'its file came back while its row was deleted', clock.wallMs())
}
