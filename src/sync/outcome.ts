import type { EffectResult, EffectTools } from './effectTools.ts'
import type { Listed } from './listing.ts'
import type { OperationRecord, VersionRecord } from './records.ts'
import { cloudUrl } from './resolveCloud.ts'

export type ListingTools = Pick<EffectTools, 'ledger' | 'clock' | 'listing' | 'absentGapMs'>

/** Where a row's unit is, for the log; '' for a row that belongs to no folder. */
export type WithPlace = { readonly folder: { readonly path: string } }

/**
 * Counts trusted listings that lack the effect: two of them, the second asked for `absent_gap` after the first, prove that the call
 * did nothing.
 * @returns null when that is proven, else how long to wait
 */
export async function lacks(tools: ListingTools, operation: OperationRecord, listed: Listed | null): Promise<EffectResult | null> {
  const { ledger, clock, absentGapMs } = tools
  if (listed === null) return { kind: 'later', forMs: absentGapMs }
  const now = clock.wallMs()
  const isFirst = operation.lacking <= 0 || operation.lackingAtMs === null || operation.lackingAtMs > now
  if (isFirst) {
    await ledger.commit(() => ledger.operations.setLacking(operation.id, 1, now))
    return { kind: 'later', forMs: absentGapMs }
  }
  const dueMs = (operation.lackingAtMs ?? now) + absentGapMs
  return listed.askedAtMs >= dueMs ? null : { kind: 'later', forMs: Math.max(100, dueMs - now) }
}

/** A lost answer is known: what became of the call. */
export function tellResolved(
  tools: WithPlace & Pick<EffectTools, 'ledger' | 'log'>,
  version: VersionRecord,
  operation: OperationRecord,
  outcome: 'done' | 'not-done',
): void {
  const call = callOf(version, operation)
  const path = version.unitId === null ? '' : (tools.ledger.units.get(version.unitId)?.key ?? '')
  tools.log.emit('call.resolved', { call, folder: tools.folder.path, path, dataHash: version.dataHash, outcome, by: 'listing' })
}

/** The name of a call that made a row, or would have. */
function callOf({ kind }: VersionRecord, { verb, evidence }: OperationRecord): string {
  if (verb === 'delete') return 'video DELETE'
  if (verb === 'group') return kind === 'dicom_series' ? 'dicomseries' : 'imagegroup'
  return cloudUrl(evidence) === null ? 'register' : 'datasetdata'
}
