import type { FileRecord, UnitRecord } from '../records.ts'
import { groupContent } from './groupContent.ts'

/** The files of a unit that are there and whose content is known. */
export function knownFiles(files: readonly FileRecord[]): readonly (FileRecord & { readonly sha256: string })[] {
  return files.flatMap((file) =>
    file.local === 'present' && file.problem === null && file.sha256 !== null ? [{ ...file, sha256: file.sha256 }] : [],
  )
}

/** What stands at a unit's path, as a version's `content` has it; null when nothing of it is known. */
export function contentAt(unit: Pick<UnitRecord, 'shape'>, files: readonly FileRecord[]): string | null {
  const shas = knownFiles(files).map((file) => file.sha256)
  if (unit.shape !== 'file') return shas.length === 0 ? null : groupContent(shas)
  return shas[0] ?? null
}
