import { dirOf, nameOf, sameStamp } from '../model/file.ts'
import type { EffectTools } from './effectTools.ts'
import { contentOf } from './plan/unitContent.ts'
import type { FileRecord } from './records.ts'

/** A move is noticed by the look that is asked for within this time, ms. */
export const MOVE_MS = 1_000

/**
 * Before a content is sent that the dataset holds already: does it still stand where the ledger knows it? When it does not, this is
 * a move whose other half was not looked at yet, and its place is looked at now. So is a place that can't be looked into.
 * @param files the files that are to be sent
 */
export async function isMovedTwin(
  tools: Pick<EffectTools, 'ledger' | 'folder' | 'disk' | 'lookInto'>,
  unitId: number,
  files: readonly FileRecord[],
): Promise<boolean> {
  const { ledger, folder } = tools
  const content = contentOf(files, ledger.units.get(unitId)?.shape ?? 'dir')
  if (content === null) return false
  let isMoved = false
  const { withContent, callingWithContent } = ledger.versions
  for (const { unitId: twinId } of [...withContent(folder.remoteId, content), ...callingWithContent(folder.remoteId, content)]) {
    if (twinId === null || twinId === unitId || ledger.units.get(twinId)?.local !== 'present') continue
    for (const file of ledger.tree.filesOfUnit(twinId)) {
      if (file.local !== 'present' || (await isThere(tools, file))) continue
      tools.lookInto(file.folderId, dirOf(file.path))
      isMoved = true
    }
  }
  return isMoved
}

async function isThere({ ledger, disk }: Pick<EffectTools, 'ledger' | 'disk'>, file: FileRecord): Promise<boolean> {
  const root = ledger.folders.get(file.folderId).path
  const name = nameOf(file.path)
  const here = disk.filesIn(root, dirOf(file.path), [name])
  const stamp = here?.get(name)
  if (here !== null) return stamp !== undefined && sameStamp(stamp, file.stamp)
  return (await disk.proveAbsent(root, file.path)).kind === 'present'
}
