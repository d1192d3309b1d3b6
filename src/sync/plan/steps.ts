import type { FileRecord, UnitView, VersionRecord } from '../records.ts'
import type { Action } from './action.ts'
import type { Arriving, UnitContext } from './context.ts'
import { isSidecarRead } from './sidecar.ts'
import { partTitle, titleOf } from './title.ts'

/** Title and metadata of a synced unit's rows (a sequence may have several); then nothing. */
export function tidy(view: UnitView, context: UnitContext): readonly Action[] {
  const { unit } = view
  const rows = view.versions
    .filter((version) => version.role === 'current' && version.remote === 'live')
    .toSorted((one, other) => one.part - other.part)
  if (context.remote.datarow) {
    // The notes tell where a row went that this ledger has forgotten: they are read before another one takes their place.
    if (context.remote.firstContact === 'again' && rows.some((row) => row.titleDue || row.metadataDue))
      return [
        { kind: 'list-remote', unitId: unit.id, remoteId: context.remote.id, because: 'the ledger may have forgotten where its rows went' },
      ]
    const untitled = rows.find((row) => row.titleDue)
    if (untitled !== undefined) {
      // A series has one row, and a sequence is no series: one of the two numbers is 0.
      const part = untitled.part + context.seriesPart
      const title = partTitle(titleOf(unit, view.files, context.policy, context.remote.pathTitles), part)
      return [{ kind: 'retitle', unitId: unit.id, versionId: untitled.id, title, because: 'the title follows the path' }]
    }
    const unnoted = rows.find((row) => row.metadataDue)
    if (unnoted !== undefined) return planMetadata(view, context, unnoted)
  }
  return [{ kind: 'in-step', unitId: unit.id, because: 'nothing is left to do' }]
}

/** What stood here may be what came elsewhere: its row goes there, and must not be replaced before. */
export function arriving({ unit }: UnitView, { path, patience }: Arriving): Action {
  const why = `${path} may hold what stood here before: it may be a move`
  return { kind: 'wait', unitId: unit.id, work: 'waiting', why, forMs: 1_000, patience }
}

/** The note on a row waits until the metadata file beside it is at rest: half of one would be sent, or none in the middle of a rename. */
function planMetadata(view: UnitView, context: UnitContext, row: VersionRecord): readonly Action[] {
  const unitId = view.unit.id
  const { sidecar } = context
  const isSeen = sidecar !== null && (sidecar.file.local === 'present' || sidecar.file.local === 'absent')
  if (isSeen && sidecar.quietMs < context.policy.settleMs) {
    const { work, why } = view.unit
    return [{ kind: 'wait', unitId, work, why, forMs: context.policy.settleMs - sidecar.quietMs, patience: 'once-waits' }]
  }
  const question = askSidecar(view, context)
  if (question.length > 0) return question
  const note = 'our own note on the row: folder, path, sha256'
  const because = isSeen ? `${sidecar.file.path} ${sidecar.file.local === 'absent' ? 'is gone' : 'changed, or was not sent yet'}` : note
  return [{ kind: 'write-metadata', unitId, versionId: row.id, sidecar: isSeen ? sidecar.file.path : null, because }]
}

/** Is the unit's metadata file, once it is at rest, of use? It is asked before the unit is sent, so that a person hears of it. */
export function askSidecar(view: UnitView, { sidecar, policy }: UnitContext): readonly Action[] {
  if (sidecar === null || sidecar.file.local !== 'present' || isSidecarRead(sidecar.file) || sidecar.quietMs < policy.settleMs) return []
  return [{ kind: 'inspect-sidecar', unitId: view.unit.id, fileId: sidecar.file.id, because: 'a metadata file that was not read yet' }]
}

/** A coming version that will not be registered gives up its place; its hash is kept. */
export function abandon(view: UnitView, coming: VersionRecord | undefined, because: string): readonly Action[] {
  return coming === undefined ? [] : [{ kind: 'abandon', unitId: view.unit.id, versionId: coming.id, because }]
}

/** It holds what its row holds. @param coming what was being sent, and is not needed any more */
export function inStep(
  view: UnitView,
  context: UnitContext,
  row: VersionRecord,
  coming: VersionRecord | undefined,
  because: string,
): readonly Action[] {
  if (coming !== undefined) return abandon(view, coming, `${because} again`)
  if (row.remote === 'missing') return [wait(view, 'none', 'its row was removed from the dataset by someone else', null)]
  return view.unit.work === 'none' ? tidy(view, context) : [{ kind: 'in-step', unitId: view.unit.id, because }]
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
