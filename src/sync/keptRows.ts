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

function keyOf(versionId: number): string {
  return `kept-by-person:${versionId}`
}
