import { EncordError } from '../model/error.ts'
import type { EffectResult, EffectTools } from './effectTools.ts'

/** Changes a row's title to follow its path; a refusal is remembered and the title is kept. */
export async function retitle(tools: EffectTools, versionId: number, title: string): Promise<EffectResult> {
  const { ledger, folder, log } = tools
  const version = ledger.versions.get(versionId)
  if (version?.dataHash == null) return { kind: 'again' }
  if (version.title === title) {
    await ledger.commit(() => ledger.versions.setTitle(versionId, title))
    return { kind: 'again' }
  }
  tools.crashPoint('title.intended')
  try {
    await tools.inSlot(0, () => tools.remote.updateRow(version.dataHash ?? '', { title }, { signal: tools.signal }))
  } catch (error) {
    if (!isRefusal(error)) throw error
    await ledger.commit(() => {
      if (error.kind === 'not-allowed') ledger.remotes.refuseDatarow(folder.remoteId)
      ledger.versions.setTitleDue(versionId, false)
    })
    return { kind: 'again' }
  }
  tools.crashPoint('title.answered')
  await ledger.commit(() => {
    ledger.versions.setTitle(versionId, title)
    ledger.history.add({
      atMs: tools.clock.wallMs(),
      folderId: folder.id,
      verb: 'renamed',
      dataHash: version.dataHash,
      key: version.unitId === null ? null : (ledger.units.get(version.unitId)?.key ?? null),
      files: 1,
      approved: false,
      detail: { was: version.title, title },
    })
  })
  const path = version.unitId === null ? '' : (ledger.units.get(version.unitId)?.key ?? '')
  log.emit('unit.renamed', { folder: folder.path, path, dataHash: version.dataHash, title, was: version.title })
  return { kind: 'again' }
}

/**
 * Keeps our own note on the row, under the key `encord_sync`: read, merge, write, so that a person's keys stay. A row that this
 * process registered a moment ago has no other keys yet and is written without the read.
 */
export async function writeMetadata(tools: EffectTools, versionId: number): Promise<EffectResult> {
  const { ledger, folder, fresh, remote } = tools
  const version = ledger.versions.get(versionId)
  const unit = version?.unitId == null ? null : ledger.units.get(version.unitId)
  if (version?.dataHash == null || unit === null) return { kind: 'again' }
  const dataHash = version.dataHash
  const note = { folder: folder.uid, path: unit.key, sha256: version.content, size: version.sizeBytes }
  try {
    let others: Record<string, unknown> = {}
    if (!fresh.has(versionId)) {
      const row = await tools.inSlot(0, () => remote.row(dataHash, { signal: tools.signal }))
      if (row === null) return await given(tools, versionId)
      others = isPlainObject(row.clientMetadata) ? row.clientMetadata : {}
    }
    await tools.inSlot(0, () => remote.updateRow(dataHash, { clientMetadata: { ...others, encord_sync: note } }, { signal: tools.signal }))
  } catch (error) {
    if (!isRefusal(error)) throw error
    if (error.kind === 'not-allowed') await ledger.commit(() => ledger.remotes.refuseDatarow(folder.remoteId))
    return await given(tools, versionId)
  }
  fresh.delete(versionId)
  return await given(tools, versionId)
}

async function given(tools: EffectTools, versionId: number): Promise<EffectResult> {
  await tools.ledger.commit(() => tools.ledger.versions.setMetadataDue(versionId, false))
  return { kind: 'again' }
}

/** The note is a convenience: a key that may not write it falls back quietly. */
function isRefusal(error: unknown): error is EncordError {
  return (
    error instanceof EncordError &&
    error.outcome === 'not-done' &&
    (error.kind === 'not-allowed' || error.kind === 'this-file' || error.kind === 'look-first')
  )
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
