import { nameOf, sameStamp } from '../model/file.ts'
import type { RemoteRow, Ticket } from '../model/remote.ts'
import { dropCommand } from './commandEvidence.ts'
import type { EffectResult, EffectTools } from './effectTools.ts'
import { FileChanged } from './fileChanged.ts'
import { doubtWords, findGroup, rowByHash } from './findGroup.ts'
import { finishVersion } from './finishVersion.ts'
import type { Listed } from './listing.ts'
import { compareNatural } from './plan/naturalOrder.ts'
import { dirOfUnit } from './plan/series.ts'
import type { Look, OperationRecord, UnitRecord, VersionRecord } from './records.ts'
import { cloudRows, cloudUrl, isByAddress } from './resolveCloud.ts'
import { rivalsOf, rivalWords } from './rivals.ts'
import { withFile } from './sendBody.ts'
import { leaveToPerson, register, repeatEvidence, repeatsOf } from './uploadFile.ts'
import { createGroup } from './uploadGroup.ts'

/**
 * Finds out what became of a call whose answer was lost, before anything is repeated. Present in one listing (or by `datarow`)
 * proves that it took effect; absent needs two trusted listings, one `absent_gap` apart, and then the same call is made again.
 */
export async function resolveOperation(tools: EffectTools, operationId: number, versionId: number): Promise<EffectResult> {
  const { ledger } = tools
  const version = ledger.versions.get(versionId)
  const operation = ledger.operations.openOf(versionId).find((one) => one.id === operationId)
  if (version === null || operation === undefined) return { kind: 'again' }
  switch (operation.verb) {
    case 'register':
      return await resolveRegister(tools, version, operation)
    case 'group':
      return await resolveGroup(tools, version, operation)
    case 'delete':
      return await resolveDelete(tools, version, operation)
    default:
      await ledger.commit(() => ledger.operations.end(operationId, 'not-applied', tools.clock.wallMs()))
      return { kind: 'again' }
  }
}

async function resolveRegister(tools: EffectTools, version: VersionRecord, operation: OperationRecord): Promise<EffectResult> {
  if (cloudUrl(operation.evidence) !== null) return await resolveCloud(tools, version, operation)
  const { ledger } = tools
  const hash = version.dataHash ?? ''
  let row = await rowByHash(tools, version.remoteId, hash)
  const listed = row === null ? await tools.listing() : null
  row ??= listed?.row(hash) ?? null
  if (row !== null) {
    const { title } = row
    await ledger.commit(() => finishVersion(tools, version, [{ dataHash: hash, title }], operation.id))
    resolved(tools, version, 'register', 'done')
    return { kind: 'again' }
  }
  const waiting = await lacks(tools, operation, listed)
  if (waiting !== null) return waiting
  const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
  const file = unit === null ? undefined : ledger.tree.filesOfUnit(unit.id).find((one) => one.local === 'present')
  if (unit === null || file === undefined || version.ticket === null || file.sha256 !== version.content)
    return await giveUp(tools, version, operation)
  try {
    await withFile(tools, file, async (opened) => {
      if (!(await opened.unchanged())) throw new FileChanged(file.path, 'it changed after it was sent')
    })
  } catch (error) {
    if (!(error instanceof FileChanged)) throw error
    await giveUp(tools, version, operation)
    return { kind: 'look', dir: error.dir }
  }
  resolved(tools, version, 'register', 'not-done')
  const again = await intendAgain(tools, version, operation, 'register')
  const upload = { unitId: unit.id, unitKind: version.kind, title: version.title, key: unit.key }
  return await register(tools, upload, version.id, JSON.parse(version.ticket) as Ticket, again)
}

async function resolveCloud(tools: EffectTools, version: VersionRecord, operation: OperationRecord): Promise<EffectResult> {
  const listed = await tools.listing()
  if (!isOpen(tools, version, operation)) return { kind: 'again' }
  const rows = listed === null ? [] : cloudRows(tools, version, operation, listed)
  if (rows.length > 1) {
    await leaveToPerson(tools, version.id, operation.id, `${rows.length} rows of the dataset could be "${version.title}"`)
    return { kind: 'again' }
  }
  if (rows.length > 0 && !isByAddress(version, rows)) return await foundByTitle(tools, version, operation, rows)
  if (rows.length > 0) return await foundGroup(tools, version, operation, rows)
  const waiting = await lacks(tools, operation, listed)
  if (waiting !== null) return waiting
  resolved(tools, version, 'datasetdata', 'not-done')
  return await giveUp(tools, version, operation)
}

