import { EncordError } from '../model/error.ts'
import type { RemoteRow, Ticket } from '../model/remote.ts'
import type { EffectResult, EffectTools } from './effectTools.ts'
import { FileChanged } from './fileChanged.ts'
import { finishVersion } from './finishVersion.ts'
import type { OperationRecord, VersionRecord } from './records.ts'
import { withFile } from './sendBody.ts'
import { register } from './uploadFile.ts'
import { createGroup } from './uploadGroup.ts'

/** A group is looked for among rows made since its call, with this much room for two clocks, ms. */
const CLOCK_ROOM_MS = 300_000

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
  const { ledger, clock } = tools
  const hash = version.dataHash ?? ''
  const row = await rowByHash(tools, hash)
  if (row !== null) {
    await ledger.commit(() => finishVersion(tools, version, [{ dataHash: hash, title: row.title }], operation.id))
    resolved(tools, version, 'register', 'done')
    return { kind: 'again' }
  }
  const absent = await lacks(tools, operation, hash)
  if (absent.kind !== 'absent') return absent.result
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
  const again = await ledger.commit(() => {
    ledger.operations.end(operation.id, 'not-applied', clock.wallMs())
    return ledger.operations.intend(version.id, 'register', clock.wallMs(), tools.remote.serverTime()?.dateMs ?? null, null)
  })
  const upload = { unitId: unit.id, unitKind: version.kind, title: version.title, key: unit.key }
  try {
    return await register(tools, upload, version.id, JSON.parse(version.ticket) as Ticket, again)
  } catch (error) {
    // The server does not know this upload any more: a new ticket, and the old hash stays as a stray.
    if (error instanceof EncordError && error.kind === 'this-file') {
      await ledger.commit(() => ledger.versions.retire(version.id, 'stray', 'closed'))
    }
    throw error
  }
}

async function resolveGroup(tools: EffectTools, version: VersionRecord, operation: OperationRecord): Promise<EffectResult> {
  const { ledger, clock, remote } = tools
  const frames = ledger.versions.frames(version.id)
  const wanted = frames.map((frame) => frame.dataHash ?? '')
  const sentAtMs = clock.wallMs()
  const listing = await remote.listing({ clientMetadata: false }, { signal: tools.signal })
  if (listing.dataset !== ledger.remotes.get(version.remoteId).dataset) return { kind: 'later', forMs: tools.absentGapMs }
  const unknown = listing.rows.filter((row) => row.type === 'IMG_GROUP' && ledger.versions.byHash(version.remoteId, row.dataHash) === null)
  const ours: RemoteRow[] = []
  const titled: RemoteRow[] = []
  for (const row of unknown) {
    const members = row.members ?? (row.title === version.title ? await membersOf(tools, row.dataHash) : null)
    if (members !== null) {
      if (sameSet(members, wanted)) ours.push(row)
      continue
    }
    const madeSince = row.createdAtMs === null || row.createdAtMs >= (operation.serverTimeMs ?? operation.beganMs) - CLOCK_ROOM_MS
    if (row.title === version.title && madeSince) titled.push(row)
  }
  const found = ours[0] ?? (titled.length === 1 ? titled[0] : undefined)
  if (found !== undefined) {
    await ledger.commit(() => finishVersion(tools, version, [{ dataHash: found.dataHash, title: found.title }], operation.id))
    resolved(tools, version, 'imagegroup', 'done')
    return { kind: 'again' }
  }
  if (titled.length > 1) {
    await ledger.commit(() => {
      ledger.operations.end(operation.id, 'refused', sentAtMs, 'several rows could be it')
      ledger.versions.retire(version.id, 'stray', 'closed')
      if (version.unitId !== null) {
        ledger.units.setWork(version.unitId, 'unlinked', `${titled.length} rows named "${version.title}" could be this group`, sentAtMs)
      }
    })
    return { kind: 'again' }
  }
  const absent = await lacks(tools, operation, null)
  if (absent.kind !== 'absent') return absent.result
  const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
  if (unit === null || unit.local !== 'present') return await giveUp(tools, version, operation)
  resolved(tools, version, 'imagegroup', 'not-done')
  const again = await ledger.commit(() => {
    ledger.operations.end(operation.id, 'not-applied', clock.wallMs())
    return ledger.operations.intend(version.id, 'group', clock.wallMs(), remote.serverTime()?.dateMs ?? null, null)
  })
  return await createGroup(tools, { unitId: unit.id, title: version.title, key: unit.key }, version.id, again, wanted)
}

