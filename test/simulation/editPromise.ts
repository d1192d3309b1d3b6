import { dirOf, isAtOrBelow, type RelPath } from '../../src/model/file.ts'
import type { UnitShape } from '../../src/model/unit.ts'
import type { Ledger } from '../../src/store/openLedger.ts'
import type { ScanRecord } from '../../src/sync/records.ts'
import type { Edits, RulesFile } from './edits.ts'
import { fileKey, groupKey, type Truth } from './truth.ts'
import type { VirtualClock } from './virtualClock.ts'
import type { FolderTruth } from './worldEvent.ts'

export type EditScene = {
  readonly edits: Edits
  readonly truth: Truth
  readonly ledger: Ledger
  readonly clock: VirtualClock
}

/** A row that is about to go by itself. */
export type Leaving = {
  readonly folder: FolderTruth
  readonly dataset: string
  readonly key: RelPath
  readonly shape: UnitShape
  readonly contents: readonly string[]
  readonly why: string
  readonly hash: string
}

/** From the end of a look to what is known of it, ms. */
const KNOWN_MS = 1_000

/**
 * No edit of the config, or of an ignore file, deletes anything, and what was gone or replaced before one is left to a person (SAFETY.md, 11).
 * @returns which edit the row should have been held for; null where none was made since its place held something else than it does
 */
export function heldFor(scene: EditScene, row: Leaving): string | null {
  const leftMs = leftAtMs(scene, row)
  const edit = scene.edits.config.find((one) => one.atMs >= leftMs && concerns(scene.truth, one, row))
  if (edit !== undefined)
    return `${edit.rule} of ${edit.folder} was changed at ${edit.atMs} ms, and it was replaced or gone at ${leftMs} ms`
  // A look is known by the clock of then: where that was set since, nobody can tell what it saw.
  if (scene.clock.wasSet) return null
  const file = scene.edits.files.find((one) => one.atMs >= leftMs && one.dataset === row.dataset && wasNoticed(scene, one))
  if (file === undefined) return null
  return `${file.path} of ${file.folder} was edited at ${file.atMs} ms, and it was replaced or gone at ${leftMs} ms`
}

function concerns(truth: Truth, { rule, folder, dataset, atMs }: Edits['config'][number], row: Leaving): boolean {
  switch (rule) {
    case 'deletes.mode':
    case 'grace':
      return folder === row.folder.path
    case 'on_change':
      return folder === row.folder.path && row.why === 'superseded'
    case 'group_incomplete':
      // It is a rule about damaged frames: of a group without one it changes nothing.
      return folder === row.folder.path && row.why === 'superseded' && row.shape === 'dir' && truth.hadDamaged(folder, row.key, atMs)
    default:
      return dataset === row.dataset
  }
}

/** When its place held last what the row holds, by the rules of then, ms; at the latest, where the row came from another place. */
function leftAtMs({ truth, ledger }: EditScene, { folder, key, shape, contents, why, hash }: Leaving): number {
  const anywhere = (sha: string): number => truth.stoodUntilMs(fileKey(sha), () => true)
  // Where the row was in between its place is another one.
  const changes = ledger.history.entries({ folderId: null, key: null, sinceMs: null }).filter((one) => one.dataHash === hash)
  const hasMoved = changes.some((one) => one.verb === 'renamed' || one.key !== key)
  if (shape === 'file') {
    const [sha = ''] = contents
    const here = truth.heldUntilMs(folder.path, key, sha)
    return here < 0 || hasMoved ? anywhere(sha) : here
  }
  const asGroup = truth.stoodUntilMs(groupKey(contents), (place) => hasMoved || place === `${folder.path}/${key}|dir`)
  if (asGroup >= 0) return asGroup
  const frames = contents.map((sha) => {
    const here = truth.stoodUntilMs(fileKey(sha), (place) => place.endsWith('|bytes') && dirOf(place) === `${folder.path}/${key}`)
    return here < 0 ? anywhere(sha) : here
  })
  return why === 'superseded' ? Math.min(...frames) : Math.max(...frames)
}

/** Did a complete look see the rules as they were before, and one as they were then? What came and went between two looks nobody knows of. */
function wasNoticed({ ledger, clock }: EditScene, { folder, path, beforeMs, atMs, untilMs }: RulesFile): boolean {
  const record = ledger.folders.byPath(folder)
  if (record === null) return false
  const aheadMs = clock.wallMs() - clock.nowMs
  const sees = (fromMs: number, toMs: number): boolean => {
    const id = ledger.scans.firstCompleteSince(record.id, { ms: fromMs + aheadMs, scan: 0 })
    const scan = id === null ? null : ledger.scans.get(id)
    return scan !== null && scan.endedMs - aheadMs <= toMs && !isBlind(scan, dirOf(path))
  }
  // A look that began in the very millisecond of an edit may be of before it.
  return sees(beforeMs + 1, atMs) && sees(atMs + 1, Math.min(untilMs, clock.nowMs - KNOWN_MS))
}

function isBlind({ blind }: ScanRecord, dir: RelPath): boolean {
  return blind.some((place) => isAtOrBelow(place.dir, dir))
}
