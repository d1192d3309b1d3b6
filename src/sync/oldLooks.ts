import type { LedgerPort } from './ledgerPort.ts'

type Port = Pick<LedgerPort, 'meta' | 'scans'>

/**
 * What was seen of a folder so far lets no row go any more: nobody followed it for a while (a stop, a pause, a disk that was away), or something
 * may have been missed (a look that failed, events that were lost). Called inside a transaction.
 */
export function outdateLooks({ meta, scans }: Port, folderId: number): void {
  meta.write(outdatedAt(folderId), String(scans.newest()))
}

/** Looks at the folder that began before this scan, of any folder, was written down let no row go; 0: nothing outdated any. */
export function looksFrom({ meta }: Pick<Port, 'meta'>, folderId: number): number {
  return Number(meta.read(outdatedAt(folderId)) ?? 0)
}

/** Was nothing seen of the folder, as a whole, since its looks were outdated? */
export function areLooksOutdated({ meta, scans }: Port, folderId: number): boolean {
  const last = scans.lastWhole(folderId)
  return last === null || last.beganAfter < looksFrom({ meta }, folderId)
}

/** Remembers how long a whole walk of the folder took, ms by a clock that nobody sets. Called inside a transaction. */
export function noteWalk({ meta }: Pick<Port, 'meta'>, folderId: number, tookMs: number): void {
  meta.write(walkedIn(folderId), String(Math.round(tookMs)))
}

/** How long the last whole walk of the folder took, ms; 0: none was made. */
export function walkMs({ meta }: Pick<Port, 'meta'>, folderId: number): number {
  return Number(meta.read(walkedIn(folderId)) ?? 0)
}

function walkedIn(folderId: number): string {
  return `walked-in:${folderId}`
}

function outdatedAt(folderId: number): string {
  return `looks-outdated:${folderId}`
}