async function resolveDelete(tools: EffectTools, version: VersionRecord, operation: OperationRecord): Promise<EffectResult> {
  const { ledger, clock, folder, log } = tools
  const hash = version.dataHash ?? ''
  const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
  const hashes = await tools.listing()
  if (hashes === null) return { kind: 'later', forMs: tools.absentGapMs }
  if (!hashes.has(hash)) {
    const absent = await lacks(tools, operation, hash, hashes)
    if (absent.kind !== 'absent') return absent.result
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
      if (candidate !== null) ledger.candidates.add(version.id, candidate.why, null, clock.wallMs())
    })
    resolved(tools, version, 'video DELETE', 'not-done')
    return { kind: 'again' }
  }
  if (stillThere === 0) await ledger.commit(() => ledger.operations.setLacking(operation.id, -1, clock.wallMs()))
  return { kind: 'later', forMs: tools.absentGapMs }
}

/** A deleted row's last state; called inside a commit. */
export function closeDeleted(tools: Pick<EffectTools, 'ledger' | 'folder' | 'clock'>, version: VersionRecord): void {
  const { ledger, folder, clock } = tools
  const candidate = ledger.candidates.get(version.id)
  const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
  ledger.history.add({
    atMs: clock.wallMs(),
    folderId: folder.id,
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
  ledger.versions.retire(version.id, 'gone', 'closed')
}

async function rowByHash(tools: EffectTools, hash: string): Promise<RemoteRow | null> {
  if (!tools.ledger.remotes.get(tools.folder.remoteId).datarow) return null
  try {
    return await tools.remote.row(hash, { signal: tools.signal })
  } catch (error) {
    // A key that may not use `datarow` is no obstacle: the listing tells.
    if (error instanceof EncordError && (error.kind === 'not-allowed' || error.kind === 'this-file')) return null
    throw error
  }
}

async function membersOf(tools: EffectTools, hash: string): Promise<readonly string[] | null> {
  return (await rowByHash(tools, hash))?.members ?? null
}

type Lacking = { readonly kind: 'absent' } | { readonly kind: 'not-yet'; readonly result: EffectResult }

/** Counts trusted listings without the hash: two of them, `absent_gap` apart, prove that the call did nothing. */
async function lacks(tools: EffectTools, operation: OperationRecord, hash: string | null, listed?: ReadonlySet<string>): Promise<Lacking> {
  const { ledger, clock } = tools
  const hashes = listed ?? (await tools.listing())
  if (hashes === null) return { kind: 'not-yet', result: { kind: 'later', forMs: tools.absentGapMs } }
  if (hash !== null && hashes.has(hash)) return { kind: 'not-yet', result: { kind: 'again' } }
  if (operation.lacking <= 0 || operation.lackingAtMs === null) {
    await ledger.commit(() => ledger.operations.setLacking(operation.id, 1, clock.wallMs()))
    return { kind: 'not-yet', result: { kind: 'later', forMs: tools.absentGapMs } }
  }
  const leftMs = operation.lackingAtMs + tools.absentGapMs - clock.wallMs()
  if (leftMs > 0) return { kind: 'not-yet', result: { kind: 'later', forMs: Math.min(leftMs, tools.absentGapMs) } }
  return { kind: 'absent' }
}

async function giveUp(tools: EffectTools, version: VersionRecord, operation: OperationRecord): Promise<EffectResult> {
  await tools.ledger.commit(() => {
    tools.ledger.operations.end(operation.id, 'not-applied', tools.clock.wallMs())
    tools.ledger.versions.retire(version.id, 'stray', 'closed')
  })
  return { kind: 'again' }
}

function resolved(tools: EffectTools, version: VersionRecord, call: string, outcome: 'done' | 'not-done'): void {
  const path = version.unitId === null ? '' : (tools.ledger.units.get(version.unitId)?.key ?? '')
  tools.log.emit('call.resolved', { call, folder: tools.folder.path, path, dataHash: version.dataHash, outcome, by: 'listing' })
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  const left = new Set(a)
  return left.size === b.length && b.every((one) => left.has(one))
}
