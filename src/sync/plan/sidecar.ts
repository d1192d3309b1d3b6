import { dirOf, joinPath, nameOf, type RelPath } from '../../model/file.ts'
import type { FileRecord, UnitRecord } from '../records.ts'

/** Encord's own ending for a file's metadata (cloud-synced folders, "Metadata ingestion"); alone it is that of a group's directory. */
const ENDING = '.metadata.json'

/** How a sidecar is known that can be used, or has not been read yet; any other problem of a sidecar is why it is not used. */
export const SIDECAR = 'sidecar'

/** What the reason of a sidecar begins with that is not used. */
export const NOT_USED = 'metadata not used: '

/** Is this the name of a file of metadata? */
export function isSidecar(name: string): boolean {
  return name.endsWith(ENDING)
}

/** Where the metadata of a unit stands: `clip.mp4.metadata.json` beside a file, `.metadata.json` in a group's directory. Null: a DICOM series has none. */
export function sidecarPath({ shape, key }: Pick<UnitRecord, 'shape' | 'key'>): RelPath | null {
  if (shape === 'series') return null
  return shape === 'dir' ? joinPath(key, ENDING) : `${key}${ENDING}`
}

/** The unit that a sidecar is for, whether or not there is one; null for a file that is no sidecar, or is nobody's. */
export function sidecarOwner(path: RelPath): Pick<UnitRecord, 'shape' | 'key'> | null {
  const name = nameOf(path)
  if (!isSidecar(name)) return null
  if (name !== ENDING) return { shape: 'file', key: path.slice(0, -ENDING.length) }
  const dir = dirOf(path)
  return dir === '' ? null : { shape: 'dir', key: dir }
}

/** Was it read, or found to be of no use? Then nothing more is asked about it until it changes. */
export function isSidecarRead(file: Pick<FileRecord, 'problem' | 'sha256'>): boolean {
  return file.problem !== SIDECAR || file.sha256 !== null
}
