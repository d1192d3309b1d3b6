import type { LedgerPort } from './ledgerPort.ts'

/** Ends the pause of a folder whose time has come. @returns whether it did */
export function endPause(ledger: LedgerPort, folderId: number, wallMs: number): boolean {
  const { paused, pausedUntilMs } = ledger.folders.get(folderId)
  if (!paused || pausedUntilMs === null || wallMs < pausedUntilMs) return false
  ledger.now(() => ledger.folders.setPaused(folderId, null, wallMs))
  return true
}
