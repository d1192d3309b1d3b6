import type { LedgerPort } from './ledgerPort.ts'
import { isSameRoot, type SeenIdentity } from './plan/folderIdentity.ts'
import type { Disk } from './ports.ts'
import type { FolderRecord } from './records.ts'

/**
 * Another folder of the config whose directory this is too: a bind mount, or a link that was turned, leads there by two entries. It is its whose
 * marker stands there; where none does, its that was known first. Null: the directory is the folder's own.
 * @param seen what stands at the folder's path now
 */
export async function keeperOf(
  { ledger, disk }: { readonly ledger: Pick<LedgerPort, 'folders'>; readonly disk: Pick<Disk, 'identity'> },
  folderId: number,
  seen: SeenIdentity,
): Promise<FolderRecord | null> {
  if (seen.kind !== 'there') return null
  const { root, marker, place } = seen
  const folder = ledger.folders.get(folderId)
  const named = typeof marker === 'object' ? marker.folderId : null
  if (named === folder.uid) return null
  const alike = ledger.folders.all().filter((one) => one.id !== folderId && one.root !== null && isSameRoot(one.root, root))
  const marked = alike.find(({ uid }) => uid === named)
  if (marked !== undefined && (await isAt(disk, marked.path, place)) !== false) return marked
  const wasOwn = folder.root !== null && isSameRoot(folder.root, root)
  for (const other of alike) {
    if (wasOwn && folder.id < other.id) continue
    if ((await isAt(disk, other.path, place)) === true) return other
  }
  return null
}

/** Roots of two disks are often alike; at one moment the device tells whether a path leads to a place. Null: nothing does. */
async function isAt(disk: Pick<Disk, 'identity'>, path: string, place: string | undefined): Promise<boolean | null> {
  const there = await disk.identity(path)
  return there.kind !== 'there' || there.place === undefined || place === undefined ? null : there.place === place
}
