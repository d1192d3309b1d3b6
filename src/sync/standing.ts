import type { LedgerPort } from './ledgerPort.ts'
import type { Twin } from './plan/context.ts'
import { totalBytes } from './plan/steps.ts'
import { contentOf, isLeftOut } from './plan/unitContent.ts'
import type { FileRecord, UnitRecord } from './records.ts'

/** Null: of what size it is nobody tells. */
type Held = { readonly content: string | null; readonly sizeBytes: number | null }

/** Does a unit still hold the content of its version? */
export function standing(ledger: Pick<LedgerPort, 'tree'>, unit: UnitRecord, version: Held): Twin['own'] {
  if (unit.local === 'absent') return 'vacated'
  if (unit.local === 'unseen') return 'unseen'
  const all = ledger.tree.filesOfUnit(unit.id)
  if (unit.local !== 'present') return standingIgnored(unit, version, all)
  const files = all.filter((file) => file.local === 'present')
  if (unit.shape !== 'file') return standingOfGroup(unit, version, files)
  const [file] = files
  if (file === undefined) return 'unknown'
  if (file.sha256 !== null) return file.sha256 === version.content ? 'there' : 'vacated'
  return unhashed(unit, version, file)
}

/** What an ignore rule leaves out is not read: it stands there still, unless what was read of it before is known to be another content. */
function standingIgnored(unit: UnitRecord, { content }: Held, all: readonly FileRecord[]): Twin['own'] {
  const files = all.filter(({ local }) => local !== 'absent')
  const sent = files.filter((file) => !isLeftOut(file, unit))
  const known = [sent, files].map((frames) => contentOf(frames, unit.shape))
  return known.includes(null) || known.includes(content) ? 'there' : 'vacated'
}

function standingOfGroup(unit: UnitRecord, { content, sizeBytes }: Held, files: readonly FileRecord[]): Twin['own'] {
  const sent = files.filter((file) => !isLeftOut(file, unit))
  // A person may have had all of them sent as they are, and one of them was touched since.
  const all = files.filter((file) => file.problem === null)
  if (content !== null && [sent, all].some((frames) => contentOf(frames, unit.shape) === content)) return 'there'
  if (files.some(isUnreadable)) return 'unseen'
  // A group that was set aside holds a frame that its row never held.
  if (unit.work === 'rejected') return 'vacated'
  // A frame that is written anew is left out for a moment.
  const isOpen = unit.work === 'waiting' || unit.work === 'queued'
  if (isOpen && files.some((file) => file.sha256 === null)) return 'unknown'
  // What is left out is read only where it may be what the row holds.
  const isAll = unit.work !== 'none' && totalBytes(all) === sizeBytes
  return (isAll ? all : sent).some((file) => file.sha256 === null) ? 'unknown' : 'vacated'
}

/** A content that is not hashed may for all that be known not to be the row's: of another size, or set aside, which is hashed where a row may hold it. */
function unhashed(unit: UnitRecord, { sizeBytes }: Held, file: FileRecord): Twin['own'] {
  const isOtherSize = sizeBytes !== null && file.problem === null && file.stamp.sizeBytes !== sizeBytes
  if (isOtherSize) return 'vacated'
  if (isUnreadable(file)) return 'unseen'
  return unit.work === 'rejected' ? 'vacated' : 'unknown'
}

/** What cannot be read may be what it was. */
function isUnreadable({ sha256, problem, look }: FileRecord): boolean {
  return sha256 === null && (problem === 'unreadable' || look?.kind === 'unreadable')
}
