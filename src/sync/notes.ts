import type { Log } from '../model/event.ts'
import { nameOf } from '../model/file.ts'
import type { FolderPolicy } from '../model/folder.ts'
import { unitCommand } from '../model/nextCommand.ts'
import { isOfFrames } from '../model/unit.ts'
import { noteCopied } from './copiedRows.ts'
import { followAgain } from './followAgain.ts'
import { leaveGhostOfRow } from './ghosts.ts'
import { giveLost } from './giveLost.ts'
import { holdOlder } from './holdOlder.ts'
import { noteMadeBy } from './keptRows.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { leftWith, noteLeftBehind } from './leftTogether.ts'
import { localOf } from './localOf.ts'
import type { Note } from './plan/action.ts'
import { NOBODY_KNOWN } from './plan/deletePlan.ts'
import { mapFile } from './plan/mapping.ts'
import { totalBytes } from './plan/steps.ts'
import { sentFiles } from './plan/unitContent.ts'
import type { FileRecord, FolderRecord, UnitRecord } from './records.ts'
import { sidecarOf } from './sidecarFile.ts'
import { supersedeCurrent } from './supersedeCurrent.ts'
import { unitTitle } from './unitTitle.ts'

export type NoteTools = { readonly ledger: LedgerPort; readonly log: Log; wallMs(): number }

/** Carries out what changes the ledger alone. @returns units to be planned again */
export function applyNote(tools: NoteTools, folder: FolderRecord, policy: FolderPolicy, note: Note): readonly number[] {
  const { ledger, log, wallMs } = tools
  const unit = ledger.units.get(note.unitId)
  if (unit === null) return []
  switch (note.kind) {
    case 'wait': {
      if (unit.work === note.work && unit.why === note.why) return []
      const failed = note.work === 'failed'
      ledger.units.setWork(unit.id, note.work, note.why, wallMs(), failed ? unit.attempts : 0, failed ? unit.retryAtMs : null)
      if (note.work === 'rejected')
        log.emit('unit.rejected', { folder: folder.path, path: unit.key, why: note.why, next: unitCommand('why', folder.path, unit.key) })
      else if (note.work === 'unlinked') {
        log.emit('unit.unlinked', { folder: folder.path, path: unit.key, dataHash: null, why: note.why, next: 'encord-sync adopt' })
      } else if (note.work === 'waiting') log.emit('unit.waiting', { folder: folder.path, path: unit.key, why: note.why })
      return []
    }
    case 'in-step':
      forgetGoneFrames(ledger, unit.id)
      ledger.versions.setChangedScan(unit.id, null)
      if (note.asIs === true) ledger.units.setAsIs(unit.id, true)
      if (unit.work === 'none' && unit.why === '') return []
      ledger.units.setWork(unit.id, 'none', '', wallMs())
      return [unit.id]
    case 'retype':
      ledger.units.setKind(unit.id, note.unitKind)
      return [unit.id]
    case 'remap':
      return remap(tools, policy, unit.id, note.fileIds)
    case 'take-over':
      return takeOver(tools, folder, policy, unit.id, note.fromUnitId)
    case 'link':
      // What was being sent is there already.
      for (const version of ledger.versions.ofUnit(unit.id)) abandonVersion(tools, folder, version.id, note.because)
      supersedeCurrent(tools, unit)
      for (const [part, row] of [note.row, ...note.more].entries()) linkRow(tools, folder, policy, unit, { ...note, row }, part)
      ledger.units.setWork(unit.id, 'none', '', wallMs())
      return [unit.id]
    case 'take-lost': {
      const version = ledger.versions.get(note.versionId)
      if (version?.remote !== 'registering' || version.role !== 'closed') return [unit.id]
      for (const own of ledger.versions.ofUnit(unit.id)) abandonVersion(tools, folder, own.id, note.because)
      giveLost(tools, version, unit)
      return [unit.id]
    }
    case 'abandon':
      abandonVersion(tools, folder, note.versionId, note.because)
      return [unit.id]
    case 'forget':
      forgetUnit(ledger, unit.id)
      return []
  }
}

