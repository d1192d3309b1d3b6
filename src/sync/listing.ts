import type { Log } from '../model/event.ts'
import { unitCommand } from '../model/nextCommand.ts'
import type { RemoteListing, RemoteRow } from '../model/remote.ts'
import { isConfigured } from './configured.ts'
import { type ContactLook, contact, isOnlyTicket } from './contact.ts'
import { giveLost } from './giveLost.ts'
import { freezeBatch } from './heldBatch.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { mayHaveMade } from './lostCalls.ts'
import { madeSince } from './madeSince.ts'
import { unitContent } from './plan/unitContent.ts'
import type { VersionRecord } from './records.ts'
import { ownNote, toForeign } from './rowNote.ts'

export type ListingTools = {
  readonly ledger: LedgerPort
  readonly log: Log
  wallMs(): number
  /** How long a listing may lag, ms. */
  readonly absentGapMs: number
  /** The newest version before this process: younger ones are looked for by whoever made them. */
  readonly newestVersion: number
  /** What it is to a contact that is due. */
  readonly contactLook: ContactLook
}

/** A dataset's rows as a trusted listing showed them. */
export type Listed = {
  /** When it was asked for, by the wall clock: what happened later it can't show. */
  readonly askedAtMs: number
  readonly rows: readonly RemoteRow[]
  has(dataHash: string): boolean
  row(dataHash: string): RemoteRow | null
}

/** What a listing meant. */
export type ListingVerdict =
  | {
      readonly kind: 'trusted'
      readonly listed: Listed
      readonly touched: readonly number[]
      /** So many of our rows from before this process lack in it, and are so young that it may lag: the next one tells. */
      readonly undecided: number
    }
  /** It marks nothing: another dataset's, or without any row of ours. */
  | { readonly kind: 'distrusted'; readonly why: string; readonly holdsNoneOfOurs: boolean }

/** Whoever removed them all, the row of the next file tells the dataset: what waits for a listing goes on then. */
const NONE_OF_OURS = 'it holds none of our rows; where others removed them all, it is believed again once one more file was sent'

/**
 * Writes down what a listing of a dataset says about our rows. Trusted: it was parsed whole, names our dataset, and holds at least
 * one of our live rows if there are any, or tells by another row that it is our dataset. A row that was listed before and is lacking now was removed by someone else.
 * @param sentAtMs when the listing was asked for: a row registered later may lack in it
 */
