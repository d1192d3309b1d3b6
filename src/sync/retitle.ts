import { refuseDatarow } from './datarowRefusal.ts'
import type { EffectResult, EffectTools } from './effectTools.ts'
import { isRefusal } from './isRefusal.ts'

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
      if (error.kind === 'not-allowed') refuseDatarow(ledger, folder.remoteId, tools.clock.wallMs())
      else ledger.versions.setTitleDue(versionId, false)
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
