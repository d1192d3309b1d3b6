import { EncordError } from '../model/error.ts'
import { nameOf } from '../model/file.ts'
import type { Registered, Ticket } from '../model/remote.ts'
import { refusedTickets, TICKETS } from './deadUrls.ts'
import { type EffectResult, type EffectTools, TICKET_AGE_MS } from './effectTools.ts'
import { FileChanged } from './fileChanged.ts'
import { finishVersion } from './finishVersion.ts'
import { awaitMovedTwin } from './movedTwin.ts'
import type { Effect } from './plan/action.ts'
import { unitContent } from './plan/unitContent.ts'
import type { FileRecord, VersionRecord } from './records.ts'
import { sendBody, withFile } from './sendBody.ts'
import { checkStillComing, isOpen, keepSha, stillOf } from './stillComing.ts'

type Upload = Extract<Effect, { kind: 'upload' }>

/**
 * Sends a video or an image, or goes on where an earlier attempt ended. The order survives a crash at every step: the hash is in
 * the ledger before a byte leaves, the intent before the register call, so that whatever happened can be looked up.
 */
export async function uploadFile(tools: EffectTools, upload: Upload): Promise<EffectResult> {
  const { ledger } = tools
  const file = ledger.tree.file(upload.fileIds[0] ?? -1)
  if (file === null || !tools.stillPlanned(upload)) return { kind: 'again' }
  try {
    const move = await awaitMovedTwin(tools, upload.unitId, [file])
    if (move !== null) return move
    if (!tools.stillPlanned(upload)) return { kind: 'again' }
    let version = ledger.versions.ofUnit(upload.unitId).find((one) => one.role === 'coming') ?? null
    if (version?.remote === 'sent') return await resumeSent(tools, upload, file, version)
    for (let attempt = 1; ; attempt++) {
      version = await ticketed(tools, upload, file, version)
      try {
        return await sendAndRegister(tools, upload, file, version)
      } catch (error) {
        if (!(error instanceof EncordError) || error.kind !== 'dead-url') throw error
        await tools.ledger.commit(() => ledger.versions.retire(version?.id ?? -1, 'stray', 'closed'))
        version = null
        if (attempt >= TICKETS) throw refusedTickets(error)
      }
    }
  } catch (error) {
    if (!(error instanceof FileChanged)) throw error
    await strayComing(tools, upload.unitId, error.message)
    return { kind: 'look', dir: error.dir }
  }
}

/** A version with a ticket that is young enough; an old ticket's hash is kept as a stray. */
async function ticketed(tools: EffectTools, upload: Upload, file: FileRecord, known: VersionRecord | null): Promise<VersionRecord> {
  const { ledger, clock } = tools
  const age = known?.ticketAtMs == null ? null : clock.wallMs() - known.ticketAtMs
  if (known?.ticket != null && age !== null && age >= 0 && age < TICKET_AGE_MS) return known
  const name = nameOf(file.path)
  const ticket = await tools.inSlot(0, () =>
    upload.unitKind === 'video'
      ? tools.remote.videoTicket(name, { signal: tools.signal })
      : tools.remote.imageTickets([name], { signal: tools.signal }).then((tickets) => tickets[0] as Ticket),
  )
  const version = await ledger.commit(() => {
    if (!stillOf(ledger, upload.unitId, [file])) throw new FileChanged(file.path, 'its unit was given away')
    if (known !== null) ledger.versions.retire(known.id, 'stray', 'closed')
    return keepTicket(tools, upload, file.stamp.sizeBytes, ticket)
  })
  tools.crashPoint('ticket.kept')
  return version
}

/** Writes a coming version with its ticket; called inside a commit, before the first byte leaves. */
export function keepTicket(
  tools: Pick<EffectTools, 'ledger' | 'folder' | 'clock'>,
  upload: Upload,
  sizeBytes: number,
  ticket: Ticket,
): VersionRecord {
  const { ledger, folder, clock } = tools
  const { unitId, unitKind: kind, title } = upload
  const id = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind, title, sizeBytes }, ledger.scans.newest())
  ledger.versions.setTicket(id, ticket.data_hash, JSON.stringify(ticket), clock.wallMs())
  return ledger.versions.get(id) as VersionRecord
}

