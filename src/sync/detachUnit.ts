import type { Log } from '../model/event.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { FolderRecord, UnitRecord, VersionRecord } from './records.ts'

/** Nothing follows a unit any more: its row stays, listed and removable only by command, and what was on its way is given up. */
export function detachUnit(
  { ledger, log }: { readonly ledger: LedgerPort; readonly log: Log },
  folder: FolderRecord,
  { id, key }: Pick<UnitRecord, 'id' | 'key'>,
  why: string,
): void {
  for (const version of ledger.versions.ofUnit(id)) {
    if (version.role === 'coming') giveUp(ledger, version)
    if (version.role !== 'current') continue
    ledger.versions.setRole(version.id, 'detached')
    ledger.candidates.remove(version.id)
    log.emit('unit.detached', { folder: folder.path, path: key, dataHash: version.dataHash ?? '', why })
  }
  ledger.units.setLocal(id, 'excluded')
}

/** A call whose outcome is unknown is looked up all the same, or its row would be nobody's, and its file sent twice one day. */
function giveUp(ledger: LedgerPort, version: VersionRecord): void {
  const isAsked = ledger.operations.openOf(version.id).some((one) => one.verb === 'register' || one.verb === 'group')
  if (!isAsked) ledger.versions.retire(version.id, 'stray', 'closed')
}
