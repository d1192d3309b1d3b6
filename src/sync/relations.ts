import { nameOf } from '../model/file.ts'
import type { FolderPolicy } from '../model/folder.ts'
import { ROW_TYPES } from '../model/remote.ts'
import { isFollowed } from './configured.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { Looks } from './looks.ts'
import { lostCallOf } from './lostCalls.ts'
import { type PlaceTools, placeOf } from './placeOf.ts'
import type { Now, Twin, UnitContext } from './plan/context.ts'
import { mapFile } from './plan/mapping.ts'
import { dirOfUnit, isUnsorted, seriesKey } from './plan/series.ts'
import { partTitle, titleOf } from './plan/title.ts'
import { isLeftOut, unitContent } from './plan/unitContent.ts'
import type { FileRecord, FolderRecord, ForeignRow, RemoteRecord, UnitRecord, UnitView, VersionRecord } from './records.ts'
import { sidecarOf } from './sidecarFile.ts'
import { standing } from './standing.ts'
import { seriesPart } from './unitTitle.ts'

/** Foreign rows of one dataset, by what they are looked up with. */
export type ForeignIndex = {
  byName(name: string): readonly ForeignRow[]
  bySha256(sha256: string): readonly ForeignRow[]
  byPath(path: string): readonly ForeignRow[]
  /** Is a row with our own note left that has this size? A renamed file may be its. */
  hasOwnOfSize(sizeBytes: number): boolean
  /** Is a group or a series with our own note left? Its size says nothing about its frames. */
  hasOwnOfFrames(): boolean
  /** The row is somebody's now. */
  drop(dataHash: string): void
}

export function indexForeign(rows: readonly ForeignRow[]): ForeignIndex {
  const names = new Map<string, ForeignRow[]>()
  const contents = new Map<string, ForeignRow[]>()
  const paths = new Map<string, ForeignRow[]>()
  const dropped = new Set<string>()
  const own = new Map<string, ForeignRow>()
  const ownSizes = new Map<number | null, number>()
  let ownGroups = 0
  const count = (row: ForeignRow, by: 1 | -1): void => {
    if (row.type === ROW_TYPES.image_group || row.type === ROW_TYPES.dicom_series) ownGroups += by
    else ownSizes.set(row.sizeBytes, (ownSizes.get(row.sizeBytes) ?? 0) + by)
  }
  const put = (map: Map<string, ForeignRow[]>, key: string, row: ForeignRow): void => {
    const known = map.get(key)
    if (known === undefined) map.set(key, [row])
    else known.push(row)
  }
  for (const row of rows) {
    put(names, nameOf(row.title), row)
    if (row.own === null) continue
    put(contents, row.own.sha256, row)
    put(paths, row.own.path, row)
    own.set(row.dataHash, row)
    count(row, 1)
  }
  const left = (found: readonly ForeignRow[] | undefined): readonly ForeignRow[] => found?.filter((row) => !dropped.has(row.dataHash)) ?? []
  return {
    byName: (name) => left(names.get(name)),
    bySha256: (sha256) => left(contents.get(sha256)),
    byPath: (path) => left(paths.get(path)),
    // A row whose size the server does not tell may have any.
    hasOwnOfSize: (sizeBytes) => (ownSizes.get(sizeBytes) ?? 0) > 0 || (ownSizes.get(null) ?? 0) > 0,
    hasOwnOfFrames: () => ownGroups > 0,
    drop(dataHash) {
      dropped.add(dataHash)
      const row = own.get(dataHash)
      if (row !== undefined && own.delete(dataHash)) count(row, -1)
    },
  }
}

