import type { FileRecord, UnitView, VersionRecord } from '../records.ts'
import type { Action } from './action.ts'
import type { UnitContext } from './context.ts'
import { type FrameRules, planGroup } from './groupPlan.ts'
import { atRest, sliceReadiness } from './readiness.ts'
import { compareSlices, isUnsorted, sliceOf } from './series.ts'
import { wait } from './steps.ts'

/** What a file that can't be sorted holds up is looked at again after this, ms: no change of its own will tell. */
const STUCK_LOOK_MS = 60_000
/** A file that is about to be read is known soon, ms. */
const SORTING_MS = 1_000

const SLICES: FrameRules = {
  kind: 'dicom_series',
  mime: 'application/dicom',
  ready: sliceReadiness,
  compare: (a, b) => compareSlices(sliceOf(a), sliceOf(b)),
  strange: 'their content is of another series',
  missing: planUnsortedAround,
}

/** The next step for a DICOM series, whole or not at all; or for the files of a directory whose series is not known yet. */
export function planSeries(view: UnitView, context: UnitContext, coming: VersionRecord | undefined): readonly Action[] {
  // Patient data goes nowhere unasked, whatever the ledger holds from before.
  if (context.policy.dicom !== 'series') return [wait(view, view.unit.work, 'DICOM series are not sent from this folder', null)]
  return isUnsorted(view.unit) ? planUnsorted(view, context) : planGroup(view, context, coming, SLICES)
}

/** Each file is looked into once it is at rest, and goes to the unit of its series, or is set aside. */
function planUnsorted(view: UnitView, context: UnitContext): readonly Action[] {
  const unitId = view.unit.id
  const here = view.files.filter((file) => file.local === 'present' || file.local === 'unseen')
  if (here.length === 0) return [{ kind: 'forget', unitId, because: 'every file of it is sorted, or gone' }]
  const rest = here.map((file) => ({ file, stop: atRest(file, context.quietMs(file), context.policy.settleMs) }))
  const still = rest.flatMap(({ file, stop }) => (stop === null ? [file] : []))
  const unread = still.filter((file) => file.look === null)
  const known = still.filter((file) => file.look !== null && file.look.kind !== 'unreadable')
  if (unread.length > 0) {
    const because = 'it may be a DICOM file, and only its bytes tell'
    return unread.map((file) => ({ kind: 'inspect', unitId, fileId: file.id, because }))
  }
  if (known.length > 0) {
    return [{ kind: 'remap', unitId, fileIds: known.map((file) => file.id), because: 'their bytes say which series they are of, if any' }]
  }
  const stopped = stopOf(here, context)
  if (stopped === null) return [wait(view, 'waiting', 'its files are being sorted', SORTING_MS)]
  const { why, forMs, patience } = stopped
  return [{ kind: 'wait', unitId, work: forMs === null && stopped.isRefused ? 'rejected' : 'waiting', why, forMs, patience }]
}

/** A file of the directory that may belong to this series holds it up: a part of a series is none. Null: there is none. */
function planUnsortedAround(view: UnitView, context: UnitContext): Action | null {
  const { unsorted, policy } = context
  const isSkipped = (file: FileRecord): boolean =>
    policy.groupIncomplete === 'skip' && file.local === 'present' && (file.problem !== null || file.look?.kind === 'unreadable')
  const left = unsorted.filter((file) => !isSkipped(file))
  if (left.length === 0) return null
  const stopped = stopOf(left, context) ?? {
    why: `${left[0]?.path ?? ''}: its series is not known yet`,
    forMs: SORTING_MS,
    patience: 'once-waits',
  }
  const { why, forMs, patience } = stopped
  return { kind: 'wait', unitId: view.unit.id, work: 'waiting', why, forMs: forMs ?? STUCK_LOOK_MS, patience }
}

type Stop = {
  readonly why: string
  readonly forMs: number | null
  readonly patience: 'once-waits' | 'once-leaves'
  readonly isRefused?: boolean
}

/** What keeps files from being looked into: first what no time will mend, then the one that takes longest. */
function stopOf(files: readonly FileRecord[], context: UnitContext): Stop | null {
  let longest: Stop | null = null
  for (const file of files) {
    const stop = atRest(file, context.quietMs(file), context.policy.settleMs)
    if (stop === null && file.look?.kind === 'unreadable') {
      const why = `${file.path}: it cannot be read (${file.look.why})`
      return { why, forMs: null, patience: 'once-leaves', isRefused: true }
    }
    if (stop === null) continue
    const found: Stop = { why: `${file.path}: ${stop.why}`, forMs: stop.forMs, patience: stop.patience }
    if (found.forMs === null) return found
    if (longest === null || found.forMs > (longest.forMs ?? 0)) longest = found
  }
  return longest
}