export function applyListing(tools: ListingTools, remoteId: number, listing: RemoteListing, sentAtMs: number): ListingVerdict {
  const { ledger, wallMs } = tools
  const remote = ledger.remotes.get(remoteId)
  if (listing.dataset !== remote.dataset)
    return { kind: 'distrusted', why: `it names the dataset ${listing.dataset}`, holdsNoneOfOurs: false }
  const rows = new Map(listing.rows.map((row) => [row.dataHash, row]))
  const live = ledger.versions.liveOf(remoteId)
  const settled = live.filter((version) => (version.liveAtMs ?? 0) < sentAtMs && version.remote === 'live')
  const holdsOurs = live.some((version) => rows.has(version.dataHash ?? ''))
  if (settled.length > 0 && !holdsOurs && !isOurDataset(ledger, remoteId, listing.rows)) {
    // Rows that no listing can be expected to show yet may still lag.
    if (settled.some((version) => canBeMissed(version, sentAtMs, tools.absentGapMs)) || rows.size > 0)
      return { kind: 'distrusted', why: NONE_OF_OURS, holdsNoneOfOurs: true }
  }
  return ledger.now(() => {
    const touched: number[] = []
    let undecided = 0
    for (const version of live) {
      const hash = version.dataHash ?? ''
      if (rows.has(hash)) ledger.versions.markListed(remoteId, hash, wallMs())
      else if (version.remote === 'live' && canBeMissed(version, sentAtMs, tools.absentGapMs)) {
        markMissing(tools, version.id, version.unitId)
        if (version.unitId !== null) touched.push(version.unitId)
        // One that was made in the future is young until then, whatever is read meanwhile.
      } else if (version.remote === 'live' && version.id <= tools.newestVersion && (version.liveAtMs ?? 0) <= sentAtMs) undecided++
    }
    // Somebody removed the row of a lost call that a listing showed: what its call made is a person's question again.
    for (const lost of ledger.versions.lostOf(remoteId))
      if (lost.listedAtMs !== null && !rows.has(lost.dataHash ?? '')) ledger.versions.forgetListed(lost.id)
    const closed: VersionRecord[] = []
    const givenUp: VersionRecord[] = []
    for (const row of listing.rows) {
      const known = knownOf(ledger, remoteId, row.dataHash)
      if (known !== null && isMissedInVain(ledger, known)) ledger.versions.setRole(known.id, 'current')
      else if (known?.role === 'closed' && (known.remote === 'missing' || known.remote === 'live')) closed.push(known)
      // Its call arrived all the same, or the ledger that was rolled back had forgotten that it did.
      const isUnexpected = known?.role === 'closed' && (known.remote === 'stray' || known.remote === 'registering')
      if (isUnexpected && !(remote.firstContact !== 'done' && isOnlyTicket(known)) && ledger.operations.openOf(known.id).length === 0) {
        ledger.versions.setTitle(known.id, row.title)
        ledger.versions.markListed(remoteId, row.dataHash, wallMs())
        const unitId = takeLost(tools, known.id)
        if (unitId !== null) touched.push(unitId)
        else if (!mayTurnUp(ledger, known)) {
          ledger.versions.setRemote(known.id, 'live')
          givenUp.push(known)
        }
      }
      if (known?.remote === 'missing') {
        ledger.versions.setRemote(known.id, 'live')
        ledger.versions.markListed(remoteId, row.dataHash, wallMs())
        if (known.unitId === null) continue
        // What changed in the file meanwhile was not compared with it.
        if (ledger.units.get(known.unitId)?.work === 'none')
          ledger.units.setWork(known.unitId, 'waiting', 'its row is in the dataset again', wallMs())
        touched.push(known.unitId)
      }
    }
    followReturned(tools, closed, 'it lacked in a listing of the dataset, and is there again')
    followReturned(tools, givenUp, 'its upload was given up, and it is in the dataset after all')
    keepSeen(ledger, remoteId, listing.rows, wallMs())
    if (remote.firstContact !== 'done') touched.push(...contact(tools, remoteId, listing.rows, tools.contactLook))
    if (tools.contactLook === 'first') ledger.remotes.markFirstLook(remoteId, sentAtMs)
    ledger.remotes.markListed(remoteId, wallMs())
    const listed: Listed = {
      askedAtMs: sentAtMs,
      rows: listing.rows,
      has: (dataHash) => rows.has(dataHash),
      row: (dataHash) => rows.get(dataHash) ?? null,
    }
    return { kind: 'trusted', listed, touched, undecided }
  })
}

/** The version that has this hash. Where the ledger was put back to when all of it was sent and its call not made, that is one whose answer is lost. */
function knownOf(ledger: LedgerPort, remoteId: number, dataHash: string): VersionRecord | null {
  const known = ledger.versions.byHash(remoteId, dataHash)
  const isUncalled = known?.role === 'coming' && known.remote === 'sent' && ledger.operations.openOf(known.id).length === 0
  // Once the dataset was read its call may be made at any moment.
  if (!isUncalled || ledger.remotes.get(remoteId).firstContact === 'done') return known
  ledger.versions.retire(known.id, 'registering', 'closed')
  return ledger.versions.get(known.id)
}

/**
 * A person had a file sent again whose row is there after all, before anything was sent: the row is its unit's as it was. Not so that of a sequence,
 * whose further rows are older ones by now.
 */
function isMissedInVain(ledger: LedgerPort, { id, unitId, content, role, remote }: VersionRecord): boolean {
  const unit = unitId === null || role !== 'closed' || remote !== 'missing' ? null : ledger.units.get(unitId)
  if (unit === null || unit.local !== 'present' || unitContent(ledger.tree.filesOfUnit(unit.id), unit) !== content) return false
  const isInTheWay = (one: VersionRecord): boolean =>
    one.role === 'current' || one.role === 'coming' || (one.role === 'superseded' && one.content === content)
  return content !== null && !ledger.versions.ofUnit(unit.id).some((one) => one.id !== id && isInTheWay(one))
}

