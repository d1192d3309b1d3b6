import type { LedgerPort } from './ledgerPort.ts'

type Tools = Pick<LedgerPort, 'meta' | 'scans'>

/** It stands there now. */
const NOW = 'now'

/**
 * Notes whether another directory, a copy that sends, stands in the place of a folder. What was seen there last may be in it still once the folder
 * is back. Called inside a transaction.
 */
export function noteStandIn({ meta, scans }: Tools, folderId: number, isStandIn: boolean): void {
  meta.write(keyOf(folderId), isStandIn ? NOW : String(scans.newest()))
}

export function isStandInNoted({ meta }: Pick<Tools, 'meta'>, folderId: number): boolean {
  return meta.read(keyOf(folderId)) === NOW
}

/** A person took the other directory for the folder: what is not in it is gone. Called inside a transaction. */
export function forgetStandIn({ meta }: Pick<Tools, 'meta'>, folderId: number): void {
  meta.write(keyOf(folderId), '')
}

/** The newest scan, of any folder, when another directory was last known to stand there; 0: none ever did. */
export function standInUntil({ meta }: Pick<Tools, 'meta'>, folderId: number): number {
  const noted = meta.read(keyOf(folderId))
  return noted === NOW ? Number.POSITIVE_INFINITY : Number(noted ?? 0)
}

function keyOf(folderId: number): string {
  return `stand-in:${folderId}`
}
