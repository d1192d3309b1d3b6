import { dirOf, nameOf, sameStamp } from '../model/file.ts'
import { isShut } from '../model/folder.ts'
import type { EffectResult, EffectTools } from './effectTools.ts'
import { contentOf } from './plan/unitContent.ts'
import type { FileRecord } from './records.ts'

/** A move is noticed by the look that is asked for within this time, ms. */
const MOVE_MS = 1_000
/** Between two questions whether a folder that nobody looks at is back, ms. */
const SHUT_MS = 10_000

/**
 * Before a content is sent that the dataset holds already: does it still stand where the ledger knows it? When it does not, this is
 * a move whose other half was not looked at yet, and its place is looked at now. So is a place that can't be looked into; where its whole
 * folder can't, or is paused, that is what the unit waits for, and says so.
 * @param files the files that are to be sent
 * @returns how long to wait; null: it is no move
 */
export async function awaitMovedTwin(
  tools: Pick<EffectTools, 'ledger' | 'folder' | 'disk' | 'clock' | 'lookInto'>,
  unitId: number,
  files: readonly FileRecord[],
): Promise<EffectResult | null> {
  const { ledger, folder, clock } = tools
  const content = contentOf(files, ledger.units.get(unitId)?.shape ?? 'dir')
  if (content === null) return null
  let isMoved = false
  let shut: string | null = null
  const { withContent, callingWithContent } = ledger.versions
  for (const { unitId: twinId } of [...withContent(folder.remoteId, content), ...callingWithContent(folder.remoteId, content)]) {
    if (twinId === null || twinId === unitId || ledger.units.get(twinId)?.local !== 'present') continue
    for (const file of ledger.tree.filesOfUnit(twinId)) {
      if (file.local !== 'present') continue
      const { path, state, paused } = ledger.folders.get(file.folderId)
      // A disk that is known not to answer is not asked: this look waits for it, and everything with it.
      if (!isShut(state) && (await isThere(tools, file))) continue
      if (isShut(state) || paused) shut = `same content as ${path}/${file.path}, and that folder is ${isShut(state) ? state : 'paused'}`
      else {
        tools.lookInto(file.folderId, dirOf(file.path))
        isMoved = true
      }
    }
  }
  if (isMoved) return { kind: 'later', forMs: MOVE_MS }
  if (shut === null) return null
  const why = `${shut}: it may be a move, and waits until that can be looked at, or its entry leaves the config`
  await ledger.commit(() => ledger.units.setWork(unitId, 'waiting', why, clock.wallMs(), ledger.units.get(unitId)?.attempts ?? 0))
  return { kind: 'later', forMs: SHUT_MS, patience: 'once-leaves' }
}

async function isThere({ ledger, disk }: Pick<EffectTools, 'ledger' | 'disk'>, file: FileRecord): Promise<boolean> {
  const root = ledger.folders.get(file.folderId).path
  const name = nameOf(file.path)
  const here = disk.filesIn(root, dirOf(file.path), [name])
  const stamp = here?.get(name)
  if (here !== null) return stamp !== undefined && sameStamp(stamp, file.stamp)
  return (await disk.proveAbsent(root, file.path)).kind === 'present'
}
