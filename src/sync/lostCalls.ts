import type { LedgerPort } from './ledgerPort.ts'
import type { VersionRecord } from './records.ts'

type Ledger = { readonly versions: Pick<LedgerPort['versions'], 'lostOf' | 'retire'> }

/**
 * Calls of which a person was asked what they made, and that may have made the row of this unit with this content: they were its own, or those of a
 * unit that is gone, whose file may have come here. @param content sha256 of the file, or of the group's frames; null: only its own
 */
export function lostCallsOf(ledger: Ledger, remoteId: number, unitId: number, content: string | null): readonly VersionRecord[] {
  return ledger.versions
    .lostOf(remoteId)
    .filter((version) => version.unitId === unitId || (version.unitId === null && content !== null && version.content === content))
}

/** It is known now which row they made, or that they made none: they hold nothing up any more. Called inside a transaction. */
export function closeLostCalls(ledger: Ledger, remoteId: number, unitId: number, content: string | null): void {
  for (const version of lostCallsOf(ledger, remoteId, unitId, content)) ledger.versions.retire(version.id, 'stray', 'closed')
}
