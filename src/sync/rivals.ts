import { nameOf } from '../model/file.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { withoutPart } from './plan/title.ts'
import type { OperationRecord, VersionRecord } from './records.ts'

/** A call whose outcome is open, and that may have made a row of the same title. */
export type Rival = { readonly version: VersionRecord; readonly operation: OperationRecord }

/**
 * Other open calls whose row would look like this one's where nothing but a title tells: with one row and two such calls, nobody knows
 * whose it is. A row taken for another unit's is deleted with the wrong file. Calls that knew their hash before are no rivals.
 * @param subdirectories with `sequence`, a number at a title's end may be the server's
 */
export function rivalsOf(
  ledger: Pick<LedgerPort, 'operations' | 'versions'>,
  version: VersionRecord,
  subdirectories: 'group' | 'sequence' | 'individual',
): readonly Rival[] {
  // Two series of one directory are numbered by us, and are no parts of each other.
  const naming = version.kind === 'image_group' ? subdirectories : 'group'
  const own = new Set(titlesOf(version, naming))
  return ledger.operations.open().flatMap((operation): Rival[] => {
    const isRegistration = operation.verb === 'register' || operation.verb === 'group'
    const other = isRegistration && operation.versionId !== version.id ? ledger.versions.get(operation.versionId) : null
    if (other === null || other.remoteId !== version.remoteId || other.kind !== version.kind || other.dataHash !== null) return []
    return titlesOf(other, naming).some((title) => own.has(title)) ? [{ version: other, operation }] : []
  })
}

/** A title may have fallen back to its base name. */
function titlesOf({ title }: VersionRecord, subdirectories: 'group' | 'sequence' | 'individual'): readonly string[] {
  const titles = [title, nameOf(title)]
  return subdirectories === 'sequence' ? [...titles, ...titles.map(withoutPart)] : titles
}

/** What is said of each of them when a person has to look. */
export function rivalWords(title: string): string {
  return `several calls or rows could be "${title}": its answer was lost, and nothing tells them apart`
}
