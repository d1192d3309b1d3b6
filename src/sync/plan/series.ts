import { dirOf, joinPath, nameOf, type RelPath } from '../../model/file.ts'
import type { FileRecord, UnitRecord } from '../records.ts'
import { compareNatural } from './naturalOrder.ts'

type Placed = Pick<UnitRecord, 'shape' | 'key'>

/** What a UID is made of (DICOM PS3.5, 9.1). Anything else names no unit, and might be a person's name. */
const UID = /^[\d.]{1,64}$/

/** Is it a UID that a series can be known by? */
export function isUid(text: string | null): text is string {
  return text !== null && UID.test(text)
}

/**
 * The key of a series: its UID in its directory. Files whose series is not known yet belong to a unit of their directory that no path and
 * no series can have the key of: its last name is empty.
 * @param uid null: not known yet
 */
export function seriesKey(dir: RelPath, uid: string | null): RelPath {
  return uid === null ? `${dir}/` : joinPath(dir, uid)
}

/** Is it the unit of the files of a directory whose series is not known yet? */
export function isUnsorted({ shape, key }: Placed): boolean {
  return shape === 'series' && key.endsWith('/')
}

/** The directory that the files of a unit stand in. */
export function dirOfUnit({ shape, key }: Placed): RelPath {
  return shape === 'dir' ? key : dirOf(key)
}

/** The key that a unit of frames has once all of it stands in this directory. */
export function keyIn(dir: RelPath, { shape, key }: Placed): RelPath {
  if (shape === 'dir') return dir
  const uid = nameOf(key)
  return seriesKey(dir, uid === '' ? null : uid)
}

/** A file of a series: its path, or its name where all are of one directory. */
export type Slice = { readonly path: RelPath; readonly number: number | null }

/** A file as a slice; one that is none has no number, so that its name alone orders it. */
export function sliceOf({ path, look }: Pick<FileRecord, 'path' | 'look'>): Slice {
  return { path, number: look?.kind === 'dicom' ? look.number : null }
}

/** The order of slices: InstanceNumber, then natural order of names. */
export function compareSlices(a: Slice, b: Slice): number {
  return (a.number ?? 0) - (b.number ?? 0) || compareNatural(a.path, b.path)
}
