import type { Clock } from '../model/clock.ts'
import type { Log } from '../model/event.ts'
import type { RemoteRow } from '../model/remote.ts'
import { isConfigured } from './configured.ts'
import { doubtWords, findGroup } from './findGroup.ts'
import { addPartApart } from './finishVersion.ts'
import { noteMadeBy } from './keptRows.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { Listed } from './listing.ts'
import { lacks } from './outcome.ts'
import { NOBODY_KNOWN } from './plan/deletePlan.ts'
import type { Remote } from './ports.ts'
import type { OperationRecord, UnitRecord, VersionRecord } from './records.ts'
import { cloudRows, cloudUrl, isByAddress, untimedCloudRows } from './resolveCloud.ts'
import { resolveDelete } from './resolveDelete.ts'
import { isClaimed, rivalsOf, rivalWords } from './rivals.ts'
import { isAnothers } from './stillComing.ts'
import { leaveToPerson } from './uploadFile.ts'

export type OrphanTools = {
  readonly ledger: LedgerPort
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  readonly remote: Pick<Remote, 'row'>
  readonly absentGapMs: number
}

type Orphan = { readonly operation: OperationRecord; readonly version: VersionRecord; readonly unit: UnitRecord | null }

/** What the folder of a call without a plan asked for, nobody knows: it may have been a sequence. */
const ANY = (): 'sequence' => 'sequence'

/** What may be repeated freely needs no looking up. */
const LASTING: ReadonlySet<OperationRecord['verb']> = new Set(['register', 'group', 'delete'])

/** Calls of this dataset whose outcome is open and that no folder's plan looks at. */
export function orphansOf(ledger: LedgerPort, remoteId: number): readonly Orphan[] {
  return ledger.operations.open().flatMap((operation): Orphan[] => {
    // A call that is under way makes its own outcome known.
    const version = operation.phase === 'unknown' && LASTING.has(operation.verb) ? ledger.versions.get(operation.versionId) : null
    if (version === null || version.remoteId !== remoteId) return []
    const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
    const isPlanned = unit !== null && version.role !== 'closed' && isConfigured(ledger, unit.folderId)
    return isPlanned ? [] : [{ operation, version, unit }]
  })
}

/**
 * Settles what a listing tells of calls that no plan looks at: their row has no unit, or its place was given away before the answer
 * was known, or their folder left the config. A row that is there is never forgotten; one that two listings lack was not made.
 */
export async function settleOrphans(tools: OrphanTools, remoteId: number, listed: Listed): Promise<void> {
  const { ledger } = tools
  for (const { operation, version, unit } of orphansOf(ledger, remoteId)) {
    if (!ledger.operations.openOf(version.id).some((one) => one.id === operation.id)) continue
    if (operation.verb === 'delete') {
      const path = unit === null ? '' : ledger.folders.get(unit.folderId).path
      await resolveDelete({ ...tools, listing: async () => listed, folder: { path } }, version, operation)
      continue
    }
    const { rows, by, doubtful } = await madeRows(tools, version, operation, listed)
    // Its unit may be forgotten or followed again, or a row taken for another one's, since rows were asked about.
    const whileOrphan = (settle: (orphan: Orphan) => void): void => {
      const now = orphansOf(ledger, remoteId).find((one) => one.operation.id === operation.id)
      if (now !== undefined && (rows === 'several' || !rows.some((row) => isAnothers(ledger, version, row.dataHash)))) settle(now)
    }
    if (rows === 'several') await leaveOpen(tools, version, operation)
    else if (rows.length > 0) await ledger.commit(() => whileOrphan((orphan) => keepRows(tools, orphan, rows, by)))
    else if ((await lacks({ ...tools, listing: async () => listed }, operation, listed)) !== null) continue
    else if (doubtful > 0) await leaveToPerson(tools, version.id, operation.id, doubtWords(doubtful))
    else {
      await ledger.commit(() =>
        whileOrphan(() => {
          ledger.operations.end(operation.id, 'not-applied', tools.clock.wallMs())
          ledger.versions.retire(version.id, 'stray', 'closed')
        }),
      )
    }
  }
}

