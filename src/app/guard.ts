import { fsKind } from '../disk/fileSystem.ts'
import type { FolderPolicy } from '../model/folder.ts'
import type { FolderRecord } from '../sync/records.ts'
import type { Guard } from './localParts.ts'

/** Network file systems lose sight of files for minutes (design, section 6, last lines). */
const LEAST_REMOTE_GRACE_MS = 600_000

/** The grace in force for a folder by where it lies; a folder without a marker can't be written, and waits as long. */
export function guardOf(folder: Pick<FolderRecord, 'path' | 'marker'>, policy: FolderPolicy): Guard {
  const fileSystem = kindOf(folder.path) === 'local' ? 'local' : 'network'
  const { graceMs } = policy.deletes
  const isCareful = fileSystem === 'network' || folder.marker === 'unwritable'
  return { fileSystem, graceMs: isCareful ? Math.max(graceMs, LEAST_REMOTE_GRACE_MS) : graceMs }
}

function kindOf(path: string): string {
  try {
    return fsKind(path)
  } catch {
    // It is not there: nothing will be deleted, and what is shown is the careful figure.
    return 'unknown'
  }
}
