import { EncordError } from '../model/error.ts'
import { nameOf, sameStamp } from '../model/file.ts'
import type { Registered, Ticket } from '../model/remote.ts'
import { refusedTickets, TICKETS } from './deadUrls.ts'
import { type EffectResult, type EffectTools, TICKET_AGE_MS } from './effectTools.ts'
import { FileChanged } from './fileChanged.ts'
import { finishVersion } from './finishVersion.ts'
import { isMovedTwin, MOVE_MS } from './movedTwin.ts'
import type { Effect } from './plan/action.ts'
import { groupContent } from './plan/groupContent.ts'
import type { FileRecord, FrameRecord, VersionRecord } from './records.ts'
import { sendBody } from './sendBody.ts'
import { checkStillComing, keepSha } from './stillComing.ts'
import { registerFailed } from './uploadFile.ts'

type Upload = Extract<Effect, { kind: 'upload' }>

/** Frames signed, sent and staged in one go. */
const BATCH = 100

/**
 * Sends an image group: frames first, staged and invisible, then the one call that makes the group. A crash goes on with the
 * frames that are staged; a directory that changed meanwhile is looked at again, and nothing is registered.
 */
export async function uploadGroup(tools: EffectTools, upload: Upload): Promise<EffectResult> {
  const { ledger } = tools
  if (!tools.stillPlanned(upload)) return { kind: 'again' }
  const files = upload.fileIds.map((id) => ledger.tree.file(id)).filter((file) => file !== null)
  if (await isMovedTwin(tools, upload.unitId, files)) return { kind: 'later', forMs: MOVE_MS }
  if (!tools.stillPlanned(upload)) return { kind: 'again' }
  try {
    const version = await comingVersion(tools, upload, files)
    const began = tools.clock.monotonicMs()
    const { folder, log } = tools
    const unsent = ledger.versions.frames(version.id).some((frame) => frame.sha256 === null)
    if (unsent)
      log.emit('upload.started', { folder: folder.path, path: upload.key, kind: 'image_group', sizeBytes: upload.sizeBytes, attempt: 1 })
    for (let from = 0; from < files.length; from += BATCH) await sendBatch(tools, upload, version.id, files.slice(from, from + BATCH), from)
    if (unsent) {
      log.emit('upload.sent', {
        folder: folder.path,
        path: upload.key,
        sizeBytes: upload.sizeBytes,
        sha256: groupContent(ledger.versions.frames(version.id).flatMap((frame) => frame.sha256 ?? [])),
        tookMs: Math.round(tools.clock.monotonicMs() - began),
      })
    }
    return await registerGroup(tools, upload, version.id, files)
  } catch (error) {
    if (!(error instanceof FileChanged)) throw error
    return { kind: 'look', dir: error.dir }
  }
}

/** The version to go on with: the one at hand if it is about these very frames, else a new one. */
async function comingVersion(tools: EffectTools, upload: Upload, files: readonly FileRecord[]): Promise<VersionRecord> {
  const { ledger, folder } = tools
  const coming = ledger.versions.ofUnit(upload.unitId).find((one) => one.role === 'coming') ?? null
  const frames = coming === null ? [] : ledger.versions.frames(coming.id)
  const sameFrames =
    frames.length === files.length &&
    frames.every((frame, i) => frame.fileId === files[i]?.id && frame.sizeBytes === files[i]?.stamp.sizeBytes && knownSame(frame, files[i]))
  if (coming !== null && sameFrames) return coming
  return await ledger.commit(() => {
    if (coming !== null) ledger.versions.retire(coming.id, 'stray', 'closed')
    const id = ledger.versions.addComing({
      unitId: upload.unitId,
      remoteId: folder.remoteId,
      kind: 'image_group',
      title: upload.title,
      sizeBytes: upload.sizeBytes,
    })
    ledger.versions.setFrames(
      id,
      files.map((file) => ({ fileId: file.id, name: nameOf(file.path), sizeBytes: file.stamp.sizeBytes })),
    )
    return ledger.versions.get(id) as VersionRecord
  })
}

/** A frame that was sent is still the file's content: an unknown or other hash of the file means it is sent again. */
function knownSame(frame: FrameRecord, file: FileRecord | undefined): boolean {
  return frame.sha256 === null || frame.sha256 === file?.sha256
}