async function resolveGroup(tools: EffectTools, version: VersionRecord, operation: OperationRecord): Promise<EffectResult> {
  const { ledger } = tools
  const listed = await tools.listing()
  if (listed === null) return { kind: 'later', forMs: tools.absentGapMs }
  const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
  const found = await findGroup(tools, version, operation, listed)
  if (!isOpen(tools, version, operation)) return { kind: 'again' }
  if (found.kind === 'titled') return await foundByTitle(tools, version, operation, found.rows)
  if (found.kind === 'whole') return await foundGroup(tools, version, operation, found.rows)
  if (found.kind === 'several') {
    await leaveToPerson(tools, version.id, operation.id, `${found.rows} rows named "${version.title}" could be this group`)
    return { kind: 'again' }
  }
  const waiting = await lacks(tools, operation, listed)
  if (waiting !== null) return waiting
  // A part of a sequence: the call was made, and someone removed the rest.
  if (found.rows.length > 0) return await foundGroup(tools, version, operation, found.rows)
  if (unit === null || unit.local !== 'present' || version.role !== 'coming' || !isStillGroup(tools, unit, version))
    return await giveUp(tools, version, operation)
  if (found.doubtful > 0) {
    await leaveToPerson(tools, version.id, operation.id, doubtWords(found.doubtful))
    return { kind: 'again' }
  }
  resolved(tools, version, groupCall(version), 'not-done')
  const again = await intendAgain(tools, version, operation, 'group')
  return await createGroup(tools, { unitId: unit.id, title: version.title, key: unit.key }, version.id, again)
}

/** The directory still holds just the frames that were sent, whatever their names: else the group is made anew of what is there. */
function isStillGroup({ ledger, disk, folder }: EffectTools, unit: UnitRecord, version: VersionRecord): boolean {
  const sent = new Map(ledger.versions.frames(version.id).map((frame) => [frame.fileId, frame.sha256]))
  const here = disk.filesIn(folder.path, dirOfUnit(unit))
  if (here === null) return false
  let found = 0
  for (const file of ledger.tree.filesOfUnit(unit.id)) {
    if (file.local !== 'present') continue
    const sha256 = sent.get(file.id)
    // A damaged frame is left out where `group_incomplete` says so; one that could be sent is missing in the group.
    if (sha256 === undefined && (file.look === null || isWhole(file.look))) return false
    if (sha256 === undefined) continue
    const now = here.get(nameOf(file.path))
    if (file.sha256 !== sha256 || now === undefined || !sameStamp(now, file.stamp)) return false
    found++
  }
  return found === sent.size
}

function isWhole(look: Look): boolean {
  return look.kind === 'dicom' || (look.kind === 'image' && look.whole.kind === 'whole')
}

/** Somebody else may have settled it while a listing was read. */
function isOpen({ ledger }: EffectTools, version: VersionRecord, { id }: OperationRecord): boolean {
  return ledger.operations.openOf(version.id).some((one) => one.id === id)
}

/** Nothing but its title tells whose the row is: it is this call's only if it can't be another one's. */
async function foundByTitle(
  tools: EffectTools,
  version: VersionRecord,
  operation: OperationRecord,
  rows: readonly RemoteRow[],
): Promise<EffectResult> {
  const rivals = rivalsOf(tools.ledger, version, tools.policy.subdirectories)
  // A call that is under way will say itself which row it made.
  if (rivals.some((rival) => rival.operation.phase === 'intent')) return { kind: 'later', forMs: tools.absentGapMs }
  if (rivals.length === 0) return await foundGroup(tools, version, operation, rows)
  for (const one of [{ version, operation }, ...rivals])
    await leaveToPerson(tools, one.version.id, one.operation.id, rivalWords(one.version.title))
  return { kind: 'again' }
}

async function foundGroup(
  tools: EffectTools,
  version: VersionRecord,
  operation: OperationRecord,
  rows: readonly RemoteRow[],
): Promise<EffectResult> {
  // The first row of a sequence has the title as it is; the others are told apart at its end.
  const isFirst = (row: RemoteRow): number => (row.title === version.title ? 0 : 1)
  const inOrder = rows.toSorted((a, b) => isFirst(a) - isFirst(b) || compareNatural(a.title, b.title))
  await tools.ledger.commit(() => finishVersion(tools, version, inOrder, operation.id))
  resolved(tools, version, operation.verb === 'group' ? groupCall(version) : 'datasetdata', 'done')
  return { kind: 'again' }
}

/** The call that makes a row of frames. */
function groupCall({ kind }: VersionRecord): string {
  return kind === 'dicom_series' ? 'dicomseries' : 'imagegroup'
}

/** The call is made once more: its first intent is over, and the next one says that two listings lacked its effect. */
function intendAgain(tools: EffectTools, version: VersionRecord, operation: OperationRecord, verb: 'register' | 'group'): Promise<number> {
  const { ledger, clock, remote } = tools
  return ledger.commit(() => {
    ledger.operations.end(operation.id, 'not-applied', clock.wallMs())
    const evidence = repeatEvidence(repeatsOf(operation.evidence) + 1)
    return ledger.operations.intend(version.id, verb, clock.wallMs(), remote.serverTime()?.dateMs ?? null, evidence)
  })
}

type ListingTools = Pick<EffectTools, 'ledger' | 'clock' | 'listing' | 'absentGapMs'>
/** Where a row's unit is, for the log; '' for a row that belongs to no folder. */
type WithPlace = { readonly folder: { readonly path: string } }

