import { nameOf } from '../../model/file.ts'
import { ROW_TYPES } from '../../model/remote.ts'
import { isOfFrames, type UnitKind } from '../../model/unit.ts'
import type { FileRecord, ForeignRow, UnitRecord, UnitView, VersionRecord } from '../records.ts'
import type { Action } from './action.ts'
import type { UnitContext } from './context.ts'
import { compareNatural } from './naturalOrder.ts'
import { askSidecar } from './steps.ts'
import { withoutPart } from './title.ts'

/** A unit that is whole, at rest and not in the dataset with this content. */
export type Start = {
  readonly view: UnitView
  readonly context: UnitContext
  /** A version whose bytes are all there; one with a ticket or some frames only does not count. */
  readonly coming: VersionRecord | undefined
  readonly kind: UnitKind
  readonly mime: string
  readonly title: string
  readonly files: readonly FileRecord[]
  /** sha256 of the file, or of the group's frames; null while not hashed. */
  readonly content: string | null
  readonly sizeBytes: number
  readonly replaces: VersionRecord | undefined
}

const HOUR_MS = 3_600_000
/** A unit that changes more often than this in an hour waits until it is quiet (design, section 5). */
const CHANGES_AN_HOUR = 3
const FIRST_CONTACT = {
  due: 'first contact: what does the dataset hold already?',
  again: 'the ledger may have forgotten what it sent: the dataset is read twice before anything is',
}
/** Between two looks at whether the other place of a content can be seen again, ms. */
const UNSEEN_MS = 10_000

/** Before the first byte leaves: is it a moved unit, or a row of ours that the ledger forgot? Null: neither, as far as is known. */
export function planKnown(start: Start): readonly Action[] | null {
  const { view, context, coming } = start
  const { unit } = view
  if (context.remote.firstContact !== 'done') {
    const because = FIRST_CONTACT[context.remote.firstContact]
    return [{ kind: 'list-remote', unitId: unit.id, remoteId: context.remote.id, because }]
  }
  const own = context.foreign.filter((row) => row.own !== null)
  // The rows that a ledger forgot are asked of what was sent already too: it may have been put back to before its call.
  const mayBeKnown = own.length > 0 || (coming === undefined && (context.sizeKnown || context.isLostOfSize(start.sizeBytes)))
  if (start.content === null && mayBeKnown) {
    const because = 'another file of this size is in the dataset, or may be: it may be a move'
    const unhashed = start.files.filter((file) => file.sha256 === null)
    if (unhashed.length > 0) return unhashed.map((file) => ({ kind: 'hash', unitId: unit.id, fileId: file.id, because }))
  }
  const { content } = start
  if (content === null) return null
  const move = () => (coming === undefined ? planMove(start) : null)
  const planned = planOwnPlace(start, content, own) ?? move() ?? planOwnRow(start, content, own)
  return planned === null ? null : [planned]
}

