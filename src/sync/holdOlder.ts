import type { Log } from '../model/event.ts'
import { isOfFrames } from '../model/unit.ts'
import { isConfigured } from './configured.ts'
import { editSince } from './datasetEdits.ts'
import { freezeBatch } from './heldBatch.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { mayPredate } from './plan/ruleEdits.ts'
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
    noteChanged(ledger, { version, fromId, toId })
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

/** What changed before the move, and is not replaced yet, changed under the rules of the folder that it left. */
function noteChanged(ledger: LedgerPort, crossed: Crossed): void {
  const { version } = crossed
  if (version.role !== 'current' || version.remote !== 'live' || version.changedScan === null) return
  const why = whyHeld(ledger, crossed)
  if (why !== null) ledger.meta.write(changedKey(version), JSON.stringify({ scan: version.changedScan, why } satisfies Changed))
}

/** A difference that an edit made, or that came while nobody followed the unit: rows that are replaced for it wait for a person. */
export function noteRuled(ledger: Pick<LedgerPort, 'meta' | 'versions'>, unitId: number, why: string): void {
  for (const version of ledger.versions.ofUnit(unitId)) {
    if (version.role !== 'current' || version.remote !== 'live' || version.changedScan === null) continue
    ledger.meta.write(changedKey(version), JSON.stringify({ scan: version.changedScan, why } satisfies Changed))
  }
}

type Changed = { readonly scan: number; readonly why: string }

function changedKey({ id }: Pick<VersionRecord, 'id'>): string {
  return `changed-elsewhere:${id}`
}

/**
 * A row that was replaced just now waits for a person where it changed under the rules of another folder, or by an edit of the rules. Called
 * inside a transaction.
 */
export function holdReplaced(tools: Tools, folderId: number, version: VersionRecord): void {
  const { ledger } = tools
  const why = whyNoted(ledger, version) ?? whyLeftOut(ledger, version) ?? whyReleased(ledger, folderId, version)
  if (why !== null) freezeBatch(tools, ledger.folders.get(folderId), [version], why)
}

function whyNoted(ledger: LedgerPort, version: VersionRecord): string | null {
  const text = ledger.meta.read(changedKey(version))
  const noted = text === null ? null : (JSON.parse(text) as Changed)
  // Of a change that came to nothing the note is left, and a later change is another one.
  return noted !== null && noted.scan === version.changedScan ? noted.why : null
}

/** A frame that a rule covers now has not gone: the row of the group with it was changed by an edit, and not by its files. */
function whyLeftOut(ledger: LedgerPort, version: VersionRecord): string | null {
  for (const { fileId } of ledger.versions.frames(version.id)) {
    const file = fileId === null ? null : ledger.tree.file(fileId)
    if (file?.local === 'excluded' && file.unitId === version.unitId)
      return `${file.path}, which this row holds, is not gone but left out: by an ignore rule, or as its folder was accepted without it`
  }
  return null
}

/** A group that had changed, and could not go, goes without its damaged frames since an edit: that edit is no reason to lose its older row. */
function whyReleased(ledger: LedgerPort, folderId: number, { kind, changedScan }: VersionRecord): string | null {
  if (!isOfFrames(kind) || ruleNoted(ledger, folderId, 'group_incomplete') !== 'skip') return null
  if (!mayPredate(ruleSince(ledger, folderId, 'group_incomplete'), changedScan)) return null
  return 'its frames changed before group_incomplete was changed, or no complete look lies between the two'
}

/** Why an older row would not have gone by itself where it was replaced, and would where its unit is now; null otherwise. */
function whyHeld(ledger: LedgerPort, { version, fromId, toId }: Crossed): string | null {
  const isLetGo = ruleNoted(ledger, toId, 'on_change') === 'replace' && ruleNoted(ledger, toId, 'mode') === 'propagate'
  return isLetGo ? whyKept(ledger, ledger.folders.get(fromId), version) : null
}

function whyKept(ledger: LedgerPort, from: FolderRecord, version: VersionRecord): string | null {
  const place = `it was replaced in ${from.path}`
  if (!isConfigured(ledger, from.id)) return `${place}, which left the config`
  const onChange = ruleNoted(ledger, from.id, 'on_change')
  const mode = ruleNoted(ledger, from.id, 'mode')
  if (onChange !== 'replace') return `${place} (on_change: ${onChange})`
  if (mode !== 'propagate') return `${place} (deletes.mode: ${mode})`
  const madeMs = version.role === 'current' ? Number.POSITIVE_INFINITY : (ledger.candidates.get(version.id)?.madeMs ?? 0)
  const isYounger = (rule: 'mode' | 'on_change'): boolean => {
    const since = ruleSince(ledger, from.id, rule)
    return madeMs >= since.ms && !mayPredate(since, version.changedScan)
  }
  const isAfter = madeMs >= from.modeSinceMs && isYounger('mode') && isYounger('on_change')
  // Looks at the folder that it came to tell nothing of when it changed in this one.
  if (isAfter && !mayPredate(editSince(ledger, from), version.changedScan)) return null
  return `${place} before the rules of that folder were changed, or no complete look lies between the two`
}
