import type { Log } from '../model/event.ts'
import { pathArgument } from '../model/nextCommand.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { FolderRecord } from './records.ts'

type Tools = Pick<LedgerPort, 'meta' | 'remotes'>

/** Refused once, `datarow` is asked for again by a process that starts so much later, ms: keys and servers change. */
const AGAIN_MS = 86_400_000

/** Titles and notes of this dataset are left alone from now on, which is said once. Called inside a commit. */
export function refuseDatarow({ ledger, log }: { readonly ledger: Tools; readonly log: Log }, folder: FolderRecord, atMs: number): void {
  const { id: remoteId, dataset, datarow } = ledger.remotes.get(folder.remoteId)
  if (datarow) log.emit('remote.titles-refused', { dataset, next: `encord-sync retry ${pathArgument(folder.path)}` })
  ledger.remotes.setDatarow(remoteId, 'refused')
  ledger.meta.write(keyOf(remoteId), String(atMs))
}

/** The key is another one, or the refusal is a day old: whether `datarow` may be used is found out anew. */
export function allowDatarow(ledger: Tools & Pick<LedgerPort, 'now'>, remoteId: number): void {
  if (!ledger.remotes.get(remoteId).datarow) ledger.now(() => ledger.remotes.setDatarow(remoteId, 'open'))
}

export function isOldRefusal(ledger: Tools, remoteId: number, nowMs: number): boolean {
  const sinceMs = nowMs - Number(ledger.meta.read(keyOf(remoteId)) ?? 0)
  return !ledger.remotes.get(remoteId).datarow && (sinceMs > AGAIN_MS || sinceMs < 0)
}

function keyOf(remoteId: number): string {
  return `datarow-refused:${remoteId}`
}
