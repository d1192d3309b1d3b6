import { unitCommand } from '../model/nextCommand.ts'
import type { RemoteRow } from '../model/remote.ts'
import { ROW_TYPES } from '../model/remote.ts'
import { shownKey } from '../model/unit.ts'
import type { Ledger } from '../store/openLedger.ts'
import { mayHaveMade } from '../sync/lostCalls.ts'
import type { FolderRecord, UnitRecord, VersionRecord } from '../sync/records.ts'
import { ownNote } from '../sync/rowNote.ts'

/** The four ways in which ledger, dataset and disk can differ. */
export type DriftClass = 'remote-missing' | 'unknown-row' | 'not-in-dataset' | 'file-gone'

/** One difference, and what helps. */
export type Drift = {
  readonly class: DriftClass
  /** Null for a row that belongs to no folder. */
  readonly folder: string | null
  readonly path: string | null
  readonly dataHash: string | null
  readonly title: string
  readonly why: string
  readonly next: string
  /** False: it ends by itself, or was decided already. */
  readonly needsPerson: boolean
}

const STATUS = 'encord-sync status'
/** A row that was deleted may be listed for a while, ms. */
const LISTING_LAG_MS = 600_000

type Place = { readonly folder: FolderRecord | null; readonly unit: UnitRecord | null }

function placeOf(ledger: Ledger, version: VersionRecord): Place {
  const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
  return { unit, folder: unit === null ? null : ledger.folders.get(unit.folderId) }
}

function driftAt({ folder, unit }: Place, row: Omit<Drift, 'folder' | 'path'>): Drift {
  return { ...row, folder: folder?.path ?? null, path: unit === null ? null : shownKey(unit.key) }
}

/** The command that removes a row; the dataset is named where the config has several. */
function deleteCommand(ledger: Ledger, remoteId: number, dataHash: string): string {
  const isOneOfSeveral = ledger.folders.all().some((folder) => folder.remoteId !== remoteId)
  return `encord-sync delete ${dataHash}${isOneOfSeveral ? ` --dataset ${ledger.remotes.get(remoteId).dataset}` : ''}`
}

/** Rows that the ledger had in the dataset and that someone else removed; the ledger knows the last listing. */
export function missingRows(ledger: Ledger, remoteId: number): readonly Drift[] {
  return ledger.versions.missingOf(remoteId).map((version) => {
    const place = placeOf(ledger, version)
    const isFileThere = place.unit?.local === 'present'
    return driftAt(place, {
      class: 'remote-missing',
      dataHash: version.dataHash,
      title: version.title,
      why: isFileThere
        ? 'its row was removed from the dataset by someone else'
        : 'its row was removed by someone else, and its file is gone too',
      next: place.folder === null || place.unit === null ? STATUS : unitCommand('retry', place.folder.path, place.unit.key),
      needsPerson: isFileThere,
    })
  })
}

/**
 * Rows of the dataset that the ledger does not have there, and that look like ours: by the note they carry, by title and type, or
 * because they were given up or deleted. Other people's rows are none of our business.
 * @param rows with their client metadata
 * @param askedAtMs when the listing was asked for
 */
export function unknownRows(ledger: Ledger, remoteId: number, rows: readonly RemoteRow[], askedAtMs: number): readonly Drift[] {
  const byTitle = new Map<string, VersionRecord>()
  for (const version of ledger.versions.liveOf(remoteId)) byTitle.set(`${ROW_TYPES[version.kind]} ${version.title}`, version)
  const unfollowed = ledger.versions.lostOf(remoteId).filter((call) => !mayBeFollowed(ledger, call))
  const foreign = new Set(ledger.remotes.foreignRows(remoteId).map(({ dataHash }) => dataHash))
  const listed = new Set(rows.map((row) => row.dataHash))
  return rows.flatMap((row) => {
    const known = ledger.versions.byHash(remoteId, row.dataHash)
    const why = known === null ? lookOf(ledger, remoteId, row, { byTitle, unfollowed, foreign, listed }) : givenUp(ledger, known, askedAtMs)
    if (why === null) return []
    const { place, text } = why
    const next = why.next ?? deleteCommand(ledger, remoteId, row.dataHash)
    return [driftAt(place, { class: 'unknown-row', dataHash: row.dataHash, title: row.title, why: text, next, needsPerson: true })]
  })
}

/** Is a call open whose row has a hash that only its answer tells? Until that is known the row is one that the ledger can't know. */
export function isRowAwaited({ operations, versions }: Ledger): boolean {
  const isAsked = (verb: string): boolean => verb === 'register' || verb === 'group'
  return operations.open().some(({ verb, versionId }) => isAsked(verb) && versions.get(versionId)?.dataHash === null)
}

/** `next`: null where it is ours, and removed by its hash. */
type Look = { readonly place: Place; readonly text: string; readonly next: string | null }

/** Our rows by type and title, lost calls of which no file is left, the hashes of those that were there at the first contact, and of all that are there. */
type Around = {
  readonly byTitle: ReadonlyMap<string, VersionRecord>
  readonly unfollowed: readonly VersionRecord[]
  readonly foreign: ReadonlySet<string>
  readonly listed: ReadonlySet<string>
}

