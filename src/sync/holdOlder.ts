import type { Log } from '../model/event.ts'
import { freezeBatch } from './heldBatch.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { FolderRecord, VersionRecord } from './records.ts'
import { ruleNoted, ruleSince } from './ruleSince.ts'

type Tools = { readonly ledger: LedgerPort; readonly log: Log; wallMs(): number }

/** A row whose unit moved from one folder of its dataset to another. */
export type Crossed = { readonly version: VersionRecord; readonly fromId: number; readonly toId: number }

/**
 * Older rows that the rules of the folder where they were replaced leave to a person, or keep, and that those of the folder their unit came to
 * would let go: a file that moves changes no rule, so they wait for a person. What waits already is shown with its new folder from now on: the
 * other one may leave the config. Called inside the transaction of the move.
 */
export function holdOlder(tools: Tools, crossed: readonly Crossed[]): void {
  const { ledger, wallMs } = tools
  const held = new Map<string, { readonly toId: number; readonly why: string; readonly versions: VersionRecord[] }>()
  for (const { version, fromId, toId } of crossed) {
    if (version.role !== 'superseded' || version.remote !== 'live') continue
    const batchId = ledger.candidates.get(version.id)?.batchId ?? null
    const batch = batchId === null ? null : ledger.candidates.batch(batchId)
    const why = batch === null ? whyHeld(ledger, { version, fromId, toId }) : batch.decision === null ? batch.why : null
    if (why === null) continue
    if (ledger.candidates.get(version.id) === null) ledger.candidates.add(version.id, 'superseded', null, wallMs())
    const key = `${toId} ${why}`
    const together = held.get(key) ?? { toId, why, versions: [] }
    together.versions.push(version)
    held.set(key, together)
  }
  for (const { toId, why, versions } of held.values()) freezeBatch(tools, ledger.folders.get(toId), versions, why)
}

/** Why an older row would not have gone by itself where it was replaced, and would where its unit is now; null otherwise. */
function whyHeld(ledger: LedgerPort, { version, fromId, toId }: Crossed): string | null {
  const isLetGo = ruleNoted(ledger, toId, 'on_change') === 'replace' && ruleNoted(ledger, toId, 'mode') === 'propagate'
  return isLetGo ? whyKept(ledger, ledger.folders.get(fromId), version) : null
}

function whyKept(ledger: LedgerPort, from: FolderRecord, version: VersionRecord): string | null {
  const place = `it was replaced in ${from.path}`
  if (!ledger.folders.all().some(({ id }) => id === from.id)) return `${place}, which left the config`
  const onChange = ruleNoted(ledger, from.id, 'on_change')
  const mode = ruleNoted(ledger, from.id, 'mode')
  if (onChange !== 'replace') return `${place} (on_change: ${onChange})`
  if (mode !== 'propagate') return `${place} (deletes.mode: ${mode})`
  const madeMs = ledger.candidates.get(version.id)?.madeMs ?? 0
  const isYounger = (rule: 'mode' | 'on_change'): boolean => {
    const since = ruleSince(ledger, from.id, rule)
    return madeMs >= since.ms && (since.scan === 0 || (version.changedScan ?? 0) > since.scan)
  }
  const isAfter = madeMs >= from.modeSinceMs && isYounger('mode') && isYounger('on_change')
  return isAfter ? null : `${place} before the rules of that folder were changed`
}
