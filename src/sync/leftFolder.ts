import { isConfigured } from './configured.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { SeenIdentity } from './plan/folderIdentity.ts'
import type { FolderRecord } from './records.ts'

/**
 * The folder that stands, by its marker, at the place of one that was never seen: the config named its new place before it was there (a disk that is
 * mounted elsewhere now), so that it left the config, and the place was taken for a new folder's. Its rows are those of its own record, which the
 * next start finds by the marker; to the new one its files would be news. Null: none.
 */
export function leftFolder(ledger: Pick<LedgerPort, 'folders'>, folder: FolderRecord, seen: SeenIdentity): FolderRecord | null {
  if (folder.root !== null || seen.kind !== 'there' || typeof seen.marker !== 'object') return null
  const named = ledger.folders.byUid(seen.marker.folderId)
  const isFollowed = named === null || named.id === folder.id || isConfigured(ledger, named.id)
  return isFollowed ? null : named
}
