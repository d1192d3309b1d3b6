import { createHash } from 'node:crypto'
import type { Log } from '../model/event.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { FolderRecord, VersionRecord } from './records.ts'

/**
 * Rows that wait for a person from now on, as one frozen batch: later ones open the next one, and an approval covers what was shown.
 * @param folder the one that they are in
 */
export function freezeBatch(
  { ledger, log, wallMs }: { readonly ledger: LedgerPort; readonly log: Log; wallMs(): number },
  folder: Pick<FolderRecord, 'id' | 'path'>,
  versions: readonly Pick<VersionRecord, 'id' | 'dataHash'>[],
  why: string,
): void {
  const id = ledger.candidates.addBatch(folder.id, batchDigest(versions.map(({ dataHash }) => dataHash ?? '')), why, wallMs())
  for (const version of versions) {
    ledger.candidates.setBatch(version.id, id)
    // Nothing else is said of it before somebody decides.
    ledger.candidates.setNote(version.id, why)
  }
  log.emit('delete.held', { folder: folder.path, batch: String(id), units: versions.length, why, next: 'encord-sync deletes list' })
}

/** What a person approves: exactly these hashes. */
export function batchDigest(dataHashes: readonly string[]): string {
  return createHash('sha256')
    .update([...dataHashes].sort().join('\n'))
    .digest('hex')
    .slice(0, 16)
}