/** Gathers what the ledger and the looks say around one unit, so that the plan stays a function of data. */
export function contextOf(
  view: UnitView,
  around: {
    readonly ledger: LedgerPort
    readonly disk: PlaceTools['disk']
    readonly looks: Looks
    readonly folder: FolderRecord
    readonly remote: RemoteRecord
    readonly policy: FolderPolicy
    readonly fileSystem: 'local' | 'network'
    readonly foreign: ForeignIndex
    readonly now: Now
    /** Path of another folder of the dataset of which a look is on its way that tells what went there meanwhile; null: of none. */
    readonly awaited: string | null
  },
): UnitContext {
  const { ledger, looks, folder, remote, policy } = around
  const local = around.fileSystem === 'local'
  const present = view.files.filter((file) => file.local === 'present')
  const dir = view.unit.shape === 'file' ? null : ledger.tree.dir(folder.id, dirOfUnit(view.unit))
  const title = titleOf(view.unit, view.files, policy, remote.pathTitles)
  const part = seriesPart(ledger, view.unit, title)
  const content = unitContent(view.files, view.unit)
  const sidecar = sidecarOf(ledger, view.unit)
  const mayBeFrame = (file: FileRecord): boolean => isFrameByName(file, policy) || looks.fileQuietMs(file, local) >= policy.settleMs
  return {
    policy,
    now: around.now,
    folder: { uid: folder.uid, state: folder.state, paused: folder.paused },
    remote,
    quietMs: (file) => looks.fileQuietMs(file, local),
    dirQuietMs:
      dir === null
        ? 0
        : looks.dirQuietMs(
            dir.id,
            present.map((file) => file.stamp),
            dir.stamp.mtimeNs,
            local,
          ),
    doneNs: dir?.doneNs ?? null,
    sizeKnown: isSizeKnown(ledger, around.foreign, view, present, remote.id),
    twins: content === null ? [] : twinsOf(ledger, view, remote.id, content),
    lostCall: (sought) => lostCallOf(ledger, view.unit, remote.id, sought),
    isLostOfSize: (sizeBytes) => ledger.versions.isLostOfSize(remote.id, sizeBytes),
    arriving: arrivingOf(around, view, content),
    lostFrame: dir === null ? null : (lostFrameOf(ledger, view, present, dir.id) ?? unreadBeside(ledger, view, dir.id, mayBeFrame)),
    collidesWith: collisionOf(ledger, view),
    sidecar: sidecar === null ? null : { file: sidecar, quietMs: looks.fileQuietMs(sidecar, local) },
    unsorted: unsortedBeside(ledger, view.unit),
    seriesPart: part,
    // The index is as old as the last listing: a person may have adopted a row since, or a lost answer have turned out to be one.
    foreign: foreignOf(view, around.foreign, content, partTitle(title, part)).filter(
      (row) => !couldBe(row, view, content) || ledger.versions.byHash(remote.id, row.dataHash) === null,
    ),
    placeOf: (row) => placeOf(around, view.unit, remote.id, row),
    isFollowed: ({ own }) => isFollowed(ledger, own?.folder ?? null, remote.id),
  }
}

/** Files of a series' directory whose own series is not known yet. */
function unsortedBeside(ledger: LedgerPort, unit: UnitRecord): readonly FileRecord[] {
  if (unit.shape !== 'series' || isUnsorted(unit)) return []
  const beside = ledger.units.byKey(unit.folderId, 'series', seriesKey(dirOfUnit(unit), null))
  return beside === null ? [] : ledger.tree.filesOfUnit(beside.id).filter((file) => file.local === 'present' || file.local === 'unseen')
}

/** Only then a file is read before it is sent: the dataset may hold its content already, under another path. */
function isSizeKnown(ledger: LedgerPort, foreign: ForeignIndex, view: UnitView, present: readonly FileRecord[], remoteId: number): boolean {
  const unread = present.filter((file) => file.sha256 === null && !isLeftOut(file, view.unit))
  const sizes = new Set(unread.map((file) => file.stamp.sizeBytes))
  if (view.unit.shape !== 'file' && sizes.size > 0 && foreign.hasOwnOfFrames()) return true
  return [...sizes].some((size) => ledger.tree.sizeIsKnown(size, remoteId) || (view.unit.shape === 'file' && foreign.hasOwnOfSize(size)))
}

