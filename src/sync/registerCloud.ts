import { EncordError } from '../model/error.ts'
import { dirOf, nameOf, type RelPath } from '../model/file.ts'
import type { FolderPolicy } from '../model/folder.ts'
import type { Registered } from '../model/remote.ts'
import { changedFile } from './changedFile.ts'
import type { EffectResult, EffectTools } from './effectTools.ts'
import { finishVersion } from './finishVersion.ts'
import { awaitMovedTwin } from './movedTwin.ts'
import type { Effect } from './plan/action.ts'
import { groupContent } from './plan/groupContent.ts'
import type { FileRecord, OperationRecord, VersionRecord } from './records.ts'
import { cloudRows, isByAddress } from './resolveCloud.ts'
import { toForeign } from './rowNote.ts'
import { stillOf } from './stillComing.ts'
import { leaveToPerson, registerFailed } from './uploadFile.ts'

type Upload = Extract<Effect, { kind: 'upload' }>
type Begun = { readonly version: VersionRecord; readonly operation: OperationRecord }
type Bucket = Extract<FolderPolicy['via'], { kind: 'cloud' }>

/** Between two attempts at an object that Encord does not find, ms; doubled each time. */
const FIRST_WAIT_MS = 5_000
const LONGEST_WAIT_MS = 600_000

/**
 * Registers what a sync tool has put into the owner's bucket: no byte leaves here. Called once for each unit, with its intent before and
 * its outcome after; an object that Encord does not find, or can't read, is asked for again later.
 */
export async function registerCloud(tools: EffectTools, upload: Upload, bucket: Bucket): Promise<EffectResult> {
  const { ledger } = tools
  if (!tools.stillPlanned(upload)) return { kind: 'again' }
  const files = upload.fileIds.map((id) => ledger.tree.file(id)).filter((file) => file !== null)
  const move = await awaitMovedTwin(tools, upload.unitId, files)
  if (move !== null) return move
  if (!tools.stillPlanned(upload)) return { kind: 'again' }
  const readAfter = ledger.scans.newest()
  // What is not as it was scanned is not what the ledger would say of the row.
  const changed = changedFile(tools.disk, tools.folder.path, files)
  if (changed !== null) return { kind: 'look', dir: dirOf(changed.path) }
  const urls = files.map((file) => objectUrl(bucket, file.path))
  const begun = await ledger.commit(() => intend(tools, upload, files, { url: urls[0] ?? '', readAfter }))
  if (begun === null) return { kind: 'again' }
  const { version, operation } = begun
  const operationId = operation.id
  tools.crashPoint('register.intended')
  let rows: readonly Registered[]
  let title = upload.title
  const call = (): Promise<readonly Registered[]> =>
    tools.inSlot(0, () =>
      tools.remote.registerCloud({ integrationId: bucket.integration, ignoreErrors: false, files: filesJson(tools, upload, title, urls) }),
    )
  try {
    rows = await call()
  } catch (error) {
    const name = nameOf(upload.key)
    if (!isRefusal(error)) return await registerFailed(tools, version.id, operationId, error)
    if (error.word !== 'INVALID_ARGUMENTS_ERROR' || title === name) return await refused(tools, upload, begun, error)
    title = name
    try {
      rows = await call()
      await ledger.commit(() => ledger.remotes.refusePathTitles(tools.folder.remoteId))
    } catch (second) {
      if (!isRefusal(second)) return await registerFailed(tools, version.id, operationId, second)
      return await refused(tools, upload, begun, second)
    }
  }
  if (rows.length === 0) {
    const message = 'it named no row for what it was asked to register'
    const unknown = new EncordError('transient', { call: 'datasetdata POST', outcome: 'unknown', message })
    return await registerFailed(tools, version.id, operationId, unknown)
  }
  tools.crashPoint('register.answered')
  await ledger.commit(() => {
    finishVersion(
      tools,
      version,
      rows.map((row) => ({ ...row, title: row.title === '' ? title : row.title })),
      operationId,
    )
  })
  tools.crashPoint('register.kept')
  return { kind: 'again' }
}

/** Where a file lies in the bucket. */
function objectUrl({ urlPrefix }: Bucket, path: RelPath): string {
  return urlPrefix + path.split('/').map(encodeURIComponent).join('/')
}

