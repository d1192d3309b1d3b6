import type { FolderPolicy } from '../../model/folder.ts'
import type { UnitShape } from '../../model/unit.ts'
import type { FileRecord, Look } from '../records.ts'
import { groupContent } from './groupContent.ts'

/** sha256 of a unit's file, or of its frames, as far as they can be sent; null while one is not hashed, or none is there. */
export function unitContent(files: readonly Pick<FileRecord, 'local' | 'problem' | 'sha256'>[], shape: UnitShape): string | null {
  const sent = files.filter((file) => file.local === 'present' && file.problem === null)
  const shas = sent.flatMap((file) => file.sha256 ?? [])
  const [first] = shas
  if (first === undefined || shas.length < sent.length) return null
  return shape === 'file' ? first : groupContent(shas)
}

/** Without the damaged frames that `group_incomplete: skip` leaves out of a group. */
export function withoutDamaged(
  files: readonly FileRecord[],
  unit: { readonly shape: UnitShape; readonly asIs: boolean },
  { groupIncomplete }: Pick<FolderPolicy, 'groupIncomplete'>,
): readonly FileRecord[] {
  if (unit.shape === 'file' || unit.asIs || groupIncomplete !== 'skip') return files
  return files.filter((file) => file.look === null || isWhole(file.look))
}

/** Has what was looked at all of its bytes? */
export function isWhole(look: Look): boolean {
  return look.kind === 'dicom' || (look.kind === 'image' && look.whole.kind === 'whole')
}
