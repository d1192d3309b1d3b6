import type { FileRecord, UnitView, VersionRecord } from '../records.ts'
import type { Action } from './action.ts'
import type { UnitContext } from './context.ts'
import { titleOf } from './title.ts'

/** Title and metadata of a synced unit; then nothing. */
export function tidy(view: UnitView, context: UnitContext, current: VersionRecord): readonly Action[] {
  const { unit } = view
  const actions: Action[] = []
  if (current.titleDue && context.remote.datarow) {
    const title = titleOf(unit, view.files, context.policy, context.remote.pathTitles)
    actions.push({ kind: 'retitle', unitId: unit.id, versionId: current.id, title, because: 'the title follows the path' })
  } else if (current.metadataDue && context.remote.datarow) {
    actions.push({
      kind: 'write-metadata',
      unitId: unit.id,
      versionId: current.id,
      because: 'our own note on the row: folder, path, sha256',
    })
  }
  if (actions.length === 0) actions.push({ kind: 'in-step', unitId: unit.id, because: 'nothing is left to do' })
  return actions
}

/** A coming version that will not be registered gives up its place; its hash is kept. */
export function abandon(view: UnitView, coming: VersionRecord | undefined, because: string): readonly Action[] {
  return coming === undefined ? [] : [{ kind: 'abandon', unitId: view.unit.id, versionId: coming.id, because }]
}

/** Waits for a change, or for `forMs`. */
export function wait(view: UnitView, work: UnitView['unit']['work'], why: string, forMs: number | null): Action {
  return { kind: 'wait', unitId: view.unit.id, work, why, forMs, patience: forMs === null ? 'once-leaves' : 'once-waits' }
}

/** Sum of sizes, bytes. */
export function totalBytes(files: readonly FileRecord[]): number {
  return files.reduce((sum, file) => sum + file.stamp.sizeBytes, 0)
}

/** A hash is believed when the file's ctime is this much older than it, ms: a later write in the same tick would hide. */
const RACY_MS = 2_000

/** ms until a file that was hashed right after a change may be hashed once more; 0 when none was, or it is time. */
export function racyLeftMs(files: readonly FileRecord[], context: UnitContext): number {
  const left = files.filter((file) => file.racy).map((file) => RACY_MS - context.quietMs(file))
  return Math.max(0, ...left)
}

/** Plans the unit once more after `forMs`; a single pass leaves that to the next one. */
export function lookAgain(view: UnitView, forMs: number): readonly Action[] {
  if (forMs <= 0) return []
  return [{ kind: 'wait', unitId: view.unit.id, work: view.unit.work, why: view.unit.why, forMs, patience: 'once-leaves' }]
}
