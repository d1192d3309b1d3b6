import type { RemoteListing, RemoteRow } from '../model/remote.ts'
import { mayBeBehindNotes, noteCaughtUp } from './acceptedLedger.ts'
import { madeBy } from './keptRows.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { NOBODY_KNOWN, OVERWRITTEN } from './plan/deletePlan.ts'
import type { ForeignRow, VersionRecord } from './records.ts'
import { toForeign } from './rowNote.ts'

type ContactTools = { readonly ledger: LedgerPort; wallMs(): number }

/** A contact takes one listing; one with a dataset whose rows the ledger may have forgotten takes all of two that are `absent_gap` apart. */
export type ContactLook = 'only' | 'first' | 'between' | 'last'

/**
 * First contact: rows that the ledger did not make, remembered so that nothing is sent twice.
 * @returns units whose row was let go of
 */
export function contact(tools: ContactTools, remoteId: number, rows: readonly RemoteRow[], look: ContactLook): readonly number[] {
  const { ledger } = tools
  // What an earlier contact let go of still goes by no rule: the note on it says so only once it is linked.
  const isByName = ({ own }: ForeignRow): boolean => own?.linked === 'by-name'
  const byName = new Set(
    ledger.remotes
      .foreignRows(remoteId)
      .filter(isByName)
      .map(({ dataHash }) => dataHash),
  )
  if (look === 'only' || look === 'first') ledger.remotes.clearForeign(remoteId)
  const isBehind = look === 'last' && mayBeBehindNotes(ledger, remoteId)
  const left: number[] = []
  for (const row of rows) {
    const known = ledger.versions.byHash(remoteId, row.dataHash)
    if (known !== null && isOnlyTicket(known) && ledger.operations.openOf(known.id).length === 0) {
      // What this ledger was about to send it has sent, and was put back to before that: what the row holds is told like that of any other one.
      ledger.versions.retire(known.id, 'stray', 'closed')
      ledger.versions.forgetHash(known.id)
    } else if (known !== null) {
      if (isBehind && letGoOfMoved(tools, known, toForeign(remoteId, row)) && known.unitId !== null) left.push(known.unitId)
      continue
    }
    const foreign = toForeign(remoteId, row)
    ledger.remotes.addForeign(byName.has(row.dataHash) ? asByName(foreign) : foreign)
  }
  if (look === 'only' || look === 'last') {
    ledger.remotes.markContacted(remoteId)
    noteCaughtUp(ledger, remoteId)
  }
  return left
}

/**
 * A row that this ledger knows at one place, and that a note which it did not write gives to another one: it moved, and the ledger was put back to
 * before that, and accepted. Whose it is now is told like that of a row which the ledger forgot. Where its files went in between is forgotten for good: it goes by no
 * rule, as before where a person kept it, or nobody knew who made it. The note on a row of another folder names that one, which is no news.
 */
function letGoOfMoved({ ledger, wallMs }: ContactTools, version: VersionRecord, row: ForeignRow): boolean {
  const { id, role, remote, content } = version
  const { own } = row
  // The note is of before its file moved, which this ledger knows of: nobody has given the row another title meanwhile.
  const isOfBefore = version.metadataDue && version.title === row.title
  const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
  if (
    own === null ||
    unit?.local !== 'present' ||
    role !== 'current' ||
    remote !== 'live' ||
    isOfBefore ||
    unit.key.startsWith(OVERWRITTEN)
  )
    return false
  const { uid } = ledger.folders.get(unit.folderId)
  if (own.folder === uid && own.path === unit.key && own.sha256 === content) return false
  const maker = madeBy(ledger, id)
  if ((maker !== null && maker !== NOBODY_KNOWN) || ledger.operations.openOf(id).length > 0) return false
  ledger.candidates.remove(id)
  ledger.versions.retire(id, 'stray', 'closed')
  ledger.versions.forgetHash(id)
  ledger.units.setWork(unit.id, 'waiting', 'its row went elsewhere, and the ledger had forgotten that', wallMs())
  ledger.remotes.addForeign(asByName(row))
  return true
}

function asByName(row: ForeignRow): ForeignRow {
  return row.own === null ? row : { ...row, own: { ...row.own, linked: 'by-name' } }
}

/**
 * A dataset whose listings go on holding none of our rows was emptied by someone else: what it holds is known, though it marks nothing.
 * Otherwise what waits for the first contact would wait for ever.
 */
export function contactEmptied(tools: ContactTools, remoteId: number, listing: RemoteListing): void {
  const { ledger } = tools
  const { firstContact, firstLookMs } = ledger.remotes.get(remoteId)
  const look = firstLookMs === null ? 'only' : 'last'
  if (firstContact !== 'done') ledger.now(() => contact(tools, remoteId, listing.rows, look))
}

/** As far as this ledger knows no byte of it was sent, also where it was given up since: what its row holds it cannot tell. */
export function isOnlyTicket({ role, remote, content }: VersionRecord): boolean {
  return (role === 'coming' && remote === 'ticket') || (role === 'closed' && remote === 'stray' && content === null)
}
