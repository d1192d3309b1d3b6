import type { RemoteRow } from '../model/remote.ts'
import type { ForeignRow, OwnNote } from './records.ts'

/** @returns the row with our own note on it, where it carries one */
export function toForeign(remoteId: number, row: RemoteRow): ForeignRow {
  const note = ownNote(row.clientMetadata)
  return { remoteId, dataHash: row.dataHash, title: row.title, type: row.type, sizeBytes: row.sizeBytes, own: note }
}

/** Our own JSON on a row, under the key `encord_sync`; null when it is not there or not ours. */
export function ownNote(metadata: unknown): OwnNote | null {
  if (typeof metadata !== 'object' || metadata === null || !('encord_sync' in metadata)) return null
  const note = metadata.encord_sync
  if (typeof note !== 'object' || note === null) return null
  const { folder, path, sha256, linked } = note as Record<string, unknown>
  if (typeof folder !== 'string' || typeof path !== 'string' || typeof sha256 !== 'string') return null
  return { folder, path, sha256, linked: linked === 'by-name' ? linked : null }
}
