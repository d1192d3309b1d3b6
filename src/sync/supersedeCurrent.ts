import type { Log } from '../model/event.ts'
import { holdReplaced } from './holdOlder.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { UnitRecord } from './records.ts'

/** What the unit held until now is an older version of it. Called inside the transaction that gives it another row. */
export function supersedeCurrent(
  tools: { readonly ledger: LedgerPort; readonly log: Log; wallMs(): number },
  { id, folderId }: Pick<UnitRecord, 'id' | 'folderId'>,
): void {
  const { ledger, wallMs } = tools
  for (const version of ledger.versions.ofUnit(id)) {
    if (version.role !== 'current') continue
    ledger.versions.setRole(version.id, version.remote === 'live' ? 'superseded' : 'closed')
    if (version.remote !== 'live') continue
    ledger.candidates.add(version.id, 'superseded', null, wallMs())
    holdReplaced(tools, folderId, version)
  }
}