/** One look at the outcome of a DELETE; its operation is over, or the result says when to look again. */
export async function resolveDelete(
  tools: ListingTools & WithPlace & Pick<EffectTools, 'log'>,
  version: VersionRecord,
  operation: OperationRecord,
): Promise<EffectResult> {
  const { ledger, clock, folder, log } = tools
  const hash = version.dataHash ?? ''
  const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
  const listed = await tools.listing()
  if (listed === null) return { kind: 'later', forMs: tools.absentGapMs }
  if (!listed.has(hash)) {
    const waiting = await lacks(tools, operation, listed)
    if (waiting !== null) return waiting
    await ledger.commit(() => {
      ledger.operations.end(operation.id, 'done', clock.wallMs())
      closeDeleted(tools, version)
    })
    log.emit('delete.done', { folder: folder.path, path: unit?.key ?? '', dataHash: hash })
    return { kind: 'again' }
  }
  // Still there, twice: it did not happen. Evidence starts anew; nothing is ever re-sent on the strength of old evidence.
  const stillThere = operation.lacking < 0 ? -operation.lacking : 0
  const firstAtMs = operation.lackingAtMs
  if (stillThere >= 1 && firstAtMs !== null && clock.wallMs() - firstAtMs >= tools.absentGapMs) {
    await ledger.commit(() => {
      ledger.operations.end(operation.id, 'not-applied', clock.wallMs())
      ledger.versions.setRemote(version.id, 'live')
      const candidate = ledger.candidates.get(version.id)
      if (candidate?.why === 'command') dropCommand(ledger, version, operation.evidence)
      else if (candidate !== null) ledger.candidates.add(version.id, candidate.why, null, clock.wallMs())
    })
    resolved(tools, version, 'video DELETE', 'not-done')
    return { kind: 'again' }
  }
  if (stillThere === 0) await ledger.commit(() => ledger.operations.setLacking(operation.id, -1, clock.wallMs()))
  return { kind: 'later', forMs: tools.absentGapMs }
}

/** A deleted row's last state; called inside a commit. */
export function closeDeleted(tools: Pick<EffectTools, 'ledger' | 'clock'>, version: VersionRecord): void {
  const { ledger, clock } = tools
  const candidate = ledger.candidates.get(version.id)
  const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
  ledger.history.add({
    atMs: clock.wallMs(),
    folderId: unit?.folderId ?? null,
    verb: 'deleted',
    dataHash: version.dataHash,
    key: unit?.key ?? null,
    files: Math.max(1, ledger.versions.frames(version.id).length),
    approved: candidate !== null && (candidate.batchId !== null || candidate.why === 'command'),
    detail: {
      title: version.title,
      why: candidate?.why ?? 'command',
      firstScan: candidate?.firstScan ?? null,
      secondScan: candidate?.secondScan ?? null,
    },
  })
  ledger.candidates.remove(version.id)
  if (unit === null) ledger.remotes.dropForeign(version.remoteId, version.dataHash ?? '')
  // A person removed the row and left the file: as with rows that someone else removes, it is sent again only by `retry`.
  const isFileLeft = candidate?.why === 'command' && version.role === 'current' && unit !== null && unit.local !== 'absent'
  ledger.versions.retire(version.id, isFileLeft ? 'missing' : 'gone', isFileLeft ? 'current' : 'closed')
}

/**
 * Counts trusted listings that lack the effect: two of them, the second asked for `absent_gap` after the first, prove that the call
 * did nothing.
 * @returns null when that is proven, else how long to wait
 */
export async function lacks(tools: ListingTools, operation: OperationRecord, listed: Listed | null): Promise<EffectResult | null> {
  const { ledger, clock, absentGapMs } = tools
  if (listed === null) return { kind: 'later', forMs: absentGapMs }
  const now = clock.wallMs()
  const isFirst = operation.lacking <= 0 || operation.lackingAtMs === null || operation.lackingAtMs > now
  if (isFirst) {
    await ledger.commit(() => ledger.operations.setLacking(operation.id, 1, now))
    return { kind: 'later', forMs: absentGapMs }
  }
  const dueMs = (operation.lackingAtMs ?? now) + absentGapMs
  return listed.askedAtMs >= dueMs ? null : { kind: 'later', forMs: Math.max(100, dueMs - now) }
}

async function giveUp(tools: EffectTools, version: VersionRecord, operation: OperationRecord): Promise<EffectResult> {
  await tools.ledger.commit(() => {
    tools.ledger.operations.end(operation.id, 'not-applied', tools.clock.wallMs())
    tools.ledger.versions.retire(version.id, 'stray', 'closed')
  })
  return { kind: 'again' }
}

function resolved(
  tools: WithPlace & Pick<EffectTools, 'ledger' | 'log'>,
  version: VersionRecord,
  call: string,
  outcome: 'done' | 'not-done',
): void {
  const path = version.unitId === null ? '' : (tools.ledger.units.get(version.unitId)?.key ?? '')
  tools.log.emit('call.resolved', { call, folder: tools.folder.path, path, dataHash: version.dataHash, outcome, by: 'listing' })
}
