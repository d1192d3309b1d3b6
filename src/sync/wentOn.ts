import { isSameInode } from '../model/file.ts'
import { followedRows } from './followedRows.ts'
import { isGhostOfAnyRow } from './ghosts.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { VersionRecord } from './records.ts'
import type { Difference } from './survey.ts'

/**
 * Files came to paths, and by inode and birth time they are the very files of rows elsewhere: these went on, or got one more name. Which of both is
 * known only once the other path is looked at, and by then the new one may have taken over a row, and be as old as that. Called inside a transaction,
 * before anything that the look found is written down.
 */
export function noteWentOn(ledger: LedgerPort, differences: readonly Difference[], remoteId: number): void {
  const rows = new Set<number>()
  for (const difference of differences) {
    if (difference.kind !== 'new' && difference.kind !== 'changed') continue
    const { stamp } = difference
    const known = difference.kind === 'changed' ? difference.known : null
    if (known?.local === 'present' && isSameInode(known.stamp, stamp)) continue
    for (const file of ledger.tree.ofInode(stamp, remoteId)) {
      if (file.unitId === null || isGhostOfAnyRow(file)) continue
      for (const { id } of followedRows(ledger, file.unitId)) rows.add(id)
    }
  }
  for (const id of rows) ledger.meta.write(keyOf({ id }), '1')
}

/** Did a file that the row was made of come to another path, while it was its unit's? */
export function hasGoneOn(ledger: Pick<LedgerPort, 'meta'>, version: Pick<VersionRecord, 'id'>): boolean {
  return ledger.meta.read(keyOf(version)) !== null
}

function keyOf({ id }: Pick<VersionRecord, 'id'>): string {
  return `went-on:${id}`
}
