import { nameOf } from '../model/file.ts'
import type { FolderPolicy } from '../model/folder.ts'
import { isConfigured } from './configured.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { withoutPart } from './plan/title.ts'
import type { OperationRecord, VersionRecord } from './records.ts'

/** A call whose outcome is open, and that may have made a row of the same title. */
export type Rival = { readonly version: VersionRecord; readonly operation: OperationRecord }

type Subdirectories = FolderPolicy['subdirectories']
type Ledger = Pick<LedgerPort, 'operations' | 'versions' | 'units' | 'folders'>

/**
 * Other open calls whose row would look like this one's where nothing but a title tells: with one row and two such calls, nobody knows
 * whose it is. A row taken for another unit's is deleted with the wrong file. Calls that knew their hash before are no rivals.
 * @param subdirectoriesOf of a folder of the dataset; where either call is one for a sequence, a number at a title's end may be the server's
 */
export function rivalsOf(ledger: Ledger, version: VersionRecord, subdirectoriesOf: (folderId: number) => Subdirectories): readonly Rival[] {
  return ledger.operations.open().flatMap((operation): Rival[] => {
    const isRegistration = operation.verb === 'register' || operation.verb === 'group'
    const other = isRegistration && operation.versionId !== version.id ? ledger.versions.get(operation.versionId) : null
    return other !== null && isAlike(ledger, version, other, subdirectoriesOf) ? [{ version: other, operation }] : []
  })
}

/** Was another call lost for good, of this unit too, that may have made this one's row? @param subdirectoriesOf as `rivalsOf` */
export function isClaimed(ledger: Ledger, version: VersionRecord, subdirectoriesOf: (folderId: number) => Subdirectories): boolean {
  return ledger.versions
    .lostOf(version.remoteId)
    .some((other) => other.id !== version.id && isAlike(ledger, version, other, subdirectoriesOf))
}

function isAlike(
  ledger: Ledger,
  one: VersionRecord,
  other: VersionRecord,
  subdirectoriesOf: (folderId: number) => Subdirectories,
): boolean {
  if (other.remoteId !== one.remoteId || other.kind !== one.kind || other.dataHash !== null) return false
  const isSequence = ({ unitId }: VersionRecord): boolean => {
    const unit = unitId === null ? null : ledger.units.get(unitId)
    // Of a call whose unit is not known any more, or whose folder left the config, nobody knows what it asked for.
    return unit === null || !isConfigured(ledger, unit.folderId) || subdirectoriesOf(unit.folderId) === 'sequence'
  }
  // Two series of one directory are numbered by us, and are no parts of each other.
  const isNumbered = one.kind === 'image_group' && (isSequence(one) || isSequence(other))
  const own = new Set(titlesOf(one, isNumbered))
  return titlesOf(other, isNumbered).some((title) => own.has(title))
}

/** A title may have fallen back to its base name. */
function titlesOf({ title }: VersionRecord, isNumbered: boolean): readonly string[] {
  const titles = [title, nameOf(title)]
  return isNumbered ? [...titles, ...titles.map(withoutPart)] : titles
}

/** What is said of each of them when a person has to look. */
export function rivalWords(title: string): string {
  return `several calls or rows could be "${title}": its answer was lost, and nothing tells them apart`
}