async function sendAndRegister(tools: EffectTools, upload: Upload, file: FileRecord, version: VersionRecord): Promise<EffectResult> {
  const { ledger, clock, log } = tools
  const began = clock.monotonicMs()
  log.emit('upload.started', {
    folder: tools.folder.path,
    path: upload.key,
    kind: upload.unitKind,
    sizeBytes: upload.sizeBytes,
    attempt: 1,
  })
  const ticket = JSON.parse(version.ticket ?? 'null') as Ticket
  const sent = await sendBody(tools, upload.unitId, file, ticket, upload.mime)
  log.emit('upload.sent', {
    folder: tools.folder.path,
    path: upload.key,
    sizeBytes: sent.sizeBytes,
    sha256: sent.sha256,
    tookMs: Math.round(clock.monotonicMs() - began),
  })
  tools.crashPoint('put.done')
  const operationId = await ledger.commit(() => {
    checkStillComing(ledger, version.id, upload.unitId, [file])
    if (!keepSha(ledger, file, sent.sha256, clock.wallMs())) throw new FileChanged(file.path, 'it changed after it was sent')
    ledger.versions.setSent(version.id, sent.sha256, sent.sizeBytes)
    ledger.versions.setTitle(version.id, upload.title)
    return ledger.operations.intend(version.id, 'register', clock.wallMs(), tools.remote.serverTime()?.dateMs ?? null, null)
  })
  return await register(tools, upload, version.id, ticket, operationId)
}

/** A crash between the last byte and the register call: the file must still be what was sent. */
async function resumeSent(tools: EffectTools, upload: Upload, file: FileRecord, version: VersionRecord): Promise<EffectResult> {
  const { ledger, clock } = tools
  if (file.sha256 === null || file.sha256 !== version.content) throw new FileChanged(file.path, 'it is not known to be what was sent')
  await withFile(tools, file, async (opened) => {
    if (!(await opened.unchanged())) throw new FileChanged(file.path, 'it changed after it was sent')
  })
  const ticket = JSON.parse(version.ticket ?? 'null') as Ticket | null
  if (ticket === null) throw new FileChanged(file.path, 'its signed URL was not kept')
  const operationId = await ledger.commit(() => {
    checkStillComing(ledger, version.id, upload.unitId, [file])
    ledger.versions.setTitle(version.id, upload.title)
    return ledger.operations.intend(version.id, 'register', clock.wallMs(), tools.remote.serverTime()?.dateMs ?? null, null)
  })
  return await register(tools, upload, version.id, ticket, operationId)
}

/**
 * The register call of a version whose intent is in the journal. A lost answer leaves the operation `unknown`.
 * A refusal word that may mean the title is tried once more with the base name.
 */
export async function register(
  tools: EffectTools,
  upload: Pick<Upload, 'unitId' | 'unitKind' | 'title' | 'key'>,
  versionId: number,
  ticket: Ticket,
  operationId: number,
): Promise<EffectResult> {
  const { ledger } = tools
  tools.crashPoint('register.intended')
  let title = upload.title
  let registered: Registered
  try {
    registered = await tools.inSlot(0, () => callRegister(tools, upload.unitKind, ticket, title))
  } catch (error) {
    const refused = error instanceof EncordError && error.outcome === 'not-done' && error.word === 'INVALID_ARGUMENTS_ERROR'
    if (!refused || title === nameOf(upload.key)) return await registerFailed(tools, versionId, operationId, error)
    title = nameOf(upload.key)
    try {
      registered = await tools.inSlot(0, () => callRegister(tools, upload.unitKind, ticket, title))
      await ledger.commit(() => ledger.remotes.refusePathTitles(tools.folder.remoteId))
    } catch (second) {
      return await registerFailed(tools, versionId, operationId, second)
    }
  }
  tools.crashPoint('register.answered')
  await ledger.commit(() => {
    const version = ledger.versions.get(versionId)
    if (version === null) throw new Error(`no version ${versionId}`)
    finishVersion(
      tools,
      version,
      [{ dataHash: registered.dataHash, title: registered.title === '' ? title : registered.title }],
      operationId,
    )
  })
  tools.crashPoint('register.kept')
  return { kind: 'again' }
}

function callRegister(tools: EffectTools, kind: Upload['unitKind'], ticket: Ticket, title: string): Promise<Registered> {
  return kind === 'video' ? tools.remote.registerVideo(ticket, title) : tools.remote.registerImage(ticket, title)
}

/**
 * What the call made a listing or a person has to say: until then its content is not sent again. A unit that holds another content by now, or
 * one that is not read yet, is planned anew. A call that was settled meanwhile stays so.
 */
