import { editSince } from './datasetEdits.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { FolderRecord } from './records.ts'
import { ruleSince } from './ruleSince.ts'

/** So long is remembered what came to its end, ms: longer than anybody looks for the reason of something, and far longer than a proof takes. */
const REMEMBERED_MS = 90 * 86_400_000
/** Between two times that nothing was left to be forgotten, ms. */
const EVERY_MS = 86_400_000

type Forgotten = { readonly atMs: number; readonly newestVersion: number }

/**
 * Forgets what came to its end long ago, a slice at a time, and once a day when nothing is left: what was must not grow for as long as
 * the ledger lives. Called inside the transaction of a whole look.
 */
export function forgetPast(ledger: LedgerPort, folder: Pick<FolderRecord, 'id' | 'remoteId' | 'modeSinceMs'>, wallMs: number): void {
  const key = `forgotten:${folder.id}`
  const text = ledger.meta.read(key)
  const last: Forgotten | null = text === null ? null : (JSON.parse(text) as Forgotten)
  if (last !== null && wallMs - last.atMs < EVERY_MS && last.atMs <= wallMs) return
  const beforeMs = wallMs - REMEMBERED_MS
  const since = (rule: 'mode' | 'on_change' | 'grace') => ruleSince(ledger, folder.id, rule)
  const modeScan = ledger.scans.firstCompleteSince(folder.id, { ms: folder.modeSinceMs, scan: since('mode').scan })
  const looks = [modeScan, since('mode').look, since('on_change').look, since('grace').look, editSince(ledger, folder).look]
  const kept = looks.filter((scan) => scan !== null)
  const thinned = ledger.past.thinScans(folder.id, beforeMs, kept)
  // A version that was there a day ago is in nobody's hands any more once it is closed.
  if (ledger.past.forget({ beforeMs, newestVersion: last?.newestVersion ?? 0 }) + thinned > 0) return
  ledger.meta.write(key, JSON.stringify({ atMs: wallMs, newestVersion: ledger.past.newestVersion() } satisfies Forgotten))
}
