import type { LedgerPort } from './ledgerPort.ts'
import type { FileRecord, VersionRecord } from './records.ts'

/** Of a file: since which scan its path is known, and since which one its own row is. */
export type CopyAge = Pick<FileRecord, 'firstScan'> & { readonly rowSince: number }

/** @param copy a file of the content of some row elsewhere */
export function ageOf(
  { versions }: Pick<LedgerPort, 'versions'>,
  { unitId, firstScan }: Pick<FileRecord, 'unitId' | 'firstScan'>,
): CopyAge {
  const row = unitId === null ? undefined : versions.ofUnit(unitId).find(({ role }) => role === 'current')
  return { firstScan, rowSince: row?.readAfter ?? 0 }
}

/**
 * Since which scan a copy counts as there, beside a row of its content. One that was there before, but waited to be sent (its folder was paused, its
 * group held up), has the younger row of both: it counts as one that came when it was read for that.
 */
export function countsSince({ readAfter }: Pick<VersionRecord, 'readAfter'>, { firstScan, rowSince }: CopyAge): number {
  return rowSince <= readAfter ? firstScan : Math.max(firstScan, rowSince)
}
