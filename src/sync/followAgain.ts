import { noteRuled } from './holdOlder.ts'
import { isKeptByPerson } from './keptRows.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { UnitRecord, VersionRecord } from './records.ts'
import { standing } from './standing.ts'

type FollowLedger = Pick<LedgerPort, 'versions' | 'meta' | 'scans' | 'tree'>

/**
 * A row that was let go of is its unit's again once the unit is there. While nobody followed it, its file may have become another one: until
 * the two were compared, a newer row takes its place under no rule. Called inside a transaction.
 */
export function followAgain(ledger: FollowLedger, unit: UnitRecord): void {
  const followed = toFollow(ledger, unit)
  for (const { id } of followed) ledger.versions.setRole(id, 'current')
  if (followed.length === 0) return
  ledger.versions.setChangedScan(unit.id, ledger.scans.lastWhole(unit.folderId)?.id ?? 0)
  noteRuled(ledger, unit.id, 'it was let go of for a while, and what stands at its path now is not what it holds')
}

/**
 * Of several rows that were let go of the one that holds what stands there, else the newest, or what that one holds is sent once more. One that
 * a person kept beside another comes last. The rows of a sequence hold one content: an older one's further rows are none of a newer one's.
 */
function toFollow(ledger: FollowLedger, unit: UnitRecord): readonly VersionRecord[] {
  const versions = ledger.versions.ofUnit(unit.id)
  const current = versions.filter(({ role }) => role === 'current')
  const rank = (version: VersionRecord): number =>
    (isKeptByPerson(ledger, version.id) ? 0 : 2) + (standing(ledger, unit, version) === 'there' ? 1 : 0)
  const ranked = versions
    .filter(({ role, remote }) => role === 'detached' && remote === 'live')
    .map((version) => ({ version, rank: rank(version) }))
    .toSorted((one, other) => other.rank - one.rank || other.version.id - one.version.id)
    .map(({ version }) => version)
  const content = (current[0] ?? ranked[0])?.content
  const taken = new Set(current.map(({ part }) => part))
  return ranked.filter((version) => {
    if (version.content !== content || taken.has(version.part)) return false
    taken.add(version.part)
    return true
  })
}
