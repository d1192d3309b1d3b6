import { unitCommand } from '../model/nextCommand.ts'
import { detachUnit } from './detachUnit.ts'
import type { EffectTools } from './effectTools.ts'
import { holdReplaced } from './holdOlder.ts'
import type { UnitRecord, VersionRecord } from './records.ts'
import { isAnothers } from './stillComing.ts'
import { unitTitle } from './unitTitle.ts'

/** More rows than wait for their notes at one time. */
const MOST_FRESH = 1_000

/**
 * The outcome of a registration, in one transaction: the coming version is live and current, the old one is superseded and may
 * have to go. Called inside a commit.
 * @param rows what the server made; more than one only for a sequence
 * @param operationId the journal's row, closed here
 */
export function finishVersion(
  tools: Pick<EffectTools, 'ledger' | 'folder' | 'policy' | 'log' | 'clock' | 'fresh'>,
  planned: Pick<VersionRecord, 'id'>,
  rows: readonly { readonly dataHash: string; readonly title: string }[],
  operationId: number | null,
): void {
  const { ledger, folder, policy, log, clock } = tools
  const at = clock.wallMs()
  const [first, ...more] = rows
  const version = ledger.versions.get(planned.id)
  if (first === undefined || version === null) throw new Error('a registration without a row')
  if (operationId !== null) ledger.operations.end(operationId, 'done', at)
  // A first contact that fell into the call took them for a stranger's.
  for (const row of rows) ledger.remotes.dropForeign(version.remoteId, row.dataHash)
  const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
  const known = rows.find((row) => isAnothers(ledger, version, row.dataHash))
  if (known !== undefined) {
    refuseKnownRow(tools, version, unit, known.dataHash)
    return
  }
  if (unit === null || version.role !== 'coming') {
    keepOlderRow(tools, version, unit, first)
    for (const row of more) keepOlderPart(tools, version, unit, row)
    return
  }
  let isChange = false
  for (const old of ledger.versions.ofUnit(unit.id)) {
    if (old.role !== 'current' || old.id === version.id) continue
    if (old.remote !== 'live') {
      ledger.versions.setRole(old.id, 'closed')
      continue
    }
    ledger.versions.setRole(old.id, 'superseded')
    ledger.candidates.add(old.id, 'superseded', null, at)
    holdReplaced({ ledger, log, wallMs: () => at }, unit.folderId, old)
    log.emit('version.superseded', {
      folder: folder.path,
      path: unit.key,
      dataHash: old.dataHash ?? '',
      replacedBy: first.dataHash,
      onChange: policy.onChange,
    })
    isChange = true
  }
  // Several rows of one sequence are one change.
  if (isChange) ledger.units.setChanges(unit.id, [...unit.changes.slice(-9), at])
  ledger.versions.setLive(version.id, first.dataHash, first.title, true, at)
  // Its file was renamed, or the server took no path as a title, while it was registered; or it is in a folder by now that may title it otherwise.
  const { pathTitles, datarow } = ledger.remotes.get(version.remoteId)
  const isTitled = version.title === unitTitle(ledger, unit, ledger.tree.filesOfUnit(unit.id), policy, pathTitles)
  if (!isTitled || unit.folderId !== folder.id) ledger.versions.setTitleDue(version.id, true)
  more.forEach((row, index) => {
    addPart(ledger, version, unit.id, row, index + 1, at)
  })
  ledger.units.setWork(unit.id, 'waiting', '', at)
  for (const [part, row] of rows.entries()) {
    ledger.history.add({
      atMs: at,
      folderId: unit.folderId,
      verb: 'registered',
      dataHash: row.dataHash,
      key: unit.key,
      files: Math.max(1, ledger.versions.frames(version.id).length),
      approved: false,
      detail: { title: row.title, sha256: version.content, ...(rows.length > 1 ? { part: part + 1, of: rows.length } : {}) },
    })
  }
  // Where no note is written, nothing would ever take it out again.
  if (datarow) keepFresh(tools.fresh, version.id)
  log.emit('unit.synced', { folder: folder.path, path: unit.key, dataHash: first.dataHash, kind: version.kind, title: first.title })
  // The look that let go of its place knew of no row yet, and the next whole one may be a while away.
  if (unit.local === 'excluded') detachUnit(tools, folder, unit, 'its place was let go of before the answer was known')
}

/** A row that is replaced before its note was written is never taken out: the oldest go, and are read before they are written. */
function keepFresh(fresh: Set<number>, versionId: number): void {
  fresh.add(versionId)
  const [oldest] = fresh
  if (fresh.size > MOST_FRESH && oldest !== undefined) fresh.delete(oldest)
}

