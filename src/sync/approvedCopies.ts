import type { LedgerPort } from './ledgerPort.ts'

type Tools = Pick<LedgerPort, 'meta'>

/**
 * A person approves that a row goes although these other files hold the same content, and beside no others. Called inside a transaction.
 * @param fileIds of the copies that are known now
 */
export function noteApprovedCopies({ meta }: Tools, versionId: number, fileIds: readonly number[]): void {
  const text = JSON.stringify(fileIds)
  if ((meta.read(keyOf(versionId)) ?? '[]') !== text) meta.write(keyOf(versionId), text)
}

/** Ids of the files that held the content of this row when a person approved that it goes. */
export function approvedCopies({ meta }: Tools, versionId: number): readonly number[] {
  const text = meta.read(keyOf(versionId))
  return text === null ? [] : (JSON.parse(text) as readonly number[])
}

function keyOf(versionId: number): string {
  return `approved-copies:${versionId}`
}