/** `by`: whether anything but their names told that they are it. `doubtful`: so many rows of series may be it all the same. */
type Made = { readonly rows: readonly RemoteRow[] | 'several'; readonly by: 'proof' | 'name'; readonly doubtful: number }

async function madeRows(tools: OrphanTools, version: VersionRecord, operation: OperationRecord, listed: Listed): Promise<Made> {
  const byMembers = { ...tools, policy: { subdirectories: 'group' as const } }
  const isRivalled = (): boolean => rivalsOf(tools.ledger, version, ANY).length > 0 || isClaimed(tools.ledger, version, ANY)
  if (cloudUrl(operation.evidence) !== null) {
    // No hash was known before the answer.
    const rows = cloudRows(byMembers, version, operation, listed)
    const isUntimed = rows.length === 0 && untimedCloudRows(byMembers, version, operation, listed).length > 0
    const by = isByAddress(version, rows) ? 'proof' : 'name'
    const isOpen = isUntimed || rows.length > 1 || (rows.length === 1 && by === 'name' && isRivalled())
    return { rows: isOpen ? 'several' : rows, by, doubtful: 0 }
  }
  if (operation.verb === 'register') return { rows: [listed.row(version.dataHash ?? '') ?? []].flat(), by: 'proof', doubtful: 0 }
  const found = await findGroup(byMembers, version, operation, listed)
  const isOpen = found.kind === 'several' || (found.kind === 'titled' && isRivalled())
  const by = found.kind === 'titled' ? 'name' : 'proof'
  return { rows: isOpen ? 'several' : found.rows, by, doubtful: found.kind === 'part' ? found.doubtful : 0 }
}

/**
 * Which row is whose nobody can tell: no rival takes one either, and all unknown rows are read as a stranger's, so that a file that fits
 * one waits for a person.
 */
async function leaveOpen(tools: OrphanTools, version: VersionRecord, operation: OperationRecord): Promise<void> {
  const { ledger } = tools
  for (const rival of [{ version, operation }, ...rivalsOf(ledger, version, ANY)])
    if (rival.operation.phase === 'unknown')
      await leaveToPerson(tools, rival.version.id, rival.operation.id, rivalWords(rival.version.title))
  await ledger.commit(() => ledger.remotes.markDue(version.remoteId))
}

/** The row is there: an older version of what stands at its place now, else nobody's, listed and removable only by command. */
function keepRows(tools: OrphanTools, { operation, version, unit }: Orphan, rows: readonly RemoteRow[], by: Made['by']): void {
  const { ledger, clock, log } = tools
  const atMs = clock.wallMs()
  const folder = unit === null ? null : ledger.folders.get(unit.folderId)
  const isOlder = unit !== null && unit.local !== 'excluded' && isConfigured(ledger, unit.folderId)
  const because = isOlder ? 'its place was given away before the answer was known' : 'its folder or rule left before the answer was known'
  ledger.operations.end(operation.id, 'done', atMs)
  rows.forEach((row, part) => {
    const { remoteId, content } = version
    const id = part === 0 ? version.id : addPartApart(ledger, version, row, atMs)
    // No unit has two current versions, not even between two statements.
    ledger.versions.setUnit(id, null)
    ledger.versions.setLive(id, row.dataHash, row.title, false, atMs)
    ledger.versions.setRole(id, isOlder ? 'superseded' : 'detached')
    ledger.versions.setUnit(id, version.unitId)
    if (isOlder) ledger.candidates.add(id, 'superseded', null, atMs)
    if (by === 'name') noteMadeBy(ledger, id, NOBODY_KNOWN)
    ledger.versions.markListed(remoteId, row.dataHash, atMs)
    ledger.remotes.dropForeign(remoteId, row.dataHash)
    ledger.history.add({
      atMs,
      folderId: folder?.id ?? null,
      verb: 'registered',
      dataHash: row.dataHash,
      key: unit?.key ?? null,
      files: Math.max(1, ledger.versions.frames(version.id).length),
      approved: false,
      detail: { title: row.title, sha256: content, because },
    })
    if (!isOlder)
      log.emit('unit.detached', { folder: folder?.path ?? '', path: unit?.key ?? row.title, dataHash: row.dataHash, why: because })
  })
}