/**
 * The row of a lost call whose hash was known is its unit's, if that holds its content still, else that of the one that waits with this content.
 * @returns the unit; null where it is nobody's
 */
function takeLost(tools: ListingTools, versionId: number): number | null {
  const { ledger } = tools
  const version = ledger.versions.get(versionId)
  if (version === null || version.remote !== 'registering' || version.content === null) return null
  const { content, remoteId, kind } = version
  const own = version.unitId === null ? null : ledger.units.get(version.unitId)
  const others = ledger.tree
    .withContent(content, remoteId)
    .flatMap((file) => (file.unitId === null ? [] : (ledger.units.get(file.unitId) ?? [])))
  const waits = [...(own === null ? [] : [own]), ...others.filter(({ work }) => work === 'unlinked')]
  const unit = waits.find(
    (one) =>
      one.kind === kind &&
      unitContent(ledger.tree.filesOfUnit(one.id), one) === content &&
      !ledger.versions.ofUnit(one.id).some(({ role, content: held }) => role === 'coming' || (role === 'current' && held === content)),
  )
  if (unit === undefined) return null
  giveLost(tools, version, unit)
  return unit.id
}

/**
 * May what the row of a lost call holds be found yet? Until a known content stands where it was, or stood there and has a row of its own, and no
 * file of its size is unread, the call stays lost, and nothing is sent in the row's stead.
 */
function mayTurnUp(ledger: LedgerPort, { id, remote, content, unitId, sizeBytes, remoteId }: VersionRecord): boolean {
  if (remote !== 'registering' || content === null) return false
  const own = unitId === null ? null : ledger.units.get(unitId)
  const isGone = own === null || own.local === 'absent' || own.local === 'unseen'
  const isReplaced = own !== null && ledger.versions.ofUnit(own.id).some((one) => one.role === 'current' && one.id > id)
  return (isGone && !isReplaced) || ledger.tree.unsettledOfSize(sizeBytes, remoteId) !== null
}

/**
 * Rows that were believed to be gone for good, and are there: an older one of what stands at its place waits for a person, as nobody knows who
 * brought it back; one without a place is nobody's. Without that no list would show them. Called inside the transaction of the listing.
 */
function followReturned(tools: ListingTools, rows: readonly VersionRecord[], why: string): void {
  const { ledger, wallMs } = tools
  const held = new Map<number, VersionRecord[]>()
  for (const version of rows) {
    const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
    const isFollowed = unit !== null && unit.local !== 'excluded' && isConfigured(ledger, unit.folderId)
    ledger.versions.setRole(version.id, isFollowed ? 'superseded' : 'detached')
    if (!isFollowed) continue
    ledger.candidates.add(version.id, 'superseded', null, wallMs())
    held.set(unit.folderId, [...(held.get(unit.folderId) ?? []), version])
  }
  for (const [folderId, versions] of held) freezeBatch(tools, ledger.folders.get(folderId), versions, why)
}

/** Does it hold what a call with an open outcome may have made? Nobody else knows those hashes: it is our dataset. */
function holdsAsked(ledger: LedgerPort, remoteId: number, rows: readonly RemoteRow[]): boolean {
  const asked = new Set<string | null>()
  for (const { versionId, verb } of ledger.operations.open()) {
    const version = verb === 'register' || verb === 'group' ? ledger.versions.get(versionId) : null
    if (version?.remoteId !== remoteId) continue
    asked.add(version.dataHash)
    for (const frame of ledger.versions.frames(version.id)) asked.add(frame.dataHash)
  }
  return asked.size > 0 && rows.some((row) => asked.has(row.dataHash) || row.members?.some((member) => asked.has(member)) === true)
}

/**
 * Though it holds no live row of ours, does it tell that it is our dataset? By a row that we once knew or asked for, or one with the note of a
 * folder of ours: the ledger that made it was lost, or put back to before that.
 */