/** @param files the frames' files as they were planned: a survey may know newer ones by now, and those are no part of this attempt */
async function sendBatch(tools: EffectTools, upload: Upload, versionId: number, files: readonly FileRecord[], from: number): Promise<void> {
  const { ledger } = tools
  const inBatch = (): FrameRecord[] => ledger.versions.frames(versionId).slice(from, from + files.length)
  await ticketFrames(
    tools,
    versionId,
    inBatch().filter((frame) => frame.step === 'planned' || needsTicket(tools, frame)),
  )
  const unsent = inBatch().filter((frame) => frame.step === 'ticket')
  // The first failure is reported once all others in hand have ended, so that nothing goes on behind the executor's back.
  const ends = await Promise.allSettled(unsent.map((frame) => sendFrame(tools, upload, frame, files[frame.ord - from] as FileRecord)))
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  await stageFrames(
    tools,
    versionId,
    inBatch().filter((frame) => frame.step === 'sent' || frame.step === 'staging'),
  )
}

function needsTicket(tools: EffectTools, frame: FrameRecord): boolean {
  if (frame.step !== 'ticket') return false
  const ageMs = frame.ticketAtMs === null ? TICKET_AGE_MS : tools.clock.wallMs() - frame.ticketAtMs
  return frame.ticket === null || ageMs < 0 || ageMs >= TICKET_AGE_MS
}

async function ticketFrames(tools: EffectTools, versionId: number, frames: readonly FrameRecord[]): Promise<void> {
  if (frames.length === 0) return
  const tickets = await tools.inSlot(0, () =>
    tools.remote.imageTickets(
      frames.map((frame) => frame.name),
      { signal: tools.signal },
    ),
  )
  await tools.ledger.commit(() => {
    frames.forEach((frame, i) => {
      const ticket = tickets[i] as Ticket
      tools.ledger.versions.setFrameTicket(versionId, frame.ord, ticket.data_hash, JSON.stringify(ticket), tools.clock.wallMs())
    })
  })
  tools.crashPoint('ticket.kept')
}

async function sendFrame(tools: EffectTools, upload: Upload, planned: FrameRecord, file: FileRecord): Promise<void> {
  const { ledger, clock } = tools
  let frame = planned
  for (let attempt = 1; ; attempt++) {
    const mime = file.look !== null && 'mime' in file.look ? file.look.mime : 'application/octet-stream'
    try {
      const sent = await sendBody(tools, upload.unitId, file, JSON.parse(frame.ticket ?? 'null') as Ticket, mime)
      await ledger.commit(() => {
        checkStillComing(ledger, frame.versionId, upload.unitId, [file])
        if (!keepSha(ledger, file, sent.sha256, clock.wallMs())) throw new FileChanged(file.path, 'it changed after it was sent')
        ledger.versions.setFrameSent(frame.versionId, frame.ord, sent.sha256)
      })
      tools.crashPoint('put.done')
      return
    } catch (error) {
      if (!(error instanceof EncordError) || error.kind !== 'dead-url') throw error
      if (attempt >= TICKETS) throw refusedTickets(error)
      await ticketFrames(tools, frame.versionId, [frame])
      frame = ledger.versions.frames(frame.versionId)[frame.ord] as FrameRecord
    }
  }
}

/** Staging is invisible and may be repeated; a batch that is refused is staged frame by frame, to name the bad one. */
async function stageFrames(tools: EffectTools, versionId: number, frames: readonly FrameRecord[]): Promise<void> {
  if (frames.length === 0) return
  const { ledger, clock } = tools
  const step = (to: 'staging' | 'staged', which: readonly FrameRecord[]): Promise<void> =>
    ledger.commit(() => {
      for (const frame of which) ledger.versions.setFrameStep(versionId, frame.ord, to)
    })
  const operationId = await ledger.commit(() => {
    for (const frame of frames) ledger.versions.setFrameStep(versionId, frame.ord, 'staging')
    return ledger.operations.intend(versionId, 'stage', clock.wallMs(), null, null)
  })
  tools.crashPoint('stage.intended')
  const tickets = frames.map((frame) => JSON.parse(frame.ticket ?? 'null') as Ticket)
  try {
    await tools.inSlot(0, () => tools.remote.stageImages(tickets))
  } catch (error) {
    await ledger.commit(() => ledger.operations.end(operationId, 'not-applied', clock.wallMs()))
    // Staging is invisible and may be repeated: whatever a server has against the batch call, the call for one frame may do.
    if (!(error instanceof EncordError) || error.kind === 'credentials' || tools.signal.aborted) throw error
    await stageOneByOne(tools, versionId, frames, tickets)
    return
  }
  tools.crashPoint('stage.answered')
  await ledger.commit(() => ledger.operations.end(operationId, 'done', clock.wallMs()))
  await step('staged', frames)
}

