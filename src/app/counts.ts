import type { Counts } from '../control/api.ts'
import { unreachable } from '../model/error.ts'
import { stateOf, type UnitFacts } from '../model/unit.ts'
import type { Ledger } from '../store/openLedger.ts'

/** The part of `seen` that a unit counts in; `missing` and `gone` are not seen. */
type Share = 'synced' | 'onTheWay' | 'waiting' | 'failed' | 'setAside' | 'missing' | 'gone'

/** Which part of the counts a unit belongs to, by the word people see of it. */
function shareOf(facts: UnitFacts): Share {
  const isSeen = facts.local === 'present' || facts.local === 'unseen'
  const state = stateOf(facts)
  switch (state) {
    case 'synced':
      return 'synced'
    case 'queued':
    case 'uploading':
    case 'registering':
    case 'deleting':
      return isSeen ? 'onTheWay' : 'missing'
    case 'waiting':
      return 'waiting'
    case 'failed':
      return 'failed'
    case 'rejected':
    case 'unlinked':
    case 'remote-missing':
      return 'setAside'
    case 'detached':
      return isSeen ? 'setAside' : 'gone'
    case 'missing':
    case 'held':
      return 'missing'
    case 'gone':
      return 'gone'
    default:
      return unreachable(state)
  }
}

/**
 * The counts of a folder. `seen` is counted apart from its parts, so that a unit which no part takes shows as a difference.
 * The last scan's ignored paths stand in the ledger's meta under `ignored:<folder id>`.
 */
export function countsOf(ledger: Ledger, folderId: number): Counts {
  const shares: Record<Share, number> = { synced: 0, onTheWay: 0, waiting: 0, failed: 0, setAside: 0, missing: 0, gone: 0 }
  for (const { facts, units } of ledger.facts.counts(folderId)) shares[shareOf(facts)] += units
  const apart = ledger.facts.filesApart(folderId)
  const ignored = Number(ledger.meta.read(`ignored:${folderId}`) ?? 0)
  return {
    seen: ledger.facts.unitsSeen(folderId) + apart + ignored,
    synced: shares.synced,
    onTheWay: shares.onTheWay,
    waiting: shares.waiting,
    failed: shares.failed,
    setAside: shares.setAside + apart,
    ignored,
    missing: shares.missing,
    held: ledger.facts.heldRows(folderId),
  }
}
