import { countEdit } from './editCount.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { DatasetEdit, EditSince } from './plan/ruleEdits.ts'
import type { FolderRecord } from './records.ts'

type Tools = Pick<LedgerPort, 'meta' | 'scans'>

type Noted = { readonly edit: DatasetEdit; readonly sinceMs: number; readonly sinceScan: number }

/**
 * A person changed what rows of a dataset may wait for: an entry that left can hide the file of any other one, and so can a rule, or a path that leads to a copy. The last such
 * edit is remembered; what is of before an earlier one is of before it too. Called inside a transaction.
 * @param sinceScan the newest scan, of any folder, when it was made
 */
export function noteEdit({ meta, scans }: Tools, remoteId: number, edit: DatasetEdit, sinceMs: number, sinceScan = scans.newest()): void {
  meta.write(keyOf(remoteId), JSON.stringify({ edit, sinceMs, sinceScan } satisfies Noted))
  countEdit(meta)
}

/** The last such edit, as it is for the rows of one folder of the dataset. */
export function editSince({ meta, scans }: Tools, { id, remoteId }: Pick<FolderRecord, 'id' | 'remoteId'>): EditSince {
  const text = meta.read(keyOf(remoteId))
  const { edit, sinceMs, sinceScan }: Noted = text === null ? { edit: 'rules', sinceMs: 0, sinceScan: 0 } : JSON.parse(text)
  const since = { ms: sinceMs, scan: sinceScan }
  return { ...since, edit, look: scans.firstCompleteSince(id, since) }
}

function keyOf(remoteId: number): string {
  return `dataset-edit:${remoteId}`
}
