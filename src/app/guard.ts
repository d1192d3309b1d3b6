import { fsKind, fsKindOfWord } from '../disk/fileSystem.ts'
import type { FolderPolicy } from '../model/folder.ts'
import type { FolderRecord } from '../sync/records.ts'
import type { Guard } from './localParts.ts'

/** Network file systems lose sight of files for minutes (design, section 6, last lines). */
const LEAST_REMOTE_GRACE_MS = 600_000

/**
 * The grace in force for a folder by where it lies; a folder without a marker can't be written, and waits as long. A known folder's
 * file system is the one it was known on, also while another one (or none) is at its path.
 */
export function guardOf(folder: Pick<FolderRecord, 'path' | 'marker' | 'root'>, policy: FolderPolicy): Guard {
  const kind = folder.root === null ? fsKind(folder.path) : fsKindOfWord(folder.root.fsType)
  const fileSystem = kind === 'network' || kind === 'fuse' ? 'network' : 'local'
  const { graceMs } = policy.deletes
  const isCareful = fileSystem === 'network' || folder.marker === 'unwritable'
  return { fileSystem, graceMs: isCareful ? Math.max(graceMs, LEAST_REMOTE_GRACE_MS) : graceMs }
}
