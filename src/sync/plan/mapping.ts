import { looksLikeMedia } from '../../media/extension.ts'
import { dirOf, nameOf, type RelPath } from '../../model/file.ts'
import type { FolderPolicy } from '../../model/folder.ts'
import type { UnitKind, UnitShape } from '../../model/unit.ts'
import type { Look } from '../records.ts'
import { isUid, seriesKey } from './series.ts'
import { isSidecar, SIDECAR } from './sidecar.ts'

/** The unit a file belongs to, or why it belongs to none. */
export type Mapping =
  | { readonly kind: 'unit'; readonly shape: UnitShape; readonly key: RelPath; readonly unitKind: UnitKind }
  | { readonly kind: 'none'; readonly problem: 'sidecar' | 'labels' | 'dicom' | 'not-dicom' | 'no-series' | 'unknown-type' }

const DICOM = /\.(dcm|dicom|ima)$/i
/** An index of a disk, not a file of a series (PS3.10, 8.6). */
const DICOM_INDEX = /^dicomdir$/i
/** Labels beside a file, as Encord exports them: recognised and reported, not sent. */
const LABELS = /\.encord\.json$/i

/**
 * Which unit a file belongs to (design, section 3). Before its bytes were looked at, the extension decides; after, the content
 * does. A file whose extension says image but whose content is unknown stays in its unit, so that it blocks its group.
 */
export function mapFile(path: RelPath, look: Look | null, policy: Pick<FolderPolicy, 'subdirectories' | 'dicom'>): Mapping {
  const name = nameOf(path)
  if (isSidecar(name)) return { kind: 'none', problem: SIDECAR }
  if (LABELS.test(name)) return { kind: 'none', problem: 'labels' }
  if (policy.dicom === 'series' && mayBeDicom(name)) return mapSlice(path, look)
  // Patient data goes nowhere unasked.
  if (isNamedDicom(name)) return { kind: 'none', problem: 'dicom' }
  const byName = looksLikeMedia(name)
  if (byName === null) return { kind: 'none', problem: 'unknown-type' }
  const kind = look !== null && (look.kind === 'video' || look.kind === 'image') ? look.kind : byName
  const dir = dirOf(path)
  if (kind === 'image' && dir !== '' && policy.subdirectories !== 'individual') {
    return { kind: 'unit', shape: 'dir', key: dir, unitKind: 'image_group' }
  }
  return { kind: 'unit', shape: 'file', key: path, unitKind: kind }
}

/** Is a unit of frames made of what stands in this directory? */
export function canStandIn(dir: RelPath, shape: UnitShape, policy: Pick<FolderPolicy, 'subdirectories' | 'dicom'>): boolean {
  return shape === 'series' ? policy.dicom === 'series' : dir !== '' && policy.subdirectories !== 'individual'
}

/** Does its extension say DICOM? */
export function isNamedDicom(name: string): boolean {
  return DICOM.test(name)
}

/** Scanners name files by no rule: an extension of DICOM's, none at all, or a UID. */
function mayBeDicom(name: string): boolean {
  return !DICOM_INDEX.test(name) && (isNamedDicom(name) || !name.includes('.') || /^[\d.]+$/.test(name))
}

/** One that can't be read stays among those that are not sorted yet: it may be a slice of any series there. */
function mapSlice(path: RelPath, look: Look | null): Mapping {
  const series = (uid: string | null): Mapping => ({
    kind: 'unit',
    shape: 'series',
    key: seriesKey(dirOf(path), uid),
    unitKind: 'dicom_series',
  })
  if (look === null || look.kind === 'unreadable') return series(null)
  if (look.kind !== 'dicom') return { kind: 'none', problem: isNamedDicom(nameOf(path)) ? 'not-dicom' : 'unknown-type' }
  return isUid(look.series) ? series(look.series) : { kind: 'none', problem: 'no-series' }
}