async function stageOneByOne(
  tools: EffectTools,
  versionId: number,
  frames: readonly FrameRecord[],
  tickets: readonly Ticket[],
): Promise<void> {
  const lost: FrameRecord[] = []
  for (const [i, frame] of frames.entries()) {
    try {
      await tools.inSlot(0, () => tools.remote.stageImage(tickets[i] as Ticket))
    } catch (error) {
      if (!(error instanceof EncordError)) throw error
      if (error.kind === 'look-first') {
        lost.push(frame)
        continue
      }
      if (error.kind !== 'this-file') throw error
      throw new EncordError('this-file', {
        call: error.call,
        outcome: 'not-done',
        word: error.word,
        message: `frame ${frame.name} was refused: ${error.word ?? ''}`,
      })
    }
    await tools.ledger.commit(() => tools.ledger.versions.setFrameStep(versionId, frame.ord, 'staged'))
  }
  const [first] = lost
  if (first === undefined) return
  // The server does not know these uploads any more: other tickets, other PUTs.
  await ticketFrames(tools, versionId, lost)
  const message = `${lost.length} frames have to be sent again, ${first.name} the first of them`
  throw new EncordError('transient', { call: 'image PUT', outcome: 'not-done', message })
}

/** All frames are staged: the directory must still hold just these files, then the intent, then the call. */
async function registerGroup(tools: EffectTools, upload: Upload, versionId: number, files: readonly FileRecord[]): Promise<EffectResult> {
  const { ledger, clock } = tools
  // A frame that came, went or changed while the others were sent: the plan knows it if a survey does, else the disk.
  if (!tools.stillPlanned(upload)) return { kind: 'again' }
  checkDirectory(tools, upload, files)
  const frames = ledger.versions.frames(versionId)
  const content = groupContent(frames.map((frame) => frame.sha256 ?? ''))
  const hashes = frames.map((frame) => frame.dataHash ?? '')
  if (hashes.includes('') || frames.some((frame) => frame.sha256 === null)) throw new Error('a frame without a hash')
  const operationId = await ledger.commit(() => {
    checkStillComing(ledger, versionId, upload.unitId, files)
    ledger.versions.setSent(versionId, content, upload.sizeBytes)
    ledger.versions.setTitle(versionId, upload.title)
    return ledger.operations.intend(versionId, 'group', clock.wallMs(), tools.remote.serverTime()?.dateMs ?? null, null)
  })
  return await createGroup(tools, upload, versionId, operationId, hashes)
}

/** The `imagegroup` call of a version whose intent is in the journal. */
export async function createGroup(
  tools: EffectTools,
  upload: Pick<Upload, 'unitId' | 'title' | 'key'>,
  versionId: number,
  operationId: number,
  hashes: readonly string[],
): Promise<EffectResult> {
  const { ledger } = tools
  tools.crashPoint('group.intended')
  const createVideo = tools.policy.subdirectories === 'sequence'
  let rows: readonly Registered[]
  try {
    rows = await tools.inSlot(0, () => tools.remote.createGroup(hashes, { title: upload.title, createVideo }))
  } catch (error) {
    const refused = error instanceof EncordError && error.outcome === 'not-done' && error.word === 'INVALID_ARGUMENTS_ERROR'
    const name = nameOf(upload.key)
    if (!refused || upload.title === name) return await registerFailed(tools, versionId, operationId, error)
    try {
      rows = await tools.inSlot(0, () => tools.remote.createGroup(hashes, { title: name, createVideo }))
      await ledger.commit(() => ledger.remotes.refusePathTitles(tools.folder.remoteId))
    } catch (second) {
      return await registerFailed(tools, versionId, operationId, second)
    }
  }
  tools.crashPoint('group.answered')
  await ledger.commit(() => {
    const version = ledger.versions.get(versionId)
    if (version === null) throw new Error(`no version ${versionId}`)
    finishVersion(
      tools,
      version,
      rows.map((row) => ({ dataHash: row.dataHash, title: row.title === '' ? upload.title : row.title })),
      operationId,
    )
  })
  tools.crashPoint('group.kept')
  return { kind: 'again' }
}

/** @throws FileChanged when a frame was added, changed or removed since the group was planned */
function checkDirectory(tools: EffectTools, upload: Upload, files: readonly FileRecord[]): void {
  const here = tools.disk.filesIn(tools.folder.path, upload.key)
  if (here === null) throw new FileChanged(`${upload.key}/`, 'its directory cannot be read')
  const frames = new Set<string>()
  for (const file of files) {
    const name = nameOf(file.path)
    const now = here.get(name)
    if (now === undefined || !sameStamp(now, file.stamp)) throw new FileChanged(file.path, 'it changed while its group was sent')
    frames.add(name)
  }
  const dirId = tools.ledger.tree.dir(tools.folder.id, upload.key)?.id
  for (const name of here.keys()) {
    if (!frames.has(name) && (dirId === undefined || tools.ledger.tree.fileAt(dirId, name) === null)) {
      throw new FileChanged(`${upload.key}/${name}`, 'it is new in the directory of a group that is being sent')
    }
  }
}
