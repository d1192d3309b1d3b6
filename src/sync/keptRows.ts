import type { LedgerPort } from './ledgerPort.ts'

type Tools = Pick<LedgerPort, 'meta'>

/** A person said that a row stays: it goes only by a person's word from now on, also once it is followed again. Called inside a transaction. */
export function noteKept({ meta }: Tools, versionId: number, atMs: number): void {
  meta.write(keyOf(versionId), String(atMs))
}

/** Did a person say of this row that it stays? */
export function isKeptByPerson({ meta }: Tools, versionId: number): boolean {
  return meta.read(keyOf(versionId)) !== null
}

/**
 * The note on a row that was linked names another folder: another machine may feed the dataset with it, or this folder lost its marker and its
 * ledger. Or nothing but its name tells whose it is. It is followed, and goes only by a person's word. Called inside a transaction.
 * @param uid of that folder, or `NOBODY_KNOWN`
 */
export function noteMadeBy({ meta }: Tools, versionId: number, uid: string): void {
  meta.write(makerKey(versionId), uid)
}

/** The id of the other folder that made a row, or `NOBODY_KNOWN`; null: this one, as far as is known. */
export function madeBy({ meta }: Tools, versionId: number): string | null {
  return meta.read(makerKey(versionId))
}

function makerKey(versionId: number): string {
  return `made-by:${versionId}`
}

function keyOf(versionId: number): string {
  return `kept-by-person:${versionId}`
}
