import type { CandidateRecord, FileRecord, VersionRecord } from '../records.ts'

/**
 * Since when a rule of a folder is what it is. What was gone or replaced before that was left to another rule. Told by time and by scans, as a
 * clock that was ahead and is set back puts what was before into the future.
 */
export type RuleSince = {
  /** ms since 1970; 0 where it never was anything else. */
  readonly ms: number
  /** The newest scan, of any folder, when it was changed; 0 where it never was anything else. */
  readonly scan: number
  /** The first complete look at the whole folder that began after the change: what it finds may be of before. Null: there was none yet. */
  readonly look: number | null
}

/**
 * Is what a scan noticed of before a rule was changed, or may it be?
 * @param noticed that scan; null: nobody knows which one it was
 */
export function mayPredate({ ms, scan, look }: RuleSince, noticed: number | null): boolean {
  if (ms === 0 && scan === 0) return false
  return noticed === null || look === null || noticed <= look
}

/** What a person did that may have taken away what a row of a dataset waited for, or was kept by. */
export type DatasetEdit = 'entry' | 'path' | 'rules' | 'ledger'

/** The last of these; or of a folder's own, when its `grace` was made shorter. */
export type EditSince = RuleSince & { readonly edit: DatasetEdit | 'grace' }

const EDITS: Readonly<Record<EditSince['edit'], string>> = {
  entry: 'a folder of its dataset left the config',
  path: 'the path of a folder of its dataset was changed, to a copy of it',
  rules: 'the rules of a folder of its dataset were changed',
  ledger: 'the ledger was accepted, which may have forgotten what was decided',
  grace: '`grace` was made shorter, or was noted for the first time',
}

type Row = {
  readonly candidate: Pick<CandidateRecord, 'why' | 'firstScan' | 'madeMs'>
  readonly version: Pick<VersionRecord, 'role' | 'changedScan'>
  readonly files: readonly Pick<FileRecord, 'absentScan'>[]
}

/**
 * Was this row's file gone, or replaced, before the edit, or may it have been? Then what it waited for (a disk that is away, a file that is not
 * hashed, a place that cannot be seen) may be where the file is, and is asked about no more; and what a person decided may be forgotten.
 * @returns why it is held; null where it was gone later
 */
export function ofBeforeEdit({ candidate, version, files }: Row, since: EditSince): string | null {
  const isOlder = candidate.why === 'superseded' || version.role === 'superseded' || version.changedScan !== null
  const isBefore =
    candidate.madeMs < since.ms ||
    (candidate.firstScan !== null && candidate.firstScan <= since.scan) ||
    (isOlder && mayPredate(since, version.changedScan)) ||
    files.some(({ absentScan }) => absentScan !== null && mayPredate(since, absentScan))
  return isBefore ? `it was gone, or replaced, before ${EDITS[since.edit]}, or no complete look lies between the two` : null
}