/** A row that the ledger never had. */
function lookOf(ledger: Ledger, remoteId: number, row: RemoteRow, { byTitle, unfollowed, foreign, listed }: Around): Look | null {
  const note = ownNote(row.clientMetadata)
  const folder = note === null ? null : ledger.folders.byUid(note.folder)
  if (note !== null && folder !== null && folder.remoteId === remoteId) {
    const unit = ledger.units.at(folder.id, note.path)
    const place = { folder, unit }
    const own = unit === null ? [] : ledger.versions.ofUnit(unit.id).filter(({ role, remote }) => role === 'current' && remote === 'live')
    // Only beside a row of the same content that is there too it is one too many.
    if (note.linked === null && own.some(({ content, dataHash }) => content === note.sha256 && listed.has(dataHash ?? '')))
      return { place, text: 'a second row of this file: it carries our note', next: null }
    const text =
      'it carries our note, and the ledger does not know it: one that was lost or put back may have made it, or another machine with a copy of the folder'
    return { place, text, next: unit?.work === 'unlinked' ? 'encord-sync adopt' : lookAt(place) }
  }
  // What another folder made, or was there before, is no row of this file: nobody is told to delete it.
  if (note !== null || foreign.has(row.dataHash)) return null
  const lost = unfollowed.find((call) => mayHaveMade(call, row))
  if (lost !== undefined) {
    const text = 'a call whose answer was lost may have made it, and no file here holds that; the Encord app shows what it is'
    const place = placeOf(ledger, lost)
    return { place, text, next: lookAt(place) }
  }
  const twin = byTitle.get(`${row.type} ${row.title}`)
  if (twin === undefined) return null
  const place = placeOf(ledger, twin)
  const text = 'it has the title and type of this file: a second row of it, or one that another client made; the Encord app shows both'
  // Nothing tells which of the two it is: what is named as the next step is followed.
  return { place, text, next: lookAt(place) }
}

function lookAt({ folder, unit }: Place): string {
  return folder === null || unit === null ? STATUS : unitCommand('why', folder.path, unit.key)
}

/** A row that the ledger had once. */
function givenUp(ledger: Ledger, version: VersionRecord, askedAtMs: number): Look | null {
  const place = placeOf(ledger, version)
  if (version.remote === 'stray') return { place, text: 'its upload was given up, and it is in the dataset after all', next: null }
  if (version.remote === 'registering' && version.role === 'closed' && !mayBeFollowed(ledger, version))
    return { place, text: 'a call whose answer was lost made it, and no file here holds it', next: null }
  if (version.remote !== 'gone') return null
  const deletedAtMs = ledger.history.deletedAtMs(version.dataHash ?? '') ?? 0
  return deletedAtMs > askedAtMs - LISTING_LAG_MS ? null : { place, text: 'it was deleted, and it is in the dataset again', next: null }
}

/** A file with its content, or that of a frame, or of such a size and not read yet, may become the row's. */
function mayBeFollowed({ tree, versions }: Ledger, { id, content, remoteId, sizeBytes }: VersionRecord): boolean {
  return [{ sha256: content, sizeBytes }, ...versions.frames(id)].some(
    (part) =>
      (part.sha256 !== null && tree.withContent(part.sha256, remoteId).length > 0) ||
      tree.unsettledOfSize(part.sizeBytes, remoteId) !== null,
  )
}

/** What a plan says of the delete of a row, by its hash. */
export type Verdicts = ReadonlyMap<string, { readonly verdict: 'delete' | 'hold' | 'wait'; readonly why: string }>

/** Rows of the dataset whose file is gone, or is no longer followed. */
export function rowsWithoutFile(ledger: Ledger, remoteId: number, listed: ReadonlySet<string>, verdicts: Verdicts): readonly Drift[] {
  const configured = new Set(ledger.folders.all().map(({ id }) => id))
  return ledger.versions.liveOf(remoteId).flatMap((version) => {
    const hash = version.dataHash ?? ''
    const place = placeOf(ledger, version)
    // An older row waits in the lists of its folder, as long as that one is in the config.
    const isLeft = version.role === 'superseded' && (place.folder === null || !configured.has(place.folder.id))
    if (version.remote !== 'live' || !listed.has(hash) || (version.role !== 'current' && version.role !== 'detached' && !isLeft)) return []
    const found = withoutFile(ledger, version, place, verdicts.get(hash))
    return found === null ? [] : [driftAt(place, { class: 'file-gone', dataHash: hash, title: version.title, ...found })]
  })
}

function withoutFile(
  ledger: Ledger,
  version: VersionRecord,
  { folder, unit }: Place,
  verdict: { readonly verdict: string; readonly why: string } | undefined,
): Pick<Drift, 'why' | 'next' | 'needsPerson'> | null {
  if (version.role === 'detached' || version.role === 'superseded') {
    return {
      why: 'it is kept, and no longer followed',
      next: deleteCommand(ledger, version.remoteId, version.dataHash ?? ''),
      needsPerson: false,
    }
  }
  if (unit === null || folder === null || unit.local !== 'absent') return null
  const candidate = ledger.candidates.get(version.id)
  const batch = candidate?.batchId == null ? null : ledger.candidates.batch(candidate.batchId)
  const isHeld = (batch !== null && batch.decision === null) || verdict?.verdict === 'hold'
  const why = verdict?.why ?? batch?.why ?? candidate?.note ?? ''
  if (isHeld) return { why: `its file is gone; its delete is held: ${why}`, next: 'encord-sync deletes list', needsPerson: true }
  const next = unitCommand('why', folder.path, unit.key)
  return { why: `its file is gone; ${why === '' ? 'the proof is being collected' : why}`, next, needsPerson: false }
}
