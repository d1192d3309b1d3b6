import { dirOf, nameOf, sameStamp } from '../model/file.ts'
import type { FolderPolicy } from '../model/folder.ts'
import type { RemoteRow, Ticket } from '../model/remote.ts'
import type { EffectResult, EffectTools } from './effectTools.ts'
import { FileChanged } from './fileChanged.ts'
import { doubtWords, findGroup, rowByHash } from './findGroup.ts'
import { finishVersion } from './finishVersion.ts'
import { noteMadeBy } from './keptRows.ts'
import { lacks, tellResolved } from './outcome.ts'
import { NOBODY_KNOWN } from './plan/deletePlan.ts'
import { compareNatural } from './plan/naturalOrder.ts'
import { dirOfUnit } from './plan/series.ts'
import { isLeftOut } from './plan/unitContent.ts'
import type { OperationRecord, UnitRecord, VersionRecord } from './records.ts'
import { cloudRows, cloudUrl, isByAddress, untimedCloudRows } from './resolveCloud.ts'
import { resolveDelete } from './resolveDelete.ts'
import { isClaimed, rivalsOf, rivalWords } from './rivals.ts'
import { isLocal, withFile } from './sendBody.ts'
import { isAnothers, isOpen } from './stillComing.ts'
import { leaveToPerson, register, repeatEvidence, repeatsOf } from './uploadFile.ts'
import { createGroup } from './uploadGroup.ts'

/** Between two looks at a call that is under way, ms. */
const UNDER_WAY_MS = 1_000

/**
 * Finds out what became of a call whose answer was lost, before anything is repeated. Present in one listing (or by `datarow`)
 * proves that it took effect; absent needs two trusted listings, one `absent_gap` apart, and then the same call is made again.
 */
export async function resolveOperation(tools: EffectTools, operationId: number, versionId: number): Promise<EffectResult> {
  const { ledger } = tools
  const version = ledger.versions.get(versionId)
  const operation = ledger.operations.openOf(versionId).find((one) => one.id === operationId)
  if (version === null || operation === undefined) return { kind: 'again' }
  // A call that is under way makes its own outcome known: a DELETE, whose file is back meanwhile.
  if (operation.phase === 'intent') return { kind: 'later', forMs: UNDER_WAY_MS }
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
  if (row !== null) return await found(tools, version, operation, [{ dataHash: hash, title: row.title }])
  if (!isOpen(ledger, version.id, operation.id)) return { kind: 'again' }
  const waiting = await lacks(tools, operation, listed)
  if (waiting !== null) return waiting
  const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
  const file = unit === null ? undefined : ledger.tree.filesOfUnit(unit.id).find((one) => one.local === 'present')
  if (unit === null || file === undefined || version.ticket === null || file.sha256 !== version.content)
    return await giveUp(tools, version, operation)
  if (mayBeForgotten(ledger, version)) return await giveUp(tools, version, operation)
  try {
    await withFile(tools, file, async (opened) => {
      if (!(await opened.unchanged())) throw new FileChanged(file.path, 'it changed after it was sent')
    })
  } catch (error) {
    if (!(error instanceof FileChanged) && !isLocal(error)) throw error
    await giveUp(tools, version, operation)
    return { kind: 'look', dir: dirOf(file.path) }
  }
  const again = await intendAgain(tools, version, operation, 'register')
  if (again === null) return { kind: 'again' }
  const upload = { unitId: unit.id, unitKind: version.kind, title: version.title, key: unit.key }
  return await register(tools, upload, version.id, JSON.parse(version.ticket) as Ticket, again)
}

async function resolveCloud(tools: EffectTools, version: VersionRecord, operation: OperationRecord): Promise<EffectResult> {
  const listed = await tools.listing()
  if (!isOpen(tools.ledger, version.id, operation.id)) return { kind: 'again' }
  const rows = listed === null ? [] : cloudRows(tools, version, operation, listed)
  const untimed = listed === null || rows.length > 0 ? [] : untimedCloudRows(tools, version, operation, listed)
  if (rows.length > 1 || untimed.length > 0) {
    const words = rowsInWords(Math.max(rows.length, untimed.length))
    await leaveToPerson(tools, version.id, operation.id, `${words} of the dataset could be "${version.title}"`)
    return { kind: 'again' }
  }
  if (rows.length > 0 && !isByAddress(version, rows)) return await foundByTitle(tools, version, operation, rows)
  if (rows.length > 0) return await foundGroup(tools, version, operation, rows)
  const waiting = await lacks(tools, operation, listed)
  if (waiting !== null) return waiting
  tellResolved(tools, version, operation, 'not-done')
  return await giveUp(tools, version, operation)
}

