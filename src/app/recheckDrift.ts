import { unitCommand } from '../model/nextCommand.ts'
import { stateOf, type UnitState } from '../model/unit.ts'
import { type Ledger, openLedgerReadOnly } from '../store/openLedger.ts'
import { type Drift, isRowAwaited } from './drift.ts'

export type RecheckTools = {
  readonly ledgerPath: string
  /** The copy that the drift was found on. */
  readonly ledger: Ledger
  readonly serviceRuns: boolean
  wallMs(): number
}

/** A file that changed this short ago may not have been seen by the service yet, ms. */
const YOUNG_MS = 600_000
/** One pass over all folders; a service that runs leaves no room for it. */
export const PASS = 'encord-sync once'
/** What a service has in hand. */
const IN_HAND: readonly UnitState[] = ['waiting', 'queued', 'uploading', 'registering']

/**
 * The dataset and the folders were read one after the other while a service may have been at work: only what the ledger says now as
 * well is drift.
 */
export function recheck(
  tools: RecheckTools,
  found: readonly Drift[],
): { readonly drift: readonly Drift[]; readonly onTheWay: readonly Drift[] } {
  const now = openLedgerReadOnly(tools.ledgerPath)
  if (now === null) return { drift: found, onTheWay: [] }
  try {
    const onTheWay = found.filter((one) => one.class === 'not-in-dataset' && isOnTheWay(tools, now, one))
    const drift = found.filter((one) => !onTheWay.includes(one) && isStill(now, one)).map((one) => withNext(tools, now, one))
    return { drift, onTheWay }
  } finally {
    now.close()
  }
}

function isStill(now: Ledger, drift: Drift): boolean {
  if (drift.dataHash === null) return true
  const version = versionOf(now, drift.dataHash)
  switch (drift.class) {
    case 'remote-missing':
      return version?.remote === 'live' || version?.remote === 'missing'
    case 'file-gone':
      return version?.remote === 'live'
    default:
      if (version === null) return !isRowAwaited(now)
      return version.remote === 'stray' || version.remote === 'gone' || (version.remote === 'registering' && version.role === 'closed')
  }
}

/**
 * A loss that the ledger did not know of has to be written down before it can be retried: a pass does that, and a service when it is
 * asked to retry. No pass can be made beside a service: what that one leaves undone, it knows why.
 */
function withNext({ serviceRuns }: RecheckTools, now: Ledger, drift: Drift): Drift {
  if (serviceRuns) return drift.next === PASS ? { ...drift, next: whyCommand(now, drift) } : drift
  const isNew = drift.class === 'remote-missing' && versionOf(now, drift.dataHash ?? '')?.remote === 'live'
  return isNew ? { ...drift, next: PASS } : drift
}

function whyCommand(now: Ledger, { folder, path }: Drift): string {
  const known = folder === null ? null : now.folders.byPath(folder)
  return known === null || path === null ? 'encord-sync status' : unitCommand('why', known.path, path)
}

function versionOf(ledger: Ledger, dataHash: string) {
  for (const remote of ledger.remotes.all()) {
    const version = ledger.versions.byHash(remote.id, dataHash)
    if (version !== null) return version
  }
  return null
}

function isOnTheWay({ ledger, serviceRuns, wallMs }: RecheckTools, now: Ledger, { folder, path }: Drift): boolean {
  const known = folder === null ? null : now.folders.byPath(folder)
  if (!serviceRuns || known === null || path === null) return false
  const unit = now.facts.summaries(known.id, path).find((one) => one.unit.key === path)
  if (unit !== undefined && IN_HAND.includes(stateOf(unit.facts))) return true
  const copied = ledger.folders.byPath(known.path)
  const files = copied === null ? [] : ledger.facts.summaries(copied.id, path).flatMap((one) => ledger.tree.filesOfUnit(one.unit.id))
  return files.some((file) => wallMs() - Number(BigInt(file.stamp.ctimeNs) / 1_000_000n) < YOUNG_MS)
}
