import { looksLikeMedia } from '../../media/extension.ts'
import { dirOf, nameOf, type RelPath } from '../../model/file.ts'
import type { FolderPolicy } from '../../model/folder.ts'
import type { UnitKind, UnitShape } from '../../model/unit.ts'
import type { Look } from '../records.ts'
import { isSidecar, SIDECAR } from './sidecar.ts'

/** The unit a file belongs to, or why it belongs to none. */
export type Mapping =
  | { readonly kind: 'unit'; readonly shape: UnitShape; readonly key: RelPath; readonly unitKind: UnitKind }
  | { readonly kind: 'none'; readonly problem: 'sidecar' | 'labels' | 'dicom' | 'unknown-type' }

/** Series are not made by folders; patient data goes nowhere unasked. */
const DICOM = /\.(dcm|dicom)$/i
/** Labels beside a file, as Encord exports them: recognised and reported, not sent. */
const LABELS = /\.encord\.json$/i

/**
 * Which unit a file belongs to (design, section 3). Before its bytes were looked at, the extension decides; after, the content
 * does. A file whose extension says image but whose content is unknown stays in its unit, so that it blocks its group.
 */
export function mapFile(path: RelPath, look: Look | null, policy: Pick<FolderPolicy, 'subdirectories'>): Mapping {
  const name = nameOf(path)
  if (isSidecar(name)) return { kind: 'none', problem: SIDECAR }
  if (LABELS.test(name)) return { kind: 'none', problem: 'labels' }
  if (DICOM.test(name)) return { kind: 'none', problem: 'dicom' }
  const byName = looksLikeMedia(name)
  if (byName === null) return { kind: 'none', problem: 'unknown-type' }
  const kind = look !== null && (look.kind === 'video' || look.kind === 'image') ? look.kind : byName
  const dir = dirOf(path)
  if (kind === 'image' && dir !== '' && policy.subdirectories !== 'individual') {
    return { kind: 'unit', shape: 'dir', key: dir, unitKind: 'image_group' }
  }
  return { kind: 'unit', shape: 'file', key: path, unitKind: kind }
}