/**
 * One row of the dataset becomes the unit's; what it holds is known as that of a row which was sent, as it is looked for before a DELETE. The
 * server's size is none to look for: it tells no size of some rows, and may count otherwise.
 */
function linkRow(
  { ledger, log, wallMs }: NoteTools,
  folder: FolderRecord,
  policy: FolderPolicy,
  unit: UnitRecord,
  { row, content, goesBy, because }: Extract<Note, { kind: 'link' }>,
  part: number,
): void {
  const { dataHash, title } = row
  const files = sentFiles(ledger.tree.filesOfUnit(unit.id), unit)
  const sizeBytes = totalBytes(files)
  const made = { unitId: unit.id, remoteId: folder.remoteId, kind: unit.kind, title, sizeBytes, dataHash, part, content, metadataDue: true }
  const id = ledger.versions.addLive(made, wallMs())
  // A name and a size do not tell whose row it is: other pictures have the same ones. Without a note, or with one that says so, nobody knows.
  const named = row.own?.folder ?? folder.uid
  const isUnknown = goesBy === 'person' || (named === folder.uid && row.own?.linked !== null)
  const maker = isUnknown ? NOBODY_KNOWN : named
  if (maker !== folder.uid) noteMadeBy(ledger, id, maker)
  ledger.versions.markListed(folder.remoteId, dataHash, wallMs())
  if (title !== unitTitle(ledger, unit, ledger.tree.filesOfUnit(unit.id), policy, true, part)) ledger.versions.setTitleDue(id, true)
  if (isOfFrames(unit.kind)) setFrames(ledger, id, files)
  ledger.remotes.dropForeign(folder.remoteId, dataHash)
  ledger.history.add({
    atMs: wallMs(),
    folderId: folder.id,
    verb: 'adopted',
    dataHash,
    key: unit.key,
    files: 1,
    approved: false,
    detail: { because },
  })
  log.emit('unit.adopted', { folder: folder.path, path: unit.key, dataHash })
}

/** A coming version that will not be registered; its hash is the only proof against a late duplicate, and stays. */
export function abandonVersion(tools: NoteTools, folder: FolderRecord, versionId: number, because: string): void {
  const { ledger, log } = tools
  const version = ledger.versions.get(versionId)
  if (version === null || version.role !== 'coming') return
  const key = version.unitId === null ? '' : (ledger.units.get(version.unitId)?.key ?? '')
  ledger.versions.retire(versionId, 'stray', 'closed')
  if (version.dataHash !== null) log.emit('version.stray', { folder: folder.path, path: key, dataHash: version.dataHash, why: because })
}

/** Removes a unit that holds no row; closed versions keep their hashes without it. */
export function forgetUnit(ledger: LedgerPort, unitId: number): void {
  for (const version of ledger.versions.ofUnit(unitId)) {
    if (version.role === 'coming') ledger.versions.retire(version.id, 'stray', 'closed')
    // A row that is there belongs to nobody any more, and is listed as such.
    else if (version.role !== 'closed') ledger.versions.setRole(version.id, version.remote === 'live' ? 'detached' : 'closed')
    ledger.candidates.remove(version.id)
    ledger.versions.setUnit(version.id, null)
  }
  for (const file of ledger.tree.filesOfUnit(unitId)) {
    if (file.local === 'absent') ledger.tree.removeFile(file.id)
    else ledger.tree.setFileUnit(file.id, null)
  }
  const unit = ledger.units.get(unitId)
  const sidecar = unit === null ? null : sidecarOf(ledger, unit)
  if (sidecar?.local === 'absent') ledger.tree.removeFile(sidecar.id)
  ledger.units.remove(unitId)
}

/** Frames that are gone and that no current row holds any more are forgotten. */
function forgetGoneFrames(ledger: LedgerPort, unitId: number): void {
  const files = ledger.tree.filesOfUnit(unitId)
  if (!files.some((file) => file.local === 'present')) return
  for (const file of files) if (file.local === 'absent') ledger.tree.removeFile(file.id)
}

