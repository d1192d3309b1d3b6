import type { Ledger } from '../../src/store/openLedger.ts'
import { LedgerShelf } from '../simulation/ledgerOfProcess.ts'
import { LedgerBox } from '../support/ledgerBox.ts'

let shelf: LedgerShelf | null = null

/** A real, empty ledger in memory for as long as `use` runs: many small worlds want one each. @param broken puts a defect in its place */
export function withLedger<T>(use: (box: LedgerBox, ledger: Ledger) => T, broken: (ledger: Ledger) => Ledger = (ledger) => ledger): T {
  shelf ??= new LedgerShelf()
  shelf.begin()
  const box = new LedgerBox(shelf.ledger)
  try {
    return use(box, broken(shelf.ledger))
  } finally {
    box[Symbol.dispose]()
    shelf.end()
  }
}
