import type { Log } from '../model/event.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { UnitRecord, VersionRecord } from './records.ts'
import { supersedeCurrent } from './supersedeCurrent.ts'

/**
 * The row of a lost call, which a listing shows, is that of a unit that holds its content and sends nothing itself. Called inside a transaction.
 */
export function giveLost(
  tools: { readonly ledger: LedgerPort; readonly log: Log; wallMs(): number },
  { id, dataHash, title, content, kind, readAfter }: VersionRecord,
  unit: UnitRecord,
): void {
  const { ledger, log, wallMs } = tools
  if (dataHash === null) throw new Error(`no listing can show the row of version ${id}`)
  supersedeCurrent(tools, unit)
  ledger.versions.setUnit(id, unit.id)
  ledger.versions.setLive(id, dataHash, title, true, wallMs())
  ledger.versions.setTitleDue(id, true)
  ledger.units.setWork(unit.id, 'waiting', '', wallMs())
  // It stood elsewhere when it was sent: a copy that was made since is one that came later.
  for (const file of ledger.tree.filesOfUnit(unit.id))
    if (readAfter > 0 && readAfter < file.firstScan) ledger.tree.setFirstScan(file.id, readAfter)
  const because = 'a listing shows the row of a call whose answer was lost'
  const entry = { folderId: unit.folderId, verb: 'registered', dataHash, key: unit.key, files: 1, approved: false } as const
  ledger.history.add({ ...entry, atMs: wallMs(), detail: { title, sha256: content, because } })
  log.emit('unit.synced', { folder: ledger.folders.get(unit.folderId).path, path: unit.key, dataHash, kind, title })
}