async function resolveGroup(tools: EffectTools, version: VersionRecord, operation: OperationRecord): Promise<EffectResult> {
  const { ledger } = tools
  const listed = await tools.listing()
  if (listed === null) return { kind: 'later', forMs: tools.absentGapMs }
  const found = await findGroup(tools, version, operation, listed)
  if (!isOpen(ledger, version.id, operation.id)) return { kind: 'again' }
  if (found.kind === 'titled') return await foundByTitle(tools, version, operation, found.rows)
  if (found.kind === 'whole') return await foundGroup(tools, version, operation, found.rows)
  if (found.kind === 'several') {
    await leaveToPerson(tools, version.id, operation.id, `${rowsInWords(found.rows)} named "${version.title}" could be this group`)
    return { kind: 'again' }
  }
  const waiting = await lacks(tools, operation, listed)
  if (waiting !== null) return waiting
  // A part of a sequence: the call was made, and someone removed the rest.
  if (found.rows.length > 0) return await foundGroup(tools, version, operation, found.rows)
  if (found.doubtful > 0) {
    await leaveToPerson(tools, version.id, operation.id, doubtWords(found.doubtful))
    return { kind: 'again' }
  }
  const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
  if (unit === null || unit.local !== 'present' || version.role !== 'coming' || !isStillGroup(tools, unit, version))
    return await giveUp(tools, version, operation)
  if (mayBeForgotten(ledger, version)) return await giveUp(tools, version, operation)
  const again = await intendAgain(tools, version, operation, 'group')
  if (again === null) return { kind: 'again' }
  return await createGroup(tools, { unitId: unit.id, title: version.title, key: unit.key }, version.id, again)
}

/** A ledger that was put back to before it sent this content once more may have a row of it in the dataset already: the unit's plan asks for that. */
function mayBeForgotten({ remotes }: EffectTools['ledger'], { remoteId, content }: VersionRecord): boolean {
  return remotes.get(remoteId).firstContact !== 'done' || remotes.foreignRows(remoteId).some(({ own }) => own?.sha256 === content)
}

function rowsInWords(count: number): string {
  return count === 1 ? 'a row' : `${count} rows`
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
    if (sha256 === undefined && isLeftOut(file, unit)) continue
    const now = here.get(nameOf(file.path))
    if (file.sha256 !== sha256 || now === undefined || !sameStamp(now, file.stamp)) return false
    found++
  }
  return found === sent.size
}

/** Nothing but its title tells whose the row is: it is this call's only if it can't be another one's. */
async function foundByTitle(
  tools: EffectTools,
  version: VersionRecord,
  operation: OperationRecord,
  rows: readonly RemoteRow[],
): Promise<EffectResult> {
  const subdirectoriesOf = (folderId: number): FolderPolicy['subdirectories'] => tools.policyOf(folderId).subdirectories
  const rivals = rivalsOf(tools.ledger, version, subdirectoriesOf)
  // A call that is under way will say itself which row it made.
  if (rivals.some((rival) => rival.operation.phase === 'intent')) return { kind: 'later', forMs: tools.absentGapMs }
  if (rivals.length === 0 && !isClaimed(tools.ledger, version, subdirectoriesOf))
    return await found(tools, version, operation, rows, () => {
      // Another machine may have made it, or a person.
      noteMadeBy(tools.ledger, version.id, NOBODY_KNOWN)
      tools.fresh.delete(version.id)
    })
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
  return await found(tools, version, operation, inOrder)
}

/**
 * The call took effect, unless somebody else settled it, or a row was taken for another unit's, while this was found out.
 * @param note what else is written down of it, in the same transaction
 */
async function found(
  tools: EffectTools,
  version: VersionRecord,
  operation: OperationRecord,
  rows: readonly Pick<RemoteRow, 'dataHash' | 'title'>[],
  note: () => void = () => undefined,
): Promise<EffectResult> {
  const { ledger } = tools
  const isKept = await ledger.commit(() => {
    if (!isOpen(ledger, version.id, operation.id) || rows.some((row) => isAnothers(ledger, version, row.dataHash))) return false
    finishVersion(tools, version, rows, operation.id)
    note()
    return true
  })
  if (isKept) tellResolved(tools, version, operation, 'done')
  return { kind: 'again' }
}

/**
 * The call is made once more: its first intent is over, and the next one says that two listings lacked its effect. Null: its place was
 * given away meanwhile, or it was settled, and nothing is called.
 */
async function intendAgain(
  tools: EffectTools,
  version: VersionRecord,
  operation: OperationRecord,
  verb: 'register' | 'group',
): Promise<number | null> {
  const { ledger, clock, remote } = tools
  const again = await ledger.commit(() => {
    if (!isOpen(ledger, version.id, operation.id) || ledger.versions.get(version.id)?.role !== 'coming') return null
    ledger.operations.end(operation.id, 'not-applied', clock.wallMs())
    const evidence = repeatEvidence(repeatsOf(operation.evidence) + 1)
    return ledger.operations.intend(version.id, verb, clock.wallMs(), remote.serverTime()?.dateMs ?? null, evidence)
  })
  if (again !== null) tellResolved(tools, version, operation, 'not-done')
  return again
}

async function giveUp(tools: EffectTools, version: VersionRecord, operation: OperationRecord): Promise<EffectResult> {
  await tools.ledger.commit(() => {
    if (!isOpen(tools.ledger, version.id, operation.id)) return
    tools.ledger.operations.end(operation.id, 'not-applied', tools.clock.wallMs())
    tools.ledger.versions.retire(version.id, 'stray', 'closed')
  })
  return { kind: 'again' }
}
