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
  const id = addBatch(ledger, folder, versions, why, wallMs())
  // Nothing else is said of them before somebody decides.
  for (const version of versions) ledger.candidates.setNote(version.id, why)
  log.emit('delete.held', { folder: folder.path, batch: String(id), units: versions.length, why, next: 'encord-sync deletes list' })
}

/** Puts rows into a new batch. @returns its id */
export function addBatch(
  ledger: Pick<LedgerPort, 'candidates' | 'meta'>,
  folder: Pick<FolderRecord, 'id'>,
  versions: readonly Pick<VersionRecord, 'id' | 'dataHash'>[],
  why: string,
  atMs: number,
): number {
  const id = ledger.candidates.addBatch(folder.id, batchDigest(versions.map(({ dataHash }) => dataHash ?? '')), why, atMs)
  for (const version of versions) ledger.candidates.setBatch(version.id, id)
  ledger.meta.write(shownKey(id), JSON.stringify(versions.map((version) => version.id)))
  return id
}

/** Ids of all versions that a batch was made of: what left it since, a person may have been shown too. */
export function shownIn({ meta }: Pick<LedgerPort, 'meta'>, batchId: number): readonly number[] {
  const text = meta.read(shownKey(batchId))
  return text === null ? [] : (JSON.parse(text) as readonly number[])
}

function shownKey(batchId: number): string {
  return `shown-in-batch:${batchId}`
}

/** What a person approves: exactly these hashes. */
export function batchDigest(dataHashes: readonly string[]): string {
  return createHash('sha256')
    .update([...dataHashes].sort().join('\n'))
    .digest('hex')
    .slice(0, 16)
}
