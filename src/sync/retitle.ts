import { refuseDatarow } from './datarowRefusal.ts'
import type { EffectResult, EffectTools } from './effectTools.ts'
import { isRefusal } from './isRefusal.ts'
import type { Effect } from './plan/action.ts'

/** Changes a row's title to follow its path; a refusal is remembered and the title is kept. */
export async function retitle(tools: EffectTools, effect: Extract<Effect, { kind: 'retitle' }>): Promise<EffectResult> {
  const { ledger, folder, log } = tools
  const { versionId, title } = effect
  // It may have waited for a server that was away: its file may be somewhere else by now.
  if (!tools.stillPlanned(effect)) return { kind: 'again' }
  const version = ledger.versions.get(versionId)
  if (version?.dataHash == null) return { kind: 'again' }
  const unit = version.unitId === null ? null : ledger.units.get(version.unitId)
  // A file that is renamed once more while the call is made makes another title due.
  const isSamePlace = (): boolean => {
    const now = unit === null ? null : ledger.units.get(unit.id)
    return now?.key === unit?.key && now?.folderId === unit?.folderId
  }
  const keep = (): void => {
    ledger.versions.setTitle(versionId, title)
    if (!isSamePlace()) ledger.versions.setTitleDue(versionId, true)
  }
  if (version.title === title) {
    await ledger.commit(keep)
    return { kind: 'again' }
  }
  tools.crashPoint('title.intended')
  try {
    await tools.inSlot(0, () => tools.remote.updateRow(version.dataHash ?? '', { title }, { signal: tools.signal }))
  } catch (error) {
    if (!isRefusal(error)) throw error
    await ledger.commit(() => {
      if (error.kind === 'not-allowed') refuseDatarow(tools, folder, tools.clock.wallMs())
      else if (isSamePlace()) ledger.versions.setTitleDue(versionId, false)
    })
    return { kind: 'again' }
  }
  tools.crashPoint('title.answered')
  await ledger.commit(() => {
    keep()
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
