import { nameOf } from '../model/file.ts'
import type { FolderPolicy } from '../model/folder.ts'
import { type RemoteRow, ROW_TYPES } from '../model/remote.ts'
import type { EffectTools } from './effectTools.ts'
import type { Listed } from './listing.ts'
import { isTimed, madeSince } from './madeSince.ts'
import { withoutPart } from './plan/title.ts'
import type { OperationRecord, VersionRecord } from './records.ts'

/** The URL that a lost `datasetdata` call asked for; null for any other call. */
export function cloudUrl(evidence: string | null): string | null {
  const parsed = evidence === null ? null : (JSON.parse(evidence) as { readonly url?: unknown })
  return typeof parsed?.url === 'string' ? parsed.url : null
}

/**
 * The rows that a lost `datasetdata` call may have made, among those the ledger does not know: of a file by its address in the bucket,
 * else, and of a group, by title and time. More than one is for a person.
 */
export function cloudRows(
  { ledger, policy }: Pick<EffectTools, 'ledger'> & { readonly policy: Pick<FolderPolicy, 'subdirectories'> },
  version: VersionRecord,
  operation: OperationRecord,
  listed: Listed,
  isYoung = madeSince(operation),
): readonly RemoteRow[] {
  const url = cloudUrl(operation.evidence) ?? ''
  const unknown = listed.rows.filter(
    (row) => row.type === ROW_TYPES[version.kind] && ledger.versions.byHash(version.remoteId, row.dataHash) === null,
  )
  // An older row is somebody else's, also of the same object.
  const young = unknown.filter(isYoung)
  const titles = new Set([version.title, nameOf(version.title)])
  if (version.kind === 'image_group') {
    // A numbered row may be a further one of this sequence, or that of a directory of that name: no answer says which frames it holds.
    const isNumbered = (row: RemoteRow): boolean => policy.subdirectories === 'sequence' && titles.has(withoutPart(row.title))
    const found = young.filter((row) => titles.has(row.title) || isNumbered(row))
    return found.some((row) => titles.has(row.title)) ? found : []
  }
  const linked = young.filter((row) => row.fileLink != null && isSame(row.fileLink, url))
  // A row that names another object is that one's: it would be deleted for ours.
  return linked.length > 0 ? linked : young.filter((row) => row.fileLink == null && titles.has(row.title))
}

/** The rows that it may have made by all but their time, where no clock can be believed: whether they are older than the call nobody can tell. */
export function untimedCloudRows(...[tools, version, operation, listed]: Parameters<typeof cloudRows>): readonly RemoteRow[] {
  return isTimed(operation) ? [] : cloudRows(tools, version, operation, listed, () => true)
}

/** Were they found by the address of the very object, and not by a title that others may have? */
export function isByAddress({ kind }: VersionRecord, rows: readonly RemoteRow[]): boolean {
  return kind !== 'image_group' && rows.every((row) => row.fileLink != null)
}

/** The server may show the address decoded, or only the object's key in its bucket. */
function isSame(link: string, url: string): boolean {
  if (link === url) return true
  const key = url.replace(/^\w+:\/\/[^/]+\//, '')
  try {
    return link === decodeURIComponent(url) || link === key || link === decodeURIComponent(key)
  } catch {
    return false
  }
}