/** What the dataset does not hold already, or by somebody else's hand, is sent. */
export function planStart(start: Start): readonly Action[] {
  const known = planKnown(start)
  if (known !== null) return known
  const { view, context } = start
  const { unit } = view
  const unlinked = unit.unlinked === 'ask' ? context.foreign.find((row) => mayBe(row, start) && !isOfAnother(row, start)) : undefined
  if (unlinked !== undefined) {
    const why = `the dataset holds a row "${unlinked.title}" of the same size that this ledger did not make`
    return [{ kind: 'wait', unitId: unit.id, work: 'unlinked', why, forMs: null, patience: 'once-leaves' }]
  }
  // It was touched, renamed or moved since: the row that a person was asked about may be this content still.
  const lost = start.content === null ? null : context.lostCall(start.content)
  // Whose bytes it holds is known by its hash: what a listing showed while its content was nowhere is found here.
  if (lost !== null && lost.dataHash !== null && lost.listedAtMs !== null) {
    const because = 'a listing showed the row of a call for this content, whose answer was lost'
    return [{ kind: 'take-lost', unitId: unit.id, versionId: lost.id, because }]
  }
  if (lost !== null) {
    const why = `the answer to a call for this content was lost: a row of the dataset may be "${lost.title}"`
    return [{ kind: 'wait', unitId: unit.id, work: 'unlinked', why, forMs: null, patience: 'once-leaves' }]
  }
  const isCloud = context.policy.via.kind === 'cloud'
  const unread = isCloud ? start.files.filter((file) => file.sha256 === null) : []
  if (unread.length > 0) {
    const because = 'no byte of it is sent, so it is read here: a change is told from none by its content'
    return unread.map((file) => ({ kind: 'hash', unitId: unit.id, fileId: file.id, because }))
  }
  const question = askSidecar(view, context)
  if (question.length > 0) return question
  return [
    {
      kind: 'upload',
      unitId: unit.id,
      folderId: unit.folderId,
      key: unit.key,
      unitKind: start.kind,
      title: start.title,
      sizeBytes: start.sizeBytes,
      fileIds: start.files.map((file) => file.id),
      stamps: start.files.map((file) => file.stamp),
      mime: start.mime,
      because: `${start.replaces === undefined ? 'it is not in the dataset' : 'its content changed'}${isCloud ? '; it is registered from the bucket' : ''}`,
    },
  ]
}

/** Content that the ledger knows elsewhere: a move, or a plain copy (null). */
function planMove(start: Start): Action | null {
  const { view, context } = start
  const twins = context.twins.filter((twin) => twin.unit.id !== view.unit.id && twin.version.kind === start.kind)
  const gone = twins.filter((twin) => twin.own === 'vacated')
  // Of equal files in a directory that moved each is found by its name.
  const vacated = gone.find((twin) => nameOf(twin.unit.key) === nameOf(view.unit.key)) ?? gone[0]
  if (vacated !== undefined) {
    return {
      kind: 'take-over',
      unitId: view.unit.id,
      fromUnitId: vacated.unit.id,
      because: `same content as ${vacated.unit.key}, which is gone from there: a move`,
    }
  }
  const unknown = twins.find((twin) => twin.own === 'unknown')
  if (unknown !== undefined) {
    const why = `same content as ${unknown.unit.key}, which is changing: it may be a move`
    return { kind: 'wait', unitId: view.unit.id, work: 'waiting', why, forMs: 1_000, patience: 'once-waits' }
  }
  const unseen = twins.find((twin) => twin.own === 'unseen')
  if (unseen !== undefined) {
    const why = `same content as ${unseen.unit.key}, which cannot be seen or read now: it may be a move`
    return { kind: 'wait', unitId: view.unit.id, work: 'waiting', why, forMs: UNSEEN_MS, patience: 'once-leaves' }
  }
  return null
}

/** The row that was made for this very place, and that the ledger forgot. What moved here too, as far as that one knows, is another file's. */
function planOwnPlace(start: Start, content: string, own: readonly ForeignRow[]): Action | null {
  const { folder } = start.context
  const exact = own.find((row) => row.own?.sha256 === content && row.own.folder === folder.uid && row.own.path === start.view.unit.key)
  return exact === undefined ? null : link(start, exact, content, own, 'rule')
}

/**
 * A row of ours that the ledger forgot, and whose own place holds it no more: of this folder (it was renamed) before one of another: a moved folder,
 * or one whose marker was lost, which has the same path, or one that the config names as well. What stands where its note says keeps it; where that is
 * in doubt nothing is sent a second time, and the row goes by no rule.
 */
