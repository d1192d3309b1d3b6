import type { Clock } from '../model/clock.ts'
import type { Log } from '../model/event.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { Listed } from './listing.ts'
import { resolveDelete } from './resolve.ts'

export type OrphanTools = { readonly ledger: LedgerPort; readonly clock: Clock; readonly log: Log; readonly absentGapMs: number }

/**
 * Deletes by command whose outcome stayed open and that no folder's plan looks at: their row has no unit, or is no version of it
 * any more, or its folder left the config. Each listing of their dataset is a look at them.
 */
export async function settleOrphanDeletes(tools: OrphanTools, remoteId: number, listed: Listed): Promise<void> {
  const { ledger } = tools
  for (const operation of ledger.operations.open()) {
    const version = operation.verb === 'delete' ? ledger.versions.get(operation.versionId) : null
    if (version === null || version.remoteId !== remoteId) continue
    const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
    const isPlanned = unit !== null && version.role !== 'closed' && ledger.folders.all().some((folder) => folder.id === unit.folderId)
    if (isPlanned) continue
    const path = unit === null ? '' : ledger.folders.get(unit.folderId).path
    await resolveDelete({ ...tools, listing: async () => listed, folder: { path } }, version, operation)
  }
}