function remap(tools: NoteTools, policy: FolderPolicy, unitId: number, fileIds: readonly number[]): readonly number[] {
  const { ledger, wallMs } = tools
  const touched = new Set<number>([unitId])
  // What took the place of a row's file stands there since then, however long the path is known.
  const isReplaced = ledger.versions.ofUnit(unitId).some(({ role }) => role === 'current')
  let last: FileRecord | null = null
  for (const id of fileIds) {
    const file = ledger.tree.file(id)
    if (file === null) continue
    if (isReplaced) ledger.tree.setFirstScan(id, ledger.scans.newest())
    const mapping = mapFile(file.path, file.look, policy)
    if (mapping.kind === 'none') {
      ledger.tree.setFileUnit(id, null)
      ledger.tree.setProblem(id, mapping.problem)
      continue
    }
    const target = ledger.units.ensure(file.folderId, mapping.shape, mapping.key, mapping.unitKind, wallMs())
    ledger.tree.setFileUnit(id, target)
    if (file.local === 'present') ledger.units.setLocal(target, 'present')
    ledger.units.setUnlinked(target, 'ask')
    const targetUnit = ledger.units.get(target)
    if (targetUnit?.work === 'none') ledger.units.setWork(target, 'waiting', 'a file came to it by its content', wallMs())
    if (targetUnit !== null) followAgain(ledger, targetUnit)
    // It lay there before its bytes told that it is a part of the unit.
    ledger.versions.setChangedScan(target, file.firstScan)
    touched.add(target)
    last = file
  }
  const left = ledger.tree.filesOfUnit(unitId)
  const local = localOf(left)
  // What a rule, or a person, let go of is let go of again: the file that brought it back was none of its frames.
  if (local === 'excluded') ledger.units.setLocal(unitId, local)
  if (local !== 'absent') return [...touched]
  const unit = ledger.units.get(unitId)
  const rows = ledger.versions
    .ofUnit(unitId)
    .filter((version) => (version.role === 'current' || version.role === 'superseded') && version.remote === 'live')
  if (unit === null || last === null || rows.length === 0) {
    if (left.length === 0) forgetUnit(ledger, unitId)
  } else {
    // Its last frame became something else: the row is a candidate like that of any unit that is gone.
    for (const version of rows) leaveGhostOfRow(ledger, unit, version, last)
    ledger.units.setLocal(unitId, 'absent')
    ledger.units.setWork(unitId, 'none', 'none of its frames is left', wallMs())
  }
  return [...touched]
}

/**
 * The moved unit: the old one keeps its row and takes the new one's place and files. A unit with a row of its own that loses its
 * place that way waits without one: its content may turn up elsewhere (a swap), else it was overwritten.
 */
function takeOver(tools: NoteTools, folder: FolderRecord, policy: FolderPolicy, unitId: number, fromUnitId: number): readonly number[] {
  const { ledger, log, wallMs } = tools
  const unit = ledger.units.get(unitId)
  const from = ledger.units.get(fromUnitId)
  if (unit === null || from === null) return []
  const fromFiles = ledger.tree.filesOfUnit(fromUnitId)
  const arrived = ledger.tree.filesOfUnit(unitId).filter((file) => file.local !== 'absent')
  const isCrossing = from.folderId !== unit.folderId
  const carried = isCrossing ? ledger.versions.ofUnit(fromUnitId) : []
  const touched = new Set<number>([fromUnitId])
  noteCopied(ledger, from, fromFiles, arrived)
  carrySince(ledger, fromUnitId, fromFiles, arrived)
  noteLeftBehind(ledger, leftWith(ledger, fromUnitId, folder.remoteId), ledger.scans.newest())
  if (ledger.versions.ofUnit(unitId).some((version) => version.role === 'current')) displace(tools, unitId, arrived)
  else {
    // Older rows of this place stay its older rows.
    for (const version of ledger.versions.ofUnit(unitId)) if (version.role === 'superseded') ledger.versions.setUnit(version.id, fromUnitId)
    forgetUnit(ledger, unitId)
  }
  if (ledger.units.get(unitId) !== null) touched.add(unitId)

  for (const file of fromFiles) if (file.local !== 'present') ledger.tree.removeFile(file.id)
  const stayed = fromFiles.filter((file) => file.local === 'present')
  if (stayed.length > 0) {
    // The row has the age of what went with it: the frames of it that stayed are those that came later, and hold it.
    for (const file of stayed) ledger.tree.setFirstScan(file.id, ledger.scans.newest())
    // New content at the vacated path is a new unit.
    ledger.units.rekey(fromUnitId, from.folderId, `\u0000${from.key}#${from.id}`)
    const left = ledger.units.ensure(from.folderId, from.shape, from.key, from.kind, wallMs())
    for (const file of stayed) ledger.tree.setFileUnit(file.id, left)
    touched.add(left)
  }
  ledger.units.rekey(fromUnitId, unit.folderId, unit.key)
  for (const file of arrived) ledger.tree.setFileUnit(file.id, fromUnitId)
  ledger.units.setLocal(fromUnitId, 'present')
  ledger.units.setWork(fromUnitId, 'none', '', wallMs())
  // What its row holds was missed at the old place, and is known to be here.
  ledger.versions.setChangedScan(fromUnitId, null)
  for (const version of ledger.versions.ofUnit(fromUnitId)) {
    if (isCrossing) ledger.candidates.setFirst(version.id, null)
    // What was being sent for it stands at the vacated path, and is another unit's now.
    if (version.role === 'coming') ledger.versions.retire(version.id, 'stray', 'closed')
    if (version.role !== 'current') continue
    ledger.candidates.remove(version.id)
    ledger.versions.setMetadataDue(version.id, true)
    if (version.title !== unitTitle(ledger, unit, arrived, policy, true, version.part)) ledger.versions.setTitleDue(version.id, true)
  }
  const crossed = carried.map((version) => ({ version, fromId: from.folderId, toId: unit.folderId }))
  holdOlder(tools, crossed)
  log.emit('unit.moved', { folder: folder.path, path: unit.key, fromFolder: ledger.folders.get(from.folderId).path, from: from.key })
  return [...touched]
}

