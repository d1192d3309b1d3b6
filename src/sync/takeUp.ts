import type { LedgerPort } from './ledgerPort.ts'
import { outdateLooks } from './oldLooks.ts'

type Port = Pick<LedgerPort, 'units' | 'tree' | 'meta' | 'scans'>

/** A process takes up a folder: what the one before saw there lets no row go, and what it could not read is asked for once more. Called inside a transaction. */
export function takeUp(ledger: Port, folderId: number, wallMs: number): void {
  outdateLooks(ledger, folderId)
  readAgain(ledger, folderId, wallMs)
}

/** The rights of this process may be others (a group that it was put into, a share that lets it in), and no change of the file tells of them. */
function readAgain({ units, tree }: Port, folderId: number, wallMs: number): void {
  for (const unitId of units.open(folderId)) {
    if (units.get(unitId)?.work !== 'rejected') continue
    const refused = tree.filesOfUnit(unitId).filter(({ local, look }) => local === 'present' && look?.kind === 'unreadable')
    for (const { id, stamp, problem } of refused) tree.seeFile(id, stamp, problem, 'doubtful')
    if (refused.length > 0) units.setWork(unitId, 'waiting', 'it could not be read, and is asked for once more', wallMs)
  }
}
