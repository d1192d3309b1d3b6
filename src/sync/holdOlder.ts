import type { Log } from '../model/event.ts'
import type { FolderPolicy } from '../model/folder.ts'
import { freezeBatch } from './heldBatch.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { FolderRecord, VersionRecord } from './records.ts'
import { ruleSince } from './ruleSince.ts'

type Tools = { readonly ledger: LedgerPort; readonly log: Log; wallMs(): number }

/** A row whose unit moved from one folder of its dataset to another. */
export type Crossed = { readonly version: VersionRecord; readonly fromId: number; readonly toId: number }

/**
 * Older rows that the rules of the folder where they were replaced leave to a person, or keep, and that those of the folder their unit came to
 * would let go: a file that moves changes no rule, so they wait for a person. Called inside the transaction of the move.
 */
export function holdOlder(tools: Tools, policyOf: (folderId: number) => FolderPolicy, crossed: readonly Crossed[]): void {
  const { ledger, wallMs } = tools
  const held = new Map<string, { readonly toId: number; readonly why: string; readonly versions: VersionRecord[] }>()
  for (const { version, fromId, toId } of crossed) {
    if (version.role !== 'superseded' || version.remote !== 'live' || !letsGo(policyOf(toId))) continue
    if ((ledger.candidates.get(version.id)?.batchId ?? null) !== null) continue
    const why = whyKept(ledger, ledger.folders.get(fromId), policyOf(fromId), version)
    if (why === null) continue
    if (ledger.candidates.get(version.id) === null) ledger.candidates.add(version.id, 'superseded', null, wallMs())
    const key = `${toId} ${why}`
    const batch = held.get(key) ?? { toId, why, versions: [] }
    batch.versions.push(version)
    held.set(key, batch)
  }
  for (const { toId, why, versions } of held.values()) freezeBatch(tools, ledger.folders.get(toId), versions, why)
}

function letsGo({ onChange, deletes }: FolderPolicy): boolean {
  return onChange === 'replace' && deletes.mode === 'propagate'
}

/** Why an older row would not go by itself in the folder where it was replaced; null: it would. */
function whyKept(ledger: LedgerPort, from: FolderRecord, policy: FolderPolicy, version: VersionRecord): string | null {
  const place = `it was replaced in ${from.path}`
  if (!ledger.folders.all().some(({ id }) => id === from.id)) return `${place}, which left the config`
  if (policy.onChange !== 'replace') return `${place} (on_change: ${policy.onChange})`
  if (policy.deletes.mode !== 'propagate') return `${place} (deletes.mode: ${policy.deletes.mode})`
  const madeMs = ledger.candidates.get(version.id)?.madeMs ?? 0
  const isYounger = (rule: 'mode' | 'on_change'): boolean => {
    const since = ruleSince(ledger, from.id, rule)
    return madeMs >= since.ms && (since.scan === 0 || (version.changedScan ?? 0) > since.scan)
  }
  const isAfter = madeMs >= from.modeSinceMs && isYounger('mode') && isYounger('on_change')
  return isAfter ? null : `${place} before the rules of that folder were changed`
}