function planOwnRow(start: Start, content: string, own: readonly ForeignRow[]): Action | null {
  const { view, context } = start
  const same = own.filter((row) => row.own?.sha256 === content)
  const isOurs = (row: ForeignRow): boolean => row.own?.folder === context.folder.uid
  const isHere = (row: ForeignRow): boolean => row.own?.path === view.unit.key
  const others = same.filter((row) => !isOurs(row) && (isHere(row) || context.isFollowed(row)))
  const doubtful: ForeignRow[] = []
  for (const row of [...same.filter(isOurs), ...others]) {
    const place = context.placeOf(row)
    if (place === 'vacated') return link(start, row, content, own, 'rule')
    if (place === 'there') continue
    if (place === 'doubtful') {
      doubtful.push(row)
      continue
    }
    const why = `the dataset holds a row of ${row.own?.path ?? row.title} with this content, whose place ${place === 'unknown' ? 'has yet to be looked at' : 'cannot be looked at now'}: it may be a move`
    const patience =
      place === 'unknown' ? { forMs: 1_000, patience: 'once-waits' as const } : { forMs: UNSEEN_MS, patience: 'once-leaves' as const }
    return { kind: 'wait', unitId: view.unit.id, work: 'waiting', why, ...patience }
  }
  const [row] = doubtful
  return row === undefined ? null : link(start, row, content, own, 'person')
}

type GoesBy = Extract<Action, { readonly kind: 'link' }>['goesBy']

function link(start: Start, row: ForeignRow, content: string, own: readonly ForeignRow[], goesBy: GoesBy): Action {
  const because = 'the row carries our own note with this sha256'
  const noted = own.filter((one) => isNotedAlike(one, row))
  const [first = row, ...more] = partsOf(start.view.unit, row, noted).toSorted((a, b) => compareNatural(a.title, b.title))
  // What is left was sent for the same content once: a person may have been asked about just this row.
  const isSure = more.length + 1 === noted.length
  return { kind: 'link', unitId: start.view.unit.id, row: first, more, content, goesBy: isSure ? goesBy : 'person', because }
}

function isNotedAlike({ own }: ForeignRow, { own: other }: ForeignRow): boolean {
  return own?.folder === other?.folder && own?.path === other?.path && own?.sha256 === other?.sha256
}

/** The rows of the sequence that a row belongs to, whatever the directory would become now: their titles are one but for the number at its end. */
function partsOf({ shape }: UnitRecord, row: ForeignRow, noted: readonly ForeignRow[]): readonly ForeignRow[] {
  if (shape !== 'dir') return [row]
  const titles = ({ title }: ForeignRow): readonly string[] => [title, withoutPart(title)]
  const isPart = (one: ForeignRow): boolean => one.title !== row.title && titles(one).some((title) => titles(row).includes(title))
  return [row, ...new Map(noted.filter(isPart).map((one) => [one.title, one])).values()]
}

/** May this foreign row hold this very unit? By title or base name, size and type; a group has no size of its own. */
function mayBe(row: ForeignRow, start: Start): boolean {
  if (row.own !== null && row.own.sha256 !== start.content && start.content !== null) return false
  if (row.type !== ROW_TYPES[start.kind]) return false
  const { unit } = start.view
  if (row.title !== start.title && nameOf(row.title) !== nameOf(unit.shape === 'series' ? start.title : unit.key)) return false
  // Of what lies in a bucket the server may know no size.
  const isUnsized = row.sizeBytes === null || (row.sizeBytes === 0 && start.context.policy.via.kind === 'cloud')
  return isOfFrames(start.kind) || isUnsized || row.sizeBytes === start.sizeBytes
}

/** What stands where our note on the row says is its unit, and will be linked. */
function isOfAnother(row: ForeignRow, { content, context }: Start): boolean {
  return row.own !== null && row.own.sha256 === content && context.placeOf(row) === 'there'
}

/** A unit that changes all the time (`latest.jpg`) waits until it is quiet for an hour. Null: go on. */
export function changesTooOften(unit: UnitRecord, context: UnitContext): Action | null {
  const recent = unit.changes.filter((at) => at > context.now.wallMs - HOUR_MS && at <= context.now.wallMs)
  if (recent.length <= CHANGES_AN_HOUR) return null
  const oldest = recent[recent.length - CHANGES_AN_HOUR - 1] ?? context.now.wallMs
  return {
    kind: 'wait',
    unitId: unit.id,
    work: 'waiting',
    why: `changes too often: ${recent.length} times within an hour, and is sent when these are at most ${CHANGES_AN_HOUR}`,
    forMs: Math.max(1_000, oldest + HOUR_MS - context.now.wallMs),
    patience: 'once-leaves',
  }
}