/**
 * The answer names a row that stands for something else: a person adopted it while the call was under way, or the server took what was sent
 * for what it held already. No row has two units, and nothing is sent again before a person has looked.
 */
function refuseKnownRow(
  { ledger, folder, log, clock }: Pick<EffectTools, 'ledger' | 'folder' | 'log' | 'clock'>,
  version: VersionRecord,
  unit: UnitRecord | null,
  dataHash: string,
): void {
  ledger.versions.retire(version.id, 'stray', 'closed')
  if (unit === null || version.role !== 'coming') return
  const why = `Encord answered with the row ${dataHash}, which stands for another file or an older content already`
  ledger.units.setWork(unit.id, 'rejected', why, clock.wallMs())
  log.emit('unit.rejected', { folder: folder.path, path: unit.key, why, next: unitCommand('why', folder.path, unit.key) })
}

/** Called with the row's own unit. @see copyFrames */
function addPart(
  ledger: EffectTools['ledger'],
  first: VersionRecord,
  unitId: number,
  row: { readonly dataHash: string; readonly title: string },
  part: number,
  atMs: number,
): void {
  const { remoteId, kind, content } = first
  const made = { unitId, remoteId, kind, title: row.title, sizeBytes: 0, dataHash: row.dataHash, part, content, metadataDue: true }
  copyFrames(ledger, first.id, ledger.versions.addLive(made, atMs))
}

/**
 * Which frames went into a further row of a sequence no answer tells: it stands for all of them, so that what is asked before a DELETE
 * (is its content somewhere else? what may hide it?) is asked of the sequence as a whole.
 */
function copyFrames(ledger: EffectTools['ledger'], fromId: number, toId: number): void {
  ledger.versions.copySeen(fromId, toId)
  const frames = ledger.versions.frames(fromId).flatMap(({ fileId, ...frame }) => (fileId === null ? [] : [{ ...frame, fileId }]))
  ledger.versions.setFrames(toId, frames)
  for (const [ord, { sha256 }] of frames.entries()) if (sha256 !== null) ledger.versions.setFrameSent(toId, ord, sha256)
}

/**
 * The place was given away while the answer was on its way (another file was moved over it, say): the row is there, and is an older
 * version of what stands there now, or nobody's.
 */
function keepOlderRow(
  tools: Pick<EffectTools, 'ledger' | 'folder' | 'clock'>,
  version: VersionRecord,
  unit: UnitRecord | null,
  row: { readonly dataHash: string; readonly title: string },
): void {
  const { ledger, folder, clock } = tools
  const at = clock.wallMs()
  // The unit has a current version of its own; the row becomes live beside it.
  ledger.versions.setUnit(version.id, null)
  ledger.versions.setLive(version.id, row.dataHash, row.title, false, at)
  ledger.versions.setRole(version.id, unit === null ? 'detached' : 'superseded')
  if (unit !== null) {
    ledger.versions.setUnit(version.id, unit.id)
    ledger.candidates.add(version.id, 'superseded', null, at)
  }
  ledger.history.add({
    atMs: at,
    folderId: unit?.folderId ?? folder.id,
    verb: 'registered',
    dataHash: row.dataHash,
    key: unit?.key ?? null,
    files: Math.max(1, ledger.versions.frames(version.id).length),
    approved: false,
    detail: { title: row.title, sha256: version.content, because: 'its place was given away while it was registered' },
  })
}

/** A further row of a sequence whose place was given away: like its first one. */
function keepOlderPart(
  tools: Pick<EffectTools, 'ledger' | 'folder' | 'clock'>,
  first: VersionRecord,
  unit: UnitRecord | null,
  row: { readonly dataHash: string; readonly title: string },
): void {
  const id = addPartApart(tools.ledger, first, row, tools.clock.wallMs())
  keepOlderRow(tools, { ...first, id }, unit, row)
}

/** A further row of a sequence, of no unit yet, that holds what its first one does. Called inside a transaction. @see copyFrames */
export function addPartApart(
  ledger: EffectTools['ledger'],
  first: VersionRecord,
  row: { readonly dataHash: string; readonly title: string },
  atMs: number,
): number {
  const { remoteId, kind, content } = first
  const id = ledger.versions.addDetached({ remoteId, kind, dataHash: row.dataHash, title: row.title, sizeBytes: 0 }, atMs)
  if (content !== null) ledger.versions.setContent(id, content)
  copyFrames(ledger, first.id, id)
  return id
}
