import { fsKind } from '../disk/fileSystem.ts'
import type { FolderPolicy } from '../model/folder.ts'
import type { FolderRecord } from '../sync/records.ts'
import type { Guard } from './localParts.ts'

/** Network file systems lose sight of files for minutes (design, section 6, last lines). */
const LEAST_REMOTE_GRACE_MS = 600_000

/** The grace in force for a folder by where it lies; a folder without a marker can't be written, and waits as long. */
export function guardOf(folder: Pick<FolderRecord, 'path' | 'marker'>, policy: FolderPolicy): Guard {
  const fileSystem = fileSystemOf(folder.path)
  const { graceMs } = policy.deletes
  const isCareful = fileSystem === 'network' || folder.marker === 'unwritable'
  return { fileSystem, graceMs: isCareful ? Math.max(graceMs, LEAST_REMOTE_GRACE_MS) : graceMs }
}

function fileSystemOf(path: string): Guard['fileSystem'] {
  try {
    const kind = fsKind(path)
    return kind === 'network' || kind === 'fuse' ? 'network' : 'local'
  } catch {
    // It is not there: nothing will be deleted, and what is shown is the careful figure.
    return 'network'
  }
}
