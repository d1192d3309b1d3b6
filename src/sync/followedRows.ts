import type { LedgerPort } from './ledgerPort.ts'
import type { VersionRecord } from './records.ts'

/** The rows that are kept in step with what a unit holds now: its current one, and the one that is coming. */
export function followedRows({ versions }: Pick<LedgerPort, 'versions'>, unitId: number): readonly VersionRecord[] {
  return versions.ofUnit(unitId).filter(({ role }) => role === 'current' || role === 'coming')
}
