import { EncordError } from '../model/error.ts'
import { dirOf, joinPath, nameOf, sameStamp } from '../model/file.ts'
import type { Registered, Ticket } from '../model/remote.ts'
import type { EffectResult, EffectTools } from './effectTools.ts'
import { FileChanged } from './fileChanged.ts'
import { finishVersion } from './finishVersion.ts'
import { awaitMovedTwin } from './movedTwin.ts'
import type { Effect } from './plan/action.ts'
import { groupContent } from './plan/groupContent.ts'
import type { FileRecord, FrameRecord, VersionRecord } from './records.ts'
import { sendBatch } from './sendFrames.ts'
import { checkStillComing, stillOf } from './stillComing.ts'
import { registerFailed } from './uploadFile.ts'

type Upload = Extract<Effect, { kind: 'upload' }>

/** Frames signed, sent and (images) staged in one go. */
const BATCH = 100

/**
 * Sends an image group or a DICOM series: frames first, invisible, those of a group staged; then the one call that makes the row. A crash
 * goes on with the frames that are sent; a directory that changed meanwhile is looked at again, and nothing is registered.
 */
export async function uploadGroup(tools: EffectTools, upload: Upload): Promise<EffectResult> {
  const { ledger } = tools
  if (!tools.stillPlanned(upload)) return { kind: 'again' }
  const files = upload.fileIds.map((id) => ledger.tree.file(id)).filter((file) => file !== null)
  const move = await awaitMovedTwin(tools, upload.unitId, files)
  if (move !== null) return move
  if (!tools.stillPlanned(upload)) return { kind: 'again' }
  try {
    const version = await comingVersion(tools, upload, files)
    const began = tools.clock.monotonicMs()
    const { folder, log } = tools
    const unsent = ledger.versions.frames(version.id).some((frame) => frame.sha256 === null)
    if (unsent)
      log.emit('upload.started', { folder: folder.path, path: upload.key, kind: upload.unitKind, sizeBytes: upload.sizeBytes, attempt: 1 })
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
    if (!stillOf(ledger, upload.unitId, files)) throw new FileChanged(upload.key, 'its unit was given away')
    if (coming !== null) ledger.versions.retire(coming.id, 'stray', 'closed')
    const { unitId, unitKind: kind, title, sizeBytes } = upload
    const id = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind, title, sizeBytes }, ledger.scans.newest())
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

/** All frames are there: the directory must still hold just these files, then the intent, then the call. */
async function registerGroup(tools: EffectTools, upload: Upload, versionId: number, files: readonly FileRecord[]): Promise<EffectResult> {
  const { ledger, clock } = tools
  // A frame that came, went or changed while the others were sent: the plan knows it if a survey does, else the disk.
  if (!tools.stillPlanned(upload)) return { kind: 'again' }
  checkDirectory(tools, files)
  const frames = ledger.versions.frames(versionId)
  const content = groupContent(frames.map((frame) => frame.sha256 ?? ''))
  if (frames.some((frame) => frame.dataHash === null || frame.sha256 === null)) throw new Error('a frame without a hash')
  const operationId = await ledger.commit(() => {
    checkStillComing(ledger, versionId, upload.unitId, files)
    ledger.versions.setSent(versionId, content, upload.sizeBytes)
    ledger.versions.setTitle(versionId, upload.title)
    return ledger.operations.intend(versionId, 'group', clock.wallMs(), tools.remote.serverTime()?.dateMs ?? null, null)
  })
  return await createGroup(tools, upload, versionId, operationId)
}

/** The `imagegroup` or `dicomseries` call of a version whose intent is in the journal. */
export async function createGroup(
  tools: EffectTools,
  upload: Pick<Upload, 'unitId' | 'title' | 'key'>,
  versionId: number,
  operationId: number,
): Promise<EffectResult> {
  const { ledger } = tools
  // Read before there is a slot: a survey may give the place away meanwhile, and the signed URLs go with it.
  const frames = ledger.versions.frames(versionId)
  const call = (title: string): Promise<readonly Registered[]> => tools.inSlot(0, () => makeRows(tools, versionId, frames, title))
  tools.crashPoint('group.intended')
  let rows: readonly Registered[]
  try {
    rows = await call(upload.title)
  } catch (error) {
    const refused = error instanceof EncordError && error.outcome === 'not-done' && error.word === 'INVALID_ARGUMENTS_ERROR'
    const name = ledger.versions.get(versionId)?.kind === 'dicom_series' ? nameOf(upload.title) : nameOf(upload.key)
    if (!refused || upload.title === name) return await registerFailed(tools, versionId, operationId, error)
    try {
      rows = await call(name)
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

/** The answer to a slice's signed-URL call names it to the server; it is kept until the row is known. */
function ticketOf({ name, ticket }: FrameRecord): Ticket {
  if (ticket === null) throw new Error(`the signed URL of ${name} was not kept`)
  return JSON.parse(ticket) as Ticket
}

async function makeRows(
  { ledger, remote, policy }: EffectTools,
  versionId: number,
  frames: readonly FrameRecord[],
  title: string,
): Promise<readonly Registered[]> {
  if (ledger.versions.get(versionId)?.kind === 'dicom_series') {
    return [await remote.createSeries(frames.map(ticketOf), title)]
  }
  const createVideo = policy.subdirectories === 'sequence'
  return await remote.createGroup(
    frames.map((frame) => frame.dataHash ?? ''),
    { title, createVideo },
  )
}

/** @throws FileChanged when a frame was added, changed or removed since the row was planned */
function checkDirectory(tools: EffectTools, files: readonly FileRecord[]): void {
  const dir = dirOf(files[0]?.path ?? '')
  const here = tools.disk.filesIn(tools.folder.path, dir)
  if (here === null) throw new FileChanged(`${dir}/`, 'its directory cannot be read')
  const frames = new Set<string>()
  for (const file of files) {
    const name = nameOf(file.path)
    const now = here.get(name)
    if (now === undefined || !sameStamp(now, file.stamp)) throw new FileChanged(file.path, 'it changed while its group was sent')
    frames.add(name)
  }
  const dirId = tools.ledger.tree.dir(tools.folder.id, dir)?.id
  for (const name of here.keys()) {
    if (!frames.has(name) && (dirId === undefined || tools.ledger.tree.fileAt(dirId, name) === null)) {
      throw new FileChanged(joinPath(dir, name), 'it is new in the directory of a group that is being sent')
    }
  }
}