export async function leaveToPerson(
  tools: Pick<EffectTools, 'ledger' | 'clock' | 'log'>,
  versionId: number,
  operationId: number,
  why: string,
): Promise<void> {
  const { ledger, clock, log } = tools
  const left = await ledger.commit(() => {
    if (!isOpen(ledger, versionId, operationId)) return null
    const version = ledger.versions.get(versionId)
    ledger.operations.end(operationId, 'refused', clock.wallMs(), why)
    ledger.versions.retire(versionId, 'registering', 'closed')
    // A unit whose place was given away while the call was made stands somewhere else, and waits for nobody.
    const unit = version?.unitId == null || version.role !== 'coming' ? null : ledger.units.get(version.unitId)
    if (version === null || unit === null) return null
    const isStill = unitContent(ledger.tree.filesOfUnit(unit.id), unit) === version.content
    ledger.units.setWork(unit.id, isStill ? 'unlinked' : 'waiting', why, clock.wallMs())
    return isStill ? { unit, dataHash: version.dataHash } : null
  })
  if (left === null) return
  const { path: folder } = ledger.folders.get(left.unit.folderId)
  log.emit('unit.unlinked', { folder, path: left.unit.key, dataHash: left.dataHash, why, next: 'encord-sync adopt' })
}

/** A call that no listing shows the effect of, and that the server says was made, is repeated so often before a person has to look. */
const REPEATS = 3

/** What a repeated call's intent says of itself. */
export function repeatEvidence(repeats: number): string {
  return JSON.stringify({ repeats })
}

/** How often the call was repeated because two listings lacked its effect; 0 for the first one. */
export function repeatsOf(evidence: string | null): number {
  const parsed = evidence === null ? null : (JSON.parse(evidence) as { readonly repeats?: number })
  return parsed?.repeats ?? 0
}

/** Writes down what a failed register, group or delete call means for its version, then lets the executor judge the error. */
export async function registerFailed(tools: EffectTools, versionId: number, operationId: number, error: unknown): Promise<EffectResult> {
  const { ledger, clock } = tools
  const failed = error instanceof EncordError ? error : null
  const look = failed !== null && failed.kind === 'look-first'
  const repeats = repeatsOf(ledger.operations.openOf(versionId).find((one) => one.id === operationId)?.evidence ?? null)
  if (look && failed.word === 'RESOURCE_NOT_FOUND_ERROR' && repeats > 0) {
    // No listing has it, and the server does not know its bytes any more: it is sent anew, and the old hash stays as a stray.
    await ledger.commit(() => {
      ledger.operations.end(operationId, 'refused', clock.wallMs(), failed.word)
      ledger.versions.retire(versionId, 'stray', 'closed')
    })
    return { kind: 'again' }
  }
  if (look && repeats >= REPEATS) {
    await leaveToPerson(
      tools,
      versionId,
      operationId,
      `Encord says that it holds this already (${failed.word ?? ''}), and no listing shows it`,
    )
    return { kind: 'again' }
  }
  if (failed === null || failed.outcome === 'unknown' || look) {
    await ledger.commit(() => {
      ledger.operations.end(operationId, 'unknown', clock.wallMs(), failed?.word ?? null)
      ledger.versions.setRemote(versionId, 'registering')
    })
    tools.log.emit('call.unknown', {
      call: failed?.call ?? 'register',
      folder: tools.folder.path,
      path: '',
      dataHash: ledger.versions.get(versionId)?.dataHash ?? null,
    })
    if (failed === null) throw error
    return { kind: 'again' }
  }
  await ledger.commit(() => {
    ledger.operations.end(operationId, failed.kind === 'this-file' ? 'refused' : 'not-applied', clock.wallMs(), failed.word)
    if (ledger.versions.get(versionId)?.remote === 'registering') ledger.versions.setRemote(versionId, 'sent')
  })
  throw error
}

async function strayComing(tools: EffectTools, unitId: number, why: string): Promise<void> {
  const { ledger } = tools
  await ledger.commit(() => {
    const coming = ledger.versions.ofUnit(unitId).find((one) => one.role === 'coming')
    if (coming === undefined) return
    ledger.versions.retire(coming.id, 'stray', 'closed')
    if (coming.dataHash !== null) {
      tools.log.emit('version.stray', {
        folder: tools.folder.path,
        path: ledger.units.get(unitId)?.key ?? '',
        dataHash: coming.dataHash,
        why,
      })
    }
  })
}
