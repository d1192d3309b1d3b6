import type { UnitShape } from '../../model/unit.ts'
import type { FileRecord, UnitRecord } from '../records.ts'
import { groupContent } from './groupContent.ts'
import { readiness, sliceReadiness } from './readiness.ts'

type OfUnit = Pick<UnitRecord, 'shape' | 'asIs'>

/** sha256 of a unit's file, or of its frames, as far as they can be sent; null while one is not hashed, or none is there. */
export function unitContent(files: readonly FileRecord[], unit: OfUnit): string | null {
  return contentOf(sentFiles(files, unit), unit.shape)
}

/** sha256 of a file, or of the frames of a group or series; null while one is not hashed, or none is there. */
export function contentOf(files: readonly Pick<FileRecord, 'sha256'>[], shape: UnitShape): string | null {
  const shas = files.flatMap((file) => file.sha256 ?? [])
  const [first] = shas
  if (first === undefined || shas.length < files.length) return null
  return shape === 'file' ? first : groupContent(shas)
}

/** What of a unit is there and can be sent. */
export function sentFiles(files: readonly FileRecord[], unit: OfUnit): readonly FileRecord[] {
  return files.filter((file) => file.local === 'present' && file.problem === null && !isLeftOut(file, unit))
}

/**
 * A frame that no row of its unit holds, as its bytes are: empty, cut off, no image, a slice without its tags. `group_incomplete: skip` sends the
 * group without it, and nobody hashes it; under `block` the group waits, and a row from before stands for the others.
 */
export function isLeftOut(file: FileRecord, unit: OfUnit): boolean {
  if (unit.shape === 'file') return false
  const judge = unit.shape === 'series' ? sliceReadiness : readiness
  // Where it is, and whether it is at rest, is another question.
  const ready = judge({ ...file, local: 'present' }, Number.POSITIVE_INFINITY, 0, unit.asIs)
  if (ready.kind === 'ready') return unit.shape === 'dir' && ready.media !== 'image'
  return ready.kind !== 'inspect'
}
