import { nameOf } from '../model/file.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { Difference } from './survey.ts'

/**
 * A survey reads the ledger while it walks, and is written down later: by then another folder's survey, or a plan, may have moved a row away,
 * put another one in its place, or given it to another unit. What a survey found it found at a path, so it is said of the row that stands there
 * now. Surveys of one folder follow one another, so no younger look at the path is overruled. Called inside the transaction that writes it down.
 */
export function asKnownNow(ledger: Pick<LedgerPort, 'tree'>, differences: readonly Difference[]): readonly Difference[] {
  return differences.flatMap((difference): Difference[] => {
    if (difference.kind === 'new') return [difference]
    const known = ledger.tree.fileAt(difference.known.dirId, nameOf(difference.known.path))
    if (known !== null) return [{ ...difference, known }]
    if (difference.kind !== 'changed') return []
    const { stamp, problem } = difference
    return [{ kind: 'new', path: difference.known.path, stamp, problem }]
  })
}
