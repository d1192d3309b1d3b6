import { EncordError } from '../model/error.ts'
import { nameOf } from '../model/file.ts'
import type { FolderPolicy } from '../model/folder.ts'
import { type RemoteRow, ROW_TYPES } from '../model/remote.ts'
import type { EffectTools } from './effectTools.ts'
import type { Listed } from './listing.ts'
import { isTimed, madeSince } from './madeSince.ts'
import { withoutPart } from './plan/title.ts'
import type { Remote } from './ports.ts'
import type { OperationRecord, VersionRecord } from './records.ts'
import { ownNote } from './rowNote.ts'

type FoundGroup =
  | { readonly kind: 'whole'; readonly rows: readonly RemoteRow[] }
  /** One row, by its title alone: its members are not told. */
  | { readonly kind: 'titled'; readonly rows: readonly RemoteRow[] }
  /**
   * Rows that hold some of the frames (a sequence may become several rows), or none. `doubtful`: so many rows of series may be it all the same,
   * as they came about since, and whose files they hold is not told.
   */
  | { readonly kind: 'part'; readonly rows: readonly RemoteRow[]; readonly doubtful: number }
  /** So many rows could be it, by title and time, or by title where no clock can be believed: their members are not told, or (of a series) are none of ours. */
  | { readonly kind: 'several'; readonly rows: number }

/**
 * Looks for the rows that hold our frames among those the ledger does not know. By title or by time: the server may have taken
 * another title than the one that was asked for, and clocks differ.
 */
export async function findGroup(
  tools: GroupTools,
  version: VersionRecord,
  operation: OperationRecord,
  listed: Listed,
): Promise<FoundGroup> {
  const { ledger } = tools
  const wanted = new Set(ledger.versions.frames(version.id).map((frame) => frame.dataHash ?? ''))
  const key = version.unitId === null ? version.title : (ledger.units.get(version.unitId)?.key ?? version.title)
  const titles = new Set([version.title, nameOf(version.title), nameOf(key)])
  const isSequence = version.kind === 'image_group' && tools.policy.subdirectories === 'sequence'
  const isNamed = (row: RemoteRow): boolean => titles.has(row.title)
  const isTitled = (row: RemoteRow): boolean => isNamed(row) || (isSequence && titles.has(withoutPart(row.title)))
  const isYoung = madeSince(operation)
  const unknown = listed.rows.filter(
    (row) =>
      row.type === ROW_TYPES[version.kind] &&
      (isTitled(row) || isYoung(row)) &&
      ledger.versions.byHash(version.remoteId, row.dataHash) === null,
  )
  const ours: RemoteRow[] = []
  const titled: RemoteRow[] = []
  let doubtful = 0
  let untimed = 0
  const held = new Set<string>()
  for (const row of [...unknown.filter(isTitled), ...unknown.filter((one) => !isTitled(one))]) {
    const asked = row.members !== null ? null : await rowByHash(tools, version.remoteId, row.dataHash)
    const members = row.members ?? asked?.members ?? null
    if (!isTold(version, members)) {
      if (isNotedOther(version, row) || (asked !== null && isNotedOther(version, asked))) continue
      if (isTitled(row) && isYoung(row)) titled.push(row)
      else if (isTitled(row) && !isTimed(operation)) untimed++
      else if (isYoung(row) && version.kind === 'dicom_series') doubtful++
    } else if (members.length > 0 && members.every((member) => wanted.has(member))) {
      ours.push(row)
      for (const member of members) held.add(member)
      if (held.size === wanted.size) return { kind: 'whole', rows: ours }
    } else if (version.kind === 'dicom_series' && isTitled(row) && isYoung(row)) doubtful++
  }
  // Whose members are not told is ours only where no other could be: a numbered one may be of this sequence, or of a directory of that name.
  if (ours.length === 0 && titled.some(isNamed)) {
    return titled.length + untimed === 1 ? { kind: 'titled', rows: titled } : { kind: 'several', rows: titled.length + untimed }
  }
  // Whether it is older than the call nobody can tell.
  if (ours.length === 0 && untimed > 0) return { kind: 'several', rows: untimed }
  return { kind: 'part', rows: ours, doubtful }
}

/** What is said of a series that so many rows could be. */
export function doubtWords(doubtful: number): string {
  return `its answer was lost, and ${doubtful === 1 ? 'a DICOM row' : `${doubtful} DICOM rows`} made since could be it`
}

/** It carries our note of another content: it was made later, by a ledger that was lost, or put back to before that. */
function isNotedOther({ content }: VersionRecord, { clientMetadata }: Pick<RemoteRow, 'clientMetadata'>): boolean {
  const note = ownNote(clientMetadata)
  return note !== null && content !== null && note.sha256 !== content
}

/** Of a series no document says how a server names its files: an empty list says nothing. */
function isTold({ kind }: VersionRecord, members: readonly string[] | null): members is readonly string[] {
  return members !== null && (kind !== 'dicom_series' || members.length > 0)
}

type RowTools = Pick<EffectTools, 'ledger' | 'signal'> & { readonly remote: Pick<Remote, 'row'> }
type GroupTools = RowTools & { readonly policy: Pick<FolderPolicy, 'subdirectories'> }

/** A row by `datarow`; null where there is none, or the key may not ask. */
export async function rowByHash(tools: RowTools, remoteId: number, hash: string): Promise<RemoteRow | null> {
  if (!tools.ledger.remotes.get(remoteId).datarow) return null
  try {
    return await tools.remote.row(hash, { signal: tools.signal })
  } catch (error) {
    // A key that may not use `datarow` is no obstacle: the listing tells.
    if (error instanceof EncordError && (error.kind === 'not-allowed' || error.kind === 'this-file')) return null
    throw error
  }
}
