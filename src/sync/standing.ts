import type { LedgerPort } from './ledgerPort.ts'
import type { Twin } from './plan/context.ts'
import { groupContent } from './plan/groupContent.ts'
import { isLeftOut } from './plan/unitContent.ts'
import type { FileRecord, UnitRecord } from './records.ts'

/** Null: of what size it is nobody tells. */
type Held = { readonly content: string | null; readonly sizeBytes: number | null }

/** Does a unit still hold the content of its version? */
export function standing(ledger: Pick<LedgerPort, 'tree'>, unit: UnitRecord, version: Held): Twin['own'] {
  if (unit.local === 'absent') return 'vacated'
  if (unit.local === 'unseen') return 'unseen'
  if (unit.local !== 'present') return 'there'
  const files = ledger.tree.filesOfUnit(unit.id).filter((file) => file.local === 'present' && !isLeftOut(file, unit))
  if (unit.shape !== 'file') {
    // A group that was set aside holds a frame that its row never held.
    if (files.some((file) => file.sha256 === null)) return unit.work === 'rejected' ? 'vacated' : 'unknown'
    return groupContent(files.map((file) => file.sha256 ?? '')) === version.content ? 'there' : 'vacated'
  }
  const sha256 = files[0]?.sha256
  if (sha256 === null || sha256 === undefined) return isOther(unit, version, files[0]) ? 'vacated' : 'unknown'
  return sha256 === version.content ? 'there' : 'vacated'
}

/** A content that is not hashed, and for all that not the row's: of another size, or no media that could be sent. */
function isOther(unit: UnitRecord, { sizeBytes }: Held, file: FileRecord | undefined): boolean {
  return file !== undefined && ((sizeBytes !== null && file.stamp.sizeBytes !== sizeBytes) || unit.work === 'rejected')
}
