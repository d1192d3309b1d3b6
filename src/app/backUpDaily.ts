import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../model/clock.ts'
import { messageOf } from '../model/error.ts'
import type { Log } from '../model/event.ts'
import { backupPath, backupsDirectory, backupsOf, pruneBackups } from '../store/backups.ts'
import type { Ledger } from '../store/openLedger.ts'
import { freeBytesAt, LEAST_FREE_BYTES } from './room.ts'

/**
 * When the newest copy that was made by itself was made, ms since 1970; null without one, and where none can be seen. One from a time ahead tells
 * of a clock that was wrong, and stays the newest by its name: of those that were made since it would make none count.
 */
export function lastDailyBackupMs(ledgerPath: string, nowMs: number): number | null {
  try {
    return backupsOf(ledgerPath).find(({ cause, atMs }) => cause !== 'command' && atMs <= nowMs)?.atMs ?? null
  } catch {
    return null
  }
}

/**
 * Makes the day's copy and removes the oldest ones. A copy that can't be made is told and tried again; one that would fill the disk is not
 * begun, for the ledger could not be written meanwhile.
 * @param freeOn bytes that are left on the disk of a directory
 */
export async function backUpDaily(
  ledger: Pick<Ledger, 'path' | 'backUp'>,
  { clock, log, signal }: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
  freeOn: typeof freeBytesAt = freeBytesAt,
): Promise<void> {
  try {
    // Without the older copies in sight, one more would be made each time, and none removed; what one left whose process died may be what fills the disk.
    pruneBackups(ledger.path, clock.wallMs())
    const places = [backupsDirectory(ledger.path), dirname(ledger.path)]
    const free = freeOn(places.find((place) => existsSync(place)) ?? '')
    const { size } = statSync(ledger.path)
    if (free !== null && free < size + LEAST_FREE_BYTES) throw new Error(`its disk has no room for a copy of ${size} bytes`)
    const made = await ledger.backUp(backupPath(ledger.path, 'daily', clock.wallMs()), signal)
    pruneBackups(ledger.path, clock.wallMs())
    log.emit('ledger.backup', { ...made })
  } catch (error) {
    if (signal.aborted) return
    log.emit('ledger.backup-failed', { why: messageOf(error), next: 'encord-sync ledger check' })
  }
}
