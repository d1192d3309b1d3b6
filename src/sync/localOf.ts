import type { LocalFact } from '../model/unit.ts'
import type { FileRecord } from './records.ts'

/** What is known of a unit by its files: it is there if anything of it is, and gone only if all of it was seen to be gone. */
export function localOf(files: readonly FileRecord[]): LocalFact {
  const here = new Set(files.map((file) => file.local))
  return (['present', 'unseen', 'excluded'] as const).find((local) => here.has(local)) ?? 'absent'
}