/** What moved stands since it stood where it came from: beside its row, a copy that was made before the move is one that came later. */
function carrySince(ledger: LedgerPort, fromUnitId: number, before: readonly FileRecord[], arrived: readonly FileRecord[]): void {
  const rows = ledger.versions.ofUnit(fromUnitId).filter((version) => version.role === 'current' && version.readAfter > 0)
  // Where its place holds something else by now, it stood there at the latest when it was read to be sent.
  const sent = Math.min(...rows.map((version) => version.readAfter))
  for (const file of arrived) {
    const same = before.filter((one) => one.sha256 !== null && one.sha256 === file.sha256).map((one) => one.firstScan)
    const since = Math.min(file.firstScan, ...(same.length > 0 ? same : [sent]))
    if (since < file.firstScan) ledger.tree.setFirstScan(file.id, since)
  }
}

/** A unit whose file is another unit's now: its row is a candidate, with the proof of its absence still to come. */
function displace({ ledger, wallMs }: NoteTools, unitId: number, files: readonly FileRecord[]): void {
  const unit = ledger.units.get(unitId)
  if (unit === null) return
  ledger.units.rekey(unitId, unit.folderId, `\u0000${unit.key}#${unitId}`)
  for (const version of ledger.versions.ofUnit(unitId)) {
    if (version.role === 'coming') ledger.versions.retire(version.id, 'stray', 'closed')
    if (version.role !== 'current' || version.remote !== 'live') continue
    if (ledger.candidates.get(version.id) === null) ledger.candidates.add(version.id, 'absent', null, wallMs())
    const file = files[0]
    if (file !== undefined) leaveGhostOfRow(ledger, unit, version, file)
  }
  for (const file of ledger.tree.filesOfUnit(unitId))
    if (file.local === 'absent' && !file.path.includes('\u0000')) ledger.tree.removeFile(file.id)
  ledger.units.setLocal(unitId, 'absent')
  ledger.units.setWork(unitId, 'none', 'another file was moved over it', wallMs())
}

function setFrames(ledger: LedgerPort, versionId: number, files: readonly FileRecord[]): void {
  ledger.versions.setFrames(
    versionId,
    files.map((file) => ({ fileId: file.id, name: nameOf(file.path), sizeBytes: file.stamp.sizeBytes })),
  )
  for (const [ord, { sha256 }] of files.entries()) if (sha256 !== null) ledger.versions.setFrameSent(versionId, ord, sha256)
}