/** The version and the intent, called inside a commit; null when the unit's place was given away. */
function intend(
  tools: EffectTools,
  upload: Upload,
  files: readonly FileRecord[],
  how: { readonly url: string; readonly readAfter: number },
): Begun | null {
  const { ledger, folder, clock } = tools
  const shas = files.map((file) => file.sha256)
  if (shas.some((sha) => sha === null) || !stillOf(ledger, upload.unitId, files)) return null
  for (const one of ledger.versions.ofUnit(upload.unitId)) if (one.role === 'coming') ledger.versions.retire(one.id, 'stray', 'closed')
  const { unitId, unitKind: kind, title, sizeBytes } = upload
  const id = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind, title, sizeBytes }, how.readAfter)
  ledger.versions.setSent(id, kind === 'image_group' ? groupContent(shas.map((sha) => sha ?? '')) : (shas[0] ?? ''), sizeBytes)
  if (kind === 'image_group') {
    ledger.versions.setFrames(
      id,
      files.map((file) => ({ fileId: file.id, name: nameOf(file.path), sizeBytes: file.stamp.sizeBytes })),
    )
    for (const [ord, sha] of shas.entries()) ledger.versions.setFrameSent(id, ord, sha ?? '')
  }
  const evidence = JSON.stringify({ url: how.url })
  const operationId = ledger.operations.intend(id, 'register', clock.wallMs(), tools.remote.serverTime()?.dateMs ?? null, evidence)
  const operation = ledger.operations.openOf(id).find((one) => one.id === operationId) as OperationRecord
  return { version: ledger.versions.get(id) as VersionRecord, operation }
}

/** One unit in the vendor's private-cloud format. */
function filesJson({ policy }: EffectTools, upload: Upload, title: string, urls: readonly string[]): Readonly<Record<string, unknown>> {
  const [objectUrl] = urls
  if (upload.unitKind === 'video') return { videos: [{ objectUrl, title }] }
  if (upload.unitKind === 'image') return { images: [{ objectUrl, title }] }
  const numbered = Object.fromEntries(urls.map((url, number) => [`objectUrl_${number}`, url]))
  return { image_groups: [{ title, createVideo: policy.subdirectories === 'sequence', ...numbered }] }
}

/** Nothing was made, and what stands in the way is the object or the request, not the key or the network. */
function isRefusal(error: unknown): error is EncordError {
  return error instanceof EncordError && error.outcome === 'not-done' && (error.kind === 'this-file' || error.kind === 'look-first')
}

/** A row of the same object is there that this ledger did not make: it may carry somebody's work. */
const EXISTS = 'RESOURCE_EXISTS_ERROR'

async function refused(tools: EffectTools, upload: Upload, { version, operation }: Begun, error: EncordError): Promise<EffectResult> {
  const { ledger, clock } = tools
  const { id: versionId } = version
  const { id: operationId } = operation
  if (error.word === EXISTS) {
    await leaveToPerson(tools, versionId, operationId, `Encord says that it holds this object already (${EXISTS})`)
    await keepRowOfObject(tools, version, operation)
    return { kind: 'again' }
  }
  const attempts = (ledger.units.get(upload.unitId)?.attempts ?? 0) + 1
  const why = `Encord does not take it from the bucket yet (${error.word ?? error.message}): is it there?`
  await ledger.commit(() => {
    ledger.operations.end(operationId, 'refused', clock.wallMs(), error.word)
    ledger.versions.retire(versionId, 'stray', 'closed')
    ledger.units.setWork(upload.unitId, 'waiting', why, clock.wallMs(), attempts)
  })
  tools.log.emit('unit.waiting', { folder: tools.folder.path, path: upload.key, why })
  return { kind: 'later', forMs: Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts - 1, 10)), patience: 'once-leaves' }
}

/** The row of the object, whatever its title, is one that a person can adopt. */
async function keepRowOfObject(tools: EffectTools, version: VersionRecord, operation: OperationRecord): Promise<void> {
  const listed = await tools.listing()
  const rows = listed === null ? [] : cloudRows(tools, version, operation, listed, () => true)
  const [row] = rows
  if (row === undefined || rows.length > 1 || !isByAddress(version, rows)) return
  await tools.ledger.commit(() => {
    tools.ledger.remotes.addAsked(toForeign(version.remoteId, row))
    tools.ledger.versions.setTitle(version.id, row.title)
  })
}
