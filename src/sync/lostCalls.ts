import { nameOf } from '../model/file.ts'
import { type RemoteRow, ROW_TYPES } from '../model/remote.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { withoutPart } from './plan/title.ts'
import type { ForeignRow, UnitRecord, VersionRecord } from './records.ts'
import { standing } from './standing.ts'

/**
 * Calls that were lost for good: no listing told what they made, and a person was asked. Until that is known their content is not sent again,
 * wherever it went, and a row that one of them may have made is nobody else's.
 */

/**
 * Its own lost call for this content, or one whose content stands no more where it was: it may have come here. Where it stands, the unit holds
 * a copy, with a row of its own. Also asked when a person decides what the call made.
 */
export function lostCallOf(
  ledger: Pick<LedgerPort, 'versions' | 'units' | 'tree'>,
  unit: Pick<UnitRecord, 'id' | 'kind'>,
  remoteId: number,
  content: string,
): VersionRecord | null {
  const calls = ledger.versions.lostWithContent(remoteId, content).filter((version) => version.kind === unit.kind)
  const isHere = (version: VersionRecord): boolean => {
    const other = version.unitId === null || version.unitId === unit.id ? null : ledger.units.get(version.unitId)
    return other === null || standing(ledger, other, version) !== 'there'
  }
  return calls.find((version) => version.unitId === unit.id) ?? calls.find(isHere) ?? null
}

/** May the call have made this row? The server may have taken the base name as its title, or may have made several rows of a sequence. */
export function mayHaveMade(
  { kind, title, dataHash }: VersionRecord,
  row: Pick<RemoteRow | ForeignRow, 'type' | 'title' | 'dataHash'>,
): boolean {
  if (dataHash !== null) return dataHash === row.dataHash
  const titles = [title, nameOf(title)]
  const isPart = kind === 'image_group' && titles.includes(withoutPart(row.title))
  return row.type === ROW_TYPES[kind] && (titles.includes(row.title) || isPart)
}
