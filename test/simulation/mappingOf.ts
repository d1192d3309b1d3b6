import { openIgnoreRules } from '../../src/disk/ignoreRules.ts'
import type { RelPath } from '../../src/model/file.ts'
import type { MappingTruth } from './truth.ts'
import type { FolderTruth } from './worldEvent.ts'

const rules = new Map<string, (path: RelPath) => boolean>()

/** How a folder's files become units, as its config says; the ignore rules are the real ones. */
export function mappingOf(folder: FolderTruth): MappingTruth {
  const key = folder.ignore.join('\n')
  let isIgnored = rules.get(key)
  if (isIgnored === undefined) {
    const opened = openIgnoreRules('/nowhere/of/the/simulation', folder.ignore)
    isIgnored = (path) =>
      opened.check(path, false).ignored ||
      path.split('/').some((_, i, names) => i > 0 && opened.check(names.slice(0, i).join('/'), true).ignored)
    rules.set(key, isIgnored)
  }
  return { subdirectories: folder.subdirectories, isIgnored }
}
