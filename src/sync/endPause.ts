import type { LedgerPort } from './ledgerPort.ts'
import { outdateLooks } from './oldLooks.ts'
import type { FolderRecord } from './records.ts'

/** Ends the pause of a folder whose time has come. @returns whether it did */
export function endPause(ledger: LedgerPort, folderId: number, wallMs: number): boolean {
  const { paused, pausedUntilMs } = ledger.folders.get(folderId)
  if (!paused || pausedUntilMs === null || wallMs < pausedUntilMs) return false
  ledger.now(() => {
    ledger.folders.setPaused(folderId, null, wallMs)
    outdateLooks(ledger, folderId)
  })
  return true
}

/** ms until a folder's pause ends by itself; infinite when it is not paused, or paused for good. */
export function msToPauseEnd({ pausedUntilMs }: Pick<FolderRecord, 'pausedUntilMs'>, wallMs: number): number {
  return pausedUntilMs === null ? Number.POSITIVE_INFINITY : pausedUntilMs - wallMs
}
