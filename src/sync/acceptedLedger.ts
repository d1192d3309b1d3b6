import { noteEdit } from './datasetEdits.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { CandidateRecord, FolderRecord } from './records.ts'

const ACCEPTED = 'ledger-accepted'

/**
 * A person goes on with a ledger that was rolled back or copied, or may have been, as their folder can't tell. What they decided since, and which
 * rules were in force then, it does not know: what is gone by now from these folders was left to them. So is what they approved before that:
 * the file may have come back since, and an approval is of what was gone. Called inside a transaction.
 */
export function noteAccepted(
  ledger: Pick<LedgerPort, 'meta' | 'scans' | 'folders' | 'candidates'>,
  folders: readonly Pick<FolderRecord, 'remoteId'>[],
  atMs: number,
): void {
  ledger.meta.write(ACCEPTED, String(atMs))
  for (const remoteId of new Set(folders.map((folder) => folder.remoteId))) {
    noteEdit(ledger, remoteId, 'ledger', atMs)
    ledger.meta.write(behindKey(remoteId), '1')
  }
  for (const { versionId } of approvedRows(ledger, folders)) ledger.candidates.setBatch(versionId, null)
}

/** May the notes on rows of the dataset know more than the ledger, which is frozen, or was accepted and has not read them since? */
export function mayBeBehindNotes({ meta, folders }: Pick<LedgerPort, 'meta' | 'folders'>, remoteId: number): boolean {
  return (
    meta.read(behindKey(remoteId)) !== null || folders.all().some((folder) => folder.remoteId === remoteId && folder.state === 'frozen')
  )
}

/** The notes were read. Called inside a transaction. */
export function noteCaughtUp({ meta }: Pick<LedgerPort, 'meta'>, remoteId: number): void {
  meta.remove(behindKey(remoteId))
}

function behindKey(remoteId: number): string {
  return `behind-notes:${remoteId}`
}

/** What a person approved in the datasets of these folders, and is still there. */
export function approvedRows(
  { folders, candidates }: Pick<LedgerPort, 'folders' | 'candidates'>,
  accepted: readonly Pick<FolderRecord, 'remoteId'>[],
): readonly CandidateRecord[] {
  const remoteIds = new Set(accepted.map(({ remoteId }) => remoteId))
  const isApproved = ({ batchId }: CandidateRecord): boolean => batchId !== null && candidates.batch(batchId)?.decision === 'approved'
  return folders.all().flatMap(({ id, remoteId }) => (remoteIds.has(remoteId) ? candidates.ofFolder(id).filter(isApproved) : []))
}

/**
 * What counts for the delete limit of a folder since `sinceMs`. A ledger that was accepted in that time does not know which DELETEs it sent and
 * has forgotten: rows that are found to be gone from the dataset may have been deleted by those.
 */
export function sentSince(
  ledger: Pick<LedgerPort, 'meta' | 'history'>,
  folderId: number,
  sinceMs: number,
): { readonly units: number; readonly files: number } {
  const { history, meta } = ledger
  const sent = history.deletesSince(folderId, sinceMs)
  if (Number(meta.read(ACCEPTED) ?? 0) <= sinceMs) return sent
  const lost = history.lostSince(folderId, sinceMs)
  return { units: sent.units + lost, files: sent.files + lost }
}