function isOurDataset(ledger: LedgerPort, remoteId: number, rows: readonly RemoteRow[]): boolean {
  if (holdsAsked(ledger, remoteId, rows)) return true
  const uids = new Set(ledger.folders.all().flatMap((folder) => (folder.remoteId === remoteId ? folder.uid : [])))
  return rows.some((row) => ledger.versions.byHash(remoteId, row.dataHash) !== null || uids.has(ownNote(row.clientMetadata)?.folder ?? ''))
}

/** After this time a row that may be a call's is not believed to be hidden by a lag any more, ms. */
const LONGEST_LAG_MS = 3_600_000

/**
 * Present once proves it, whoever asked for the listing: a call whose row may be in this one has been lacking in none. Of several servers
 * behind one address some may lag; a row of the same title that stays is somebody else's.
 */
function keepSeen(ledger: LedgerPort, remoteId: number, rows: readonly RemoteRow[], wallMs: number): void {
  const lacking = ledger.operations.open().filter((one) => one.lacking > 0 && Math.abs(wallMs - one.beganMs) < LONGEST_LAG_MS)
  if (lacking.length === 0) return
  const hashes = new Set(rows.map((row) => row.dataHash))
  const foreign = new Set(ledger.remotes.foreignRows(remoteId).map((row) => row.dataHash))
  const unknown = rows.filter(({ dataHash }) => !foreign.has(dataHash) && ledger.versions.byHash(remoteId, dataHash) === null)
  for (const operation of lacking) {
    const version = ledger.versions.get(operation.versionId)
    if (version?.remoteId !== remoteId || (operation.verb !== 'register' && operation.verb !== 'group')) continue
    const isYoung = madeSince(operation)
    const isSeen =
      version.dataHash === null ? unknown.some((row) => row.title === version.title && isYoung(row)) : hashes.has(version.dataHash)
    if (isSeen) ledger.operations.setLacking(operation.id, 0, null)
  }
}

/** A row that was listed once, or was registered longer ago than a listing may lag, lacks only when it was removed. */
function canBeMissed(version: VersionRecord, sentAtMs: number, absentGapMs: number): boolean {
  const liveAtMs = version.liveAtMs ?? 0
  return liveAtMs + (version.listedAtMs === null ? absentGapMs : 0) < sentAtMs
}

/** Removed by someone else: no call follows. */
function markMissing(tools: ListingTools, versionId: number, unitId: number | null): void {
  const { ledger, log, wallMs } = tools
  const version = ledger.versions.get(versionId)
  const unit = unitId === null ? null : ledger.units.get(unitId)
  ledger.versions.setRemote(versionId, 'missing')
  ledger.candidates.remove(versionId)
  if (version?.role === 'superseded' || unit === null) ledger.versions.setRole(versionId, 'closed')
  if (unit !== null) {
    const folder = ledger.folders.get(unit.folderId).path
    const next = unitCommand('retry', folder, unit.key)
    log.emit('unit.remote-missing', { folder, path: unit.key, dataHash: version?.dataHash ?? '', next })
  }
  ledger.history.add({
    atMs: wallMs(),
    folderId: unit?.folderId ?? null,
    verb: 'lost',
    dataHash: version?.dataHash ?? null,
    key: unit?.key ?? null,
    files: 1,
    approved: false,
    detail: { because: 'it lacked in a trusted listing' },
  })
}

/**
 * Rows that lost calls may have made are among those that `adopt` chooses from, though they came after the first contact.
 * @param listing with the metadata of its rows: one that carries a note of another content is not taken for any
 */
export function keepAskedRows(ledger: LedgerPort, remoteId: number, listing: RemoteListing): void {
  const calls = ledger.versions.lostOf(remoteId)
  const known = new Set(ledger.remotes.adoptableRows(remoteId).map((row) => row.dataHash))
  const isNew = ({ dataHash }: RemoteRow): boolean => !known.has(dataHash) && ledger.versions.byHash(remoteId, dataHash) === null
  const asked = listing.rows.filter((row) => calls.some((call) => mayHaveMade(call, row)) && isNew(row))
  ledger.now(() => {
    for (const row of asked) ledger.remotes.addAsked(toForeign(remoteId, row))
  })
}