/** Names that differ only in Unicode form are one name to people and to many systems: the unit that is bound already keeps it. */
function collisionOf(ledger: LedgerPort, view: UnitView): string | null {
  const { unit } = view
  if (view.versions.some((version) => version.role === 'current')) return null
  for (const form of [unit.key.normalize('NFC'), unit.key.normalize('NFD')]) {
    const other = form === unit.key ? null : ledger.units.byKey(unit.folderId, unit.shape, form)
    if (other !== null && other.local === 'present' && other.id < unit.id) return other.key
  }
  return null
}

/** Only where the content is another than the row's: then it has to be known where the row's own content went. */
function arrivingOf(
  { ledger, awaited }: { readonly ledger: LedgerPort; readonly awaited: string | null },
  view: UnitView,
  content: string | null,
): UnitContext['arriving'] {
  const current = view.versions.find((version) => version.role === 'current' && version.remote === 'live')
  if (current === undefined || content === null || content === current.content) return null
  // That walk ends, and plans nothing here: a pass that left would find the same the next time.
  if (awaited !== null) return { path: awaited, patience: 'once-waits' }
  const isFile = view.unit.shape === 'file'
  const found = isFile ? arrivingFile(ledger, current) : arrivingFrame(ledger, view, current)
  return found === null ? null : { path: found.path, patience: isFile ? 'once-waits' : 'once-leaves' }
}

function arrivingFile(ledger: LedgerPort, { sizeBytes, remoteId, content }: VersionRecord): FileRecord | null {
  const unread = ledger.tree.arrivingOfSize(sizeBytes, remoteId)
  if (unread !== null || content === null) return unread
  return ledger.tree.withContent(content, remoteId).find((file) => isArriving(ledger, file)) ?? null
}

/** All that the group's row holds came to another directory, over a group that was there, say: that one takes the row over once it is quiet. */
function arrivingFrame(ledger: LedgerPort, { unit, frames }: UnitView, current: VersionRecord): FileRecord | null {
  const sha256 = frames.find((frame) => frame.versionId === current.id)?.sha256 ?? null
  const found = sha256 === null ? [] : ledger.tree.withContent(sha256, current.remoteId)
  const byUnit = new Map(found.flatMap((file) => (file.unitId === null || file.unitId === unit.id ? [] : [[file.unitId, file]])))
  for (const [unitId, file] of byUnit) {
    const other = ledger.units.get(unitId)
    if (other === null || other.shape !== unit.shape || !isPlanned(ledger, other)) continue
    const files = ledger.tree.filesOfUnit(unitId)
    // It may wait for good for a frame that cannot be seen or sent.
    const isStuck = files.some(({ local, problem }) => local === 'unseen' || (local === 'present' && problem !== null))
    if (!isStuck && unitContent(files, other) === current.content) return file
  }
  return null
}

function lostFrameOf(ledger: LedgerPort, view: UnitView, present: readonly FileRecord[], dirId: number): FileRecord | null {
  const current = view.versions.find((version) => version.role === 'current' && version.remote === 'live')
  const names = new Set(present.map((file) => nameOf(file.path)))
  const lost = view.frames.filter((frame) => frame.versionId === current?.id && !names.has(frame.name)).map((frame) => frame.sizeBytes)
  if (lost.length === 0) return null
  return unreadOf(ledger, view, dirId).find((file) => lost.includes(file.stamp.sizeBytes)) ?? null
}

/** A new group waits for what is a frame by its name, and for what is at rest and read next: a name may hide that it is one. */
function unreadBeside(ledger: LedgerPort, view: UnitView, dirId: number, mayBeFrame: (file: FileRecord) => boolean): FileRecord | null {
  const isNew = view.unit.shape === 'dir' && !view.versions.some((version) => version.role === 'current')
  return isNew ? (unreadOf(ledger, view, dirId).find((file) => file.unitId !== null && mayBeFrame(file)) ?? null) : null
}

