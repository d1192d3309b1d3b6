import type { LedgerPort } from './ledgerPort.ts'
import { isSameRoot } from './plan/folderIdentity.ts'
import type { FolderRecord } from './records.ts'

type Tools = Pick<LedgerPort, 'meta' | 'scans'>
type Root = NonNullable<FolderRecord['root']>

/**
 * `root`: of the other directory that stands there now; null: none does. `until`: the newest scan, of any folder, when one that has gone was last
 * known to stand there; 0: none ever did. `accepted`: the newest scan when a person last took another directory for the folder; 0: never.
 */
type Noted = { readonly root: Root | null; readonly until: number; readonly accepted: number }

/**
 * Notes which other directory, a copy that sends, stands in the place of a folder. What was seen there last may be in it still once the folder, or
 * one more copy, is there. Called inside a transaction.
 */
export function noteStandIn(ledger: Tools, folderId: number, root: Root | null): void {
  const { meta, scans } = ledger
  const before = noted(ledger, folderId)
  const until = before.root === null ? before.until : scans.newest()
  meta.write(keyOf(folderId), JSON.stringify({ ...before, root, until } satisfies Noted))
}

/** Is this what was noted to stand there? Null: no other directory. */
export function isStandInNoted(ledger: Pick<Tools, 'meta'>, folderId: number, root: Root | null): boolean {
  const { root: known } = noted(ledger, folderId)
  return known === null || root === null ? known === root : isSameRoot(known, root)
}

/**
 * A person took the directory that stands there now for the folder: what is not in it is gone, but for what went with one that stood there before.
 * That the files of another folder are not in it tells nothing: they may have come to the one that it took the place of. Called inside a transaction.
 */
export function acceptStandIn(ledger: Tools, folderId: number, root: Root): void {
  if (!isStandInNoted(ledger, folderId, root)) noteStandIn(ledger, folderId, root)
  const { until } = noted(ledger, folderId)
  ledger.meta.write(keyOf(folderId), JSON.stringify({ root: null, until, accepted: ledger.scans.newest() } satisfies Noted))
}

/** The newest scan, of any folder, when another directory was last known to stand there; 0: none ever did. */
export function standInUntil(ledger: Pick<Tools, 'meta'>, folderId: number): number {
  const { root, until } = noted(ledger, folderId)
  return root === null ? until : Number.POSITIVE_INFINITY
}

/** The newest scan, of any folder, when a person took another directory for this one; 0: never. */
export function otherAcceptedAt(ledger: Pick<Tools, 'meta'>, folderId: number): number {
  return noted(ledger, folderId).accepted
}

function noted({ meta }: Pick<Tools, 'meta'>, folderId: number): Noted {
  const text = meta.read(keyOf(folderId))
  // Of before it was noted which directory that is: it is like none.
  if (text === 'now') return { root: { ino: '', birthNs: null, fsType: '' }, until: 0, accepted: 0 }
  if (text?.startsWith('{') !== true) return { root: null, until: Number(text ?? 0), accepted: 0 }
  return { accepted: 0, ...(JSON.parse(text) as Omit<Noted, 'accepted'>) }
}

function keyOf(folderId: number): string {
  return `stand-in:${folderId}`
}