/** A video that was overwritten by an image, or by what has yet to be read, may be one. */
function isFrameByName({ path }: FileRecord, policy: FolderPolicy): boolean {
  const mapping = mapFile(path, null, policy)
  return mapping.kind === 'unit' && mapping.shape === 'dir'
}

/** Files of a directory that are another unit's, and may turn out to be this one's once they are read. */
function unreadOf(ledger: LedgerPort, view: UnitView, dirId: number): readonly FileRecord[] {
  // One that is set aside for its name is not read before that changes.
  const isAside = ({ unitId }: FileRecord): boolean => unitId !== null && ledger.units.get(unitId)?.work === 'rejected'
  return ledger.tree
    .filesOfDir(dirId)
    .filter(
      (file) => file.unitId !== view.unit.id && file.local === 'present' && file.problem === null && file.look === null && !isAside(file),
    )
}

/** A file that has no row yet, and is planned as soon as this one. */
function isArriving(ledger: LedgerPort, file: FileRecord): boolean {
  const unit = file.unitId === null || file.local !== 'present' ? null : ledger.units.get(file.unitId)
  if (unit === null || unit.shape !== 'file' || !isPlanned(ledger, unit)) return false
  return ledger.versions.ofUnit(unit.id).every((version) => version.role === 'closed')
}

/** Is it about to be sent, or found to be in the dataset? */
function isPlanned(ledger: LedgerPort, { folderId, work }: UnitRecord): boolean {
  if (work !== 'waiting' && work !== 'queued') return false
  const { paused, state } = ledger.folders.get(folderId)
  return !paused && (state === 'ok' || state === 'degraded' || state === 'restored')
}

function twinsOf(ledger: LedgerPort, view: UnitView, remoteId: number, content: string): readonly Twin[] {
  const twin = (version: VersionRecord, whereIs: (unit: UnitRecord) => Twin['own']): Twin[] => {
    const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
    return unit === null || unit.id === view.unit.id ? [] : [{ unit, version, own: whereIs(unit) }]
  }
  const rows = ledger.versions.withContent(remoteId, content).flatMap((version) =>
    // A call for it is on its way: whose row it makes must not change meanwhile.
    twin(version, (unit) => (isCalling(ledger, unit) ? 'unknown' : standing(ledger, unit, version))),
  )
  const calls = ledger.versions.callingWithContent(remoteId, content).flatMap((version) =>
    // Once its call is answered the row may move; until then a content that left its place is not sent a second time.
    twin(version, (unit) => (standing(ledger, unit, version) === 'there' ? 'there' : 'unknown')),
  )
  return [...rows, ...calls]
}

function isCalling(ledger: LedgerPort, unit: UnitRecord): boolean {
  return ledger.versions.ofUnit(unit.id).some((one) => one.role === 'coming' && ledger.operations.openOf(one.id).length > 0)
}

function foreignOf(view: UnitView, index: ForeignIndex, content: string | null, title: string): readonly ForeignRow[] {
  const found = new Map<string, ForeignRow>()
  for (const row of index.byName(nameOf(view.unit.key))) found.set(row.dataHash, row)
  for (const row of index.byName(nameOf(title))) found.set(row.dataHash, row)
  for (const row of index.byPath(view.unit.key)) found.set(row.dataHash, row)
  for (const row of content === null ? [] : index.bySha256(content)) found.set(row.dataHash, row)
  return [...found.values()]
}

/** By its content or its size: the ledger is asked only about these, as thousands may share a base name. */
function couldBe({ own, sizeBytes }: ForeignRow, { unit, files }: UnitView, content: string | null): boolean {
  if (own !== null) return own.sha256 === content
  return unit.shape !== 'file' || (sizeBytes ?? 0) === 0 || files.some((file) => file.stamp.sizeBytes === sizeBytes)
}
