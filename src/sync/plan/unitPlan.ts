import type { FileRecord, UnitView, VersionRecord } from '../records.ts'
import type { Action } from './action.ts'
import type { UnitContext } from './context.ts'
import { planGroup } from './groupPlan.ts'
import { mapFile } from './mapping.ts'
import { isComparable, readiness } from './readiness.ts'
import { planSeries } from './seriesPlan.ts'
import { changesTooOften, planKnown, planStart, type Start } from './startPlan.ts'
import { abandon, arriving, inStep, lookAgain, racyLeftMs, tidy, wait } from './steps.ts'
import { titleOf } from './title.ts'

const COLLISION = 'name collision: another file here has the same name in another Unicode form'
const COLLISION_LOOK_MS = 60_000

/**
 * The one next step for a unit, with its reason; pure. Deletes are planned apart, over a whole folder.
 * @returns actions in order; an empty list never: even "in step" is said
 */
export function planUnit(view: UnitView, context: UnitContext): readonly Action[] {
  const { unit } = view
  const open = view.operations.find(
    (operation) => operation.verb !== 'title' && operation.verb !== 'metadata' && operation.verb !== 'stage',
  )
  if (open !== undefined) {
    return [
      {
        kind: 'resolve',
        unitId: unit.id,
        versionId: open.versionId,
        operationId: open.id,
        because: `the answer to a ${open.verb} call was lost`,
      },
    ]
  }
  const coming = view.versions.find((version) => version.role === 'coming')
  if (unit.local === 'absent' || unit.local === 'excluded') return planGone(view, coming)
  if (unit.local === 'unseen') return [wait(view, unit.work, 'its place cannot be seen now', null)]
  if (context.folder.paused) return [wait(view, unit.work === 'none' ? 'waiting' : unit.work, 'the folder is paused', null)]
  if (context.collidesWith !== null) return planCollision(view, coming)
  const collided = unit.work === 'rejected' && unit.why === COLLISION
  if ((unit.work === 'rejected' && !collided) || unit.work === 'unlinked') return [wait(view, unit.work, unit.why, null)]
  // A failure that lies in the future was written with a wrong clock: its time says nothing.
  if (unit.work === 'failed' && unit.retryAtMs !== null && unit.retryAtMs > context.now.wallMs && unit.sinceMs <= context.now.wallMs) {
    return [
      {
        kind: 'wait',
        unitId: unit.id,
        work: 'failed',
        why: unit.why,
        forMs: unit.retryAtMs - context.now.wallMs,
        patience: unit.attempts < 5 ? 'once-waits' : 'once-leaves',
      },
    ]
  }
  if (unit.shape === 'dir') return planGroup(view, context, coming)
  if (unit.shape === 'series') return planSeries(view, context, coming)
  return planFile(view, context, coming)
}

/** Set aside until the other one is gone, which no change of its own will tell. */
function planCollision(view: UnitView, coming: VersionRecord | undefined): readonly Action[] {
  const unitId = view.unit.id
  return [
    ...abandon(view, coming, COLLISION),
    { kind: 'wait', unitId, work: 'rejected', why: COLLISION, forMs: COLLISION_LOOK_MS, patience: 'once-leaves' },
  ]
}

function planFile(view: UnitView, context: UnitContext, coming: VersionRecord | undefined): readonly Action[] {
  const { unit } = view
  const file = view.files.find((one) => one.local === 'present') ?? view.files[0]
  if (file === undefined) return [{ kind: 'forget', unitId: unit.id, because: 'no file belongs to it' }]
  const current = view.versions.find((version) => version.role === 'current')
  const young = racyLeftMs([file], context)
  if (unit.work === 'none' && current?.remote === 'live' && coming === undefined && (!file.racy || young > 0)) {
    return [...tidy(view, context), ...lookAgain(view, young)]
  }

  // A ticket alone is no reason to send: what stands here now decides, as if there were none.
  const begun = coming?.remote === 'ticket' ? undefined : coming
  const mapping = file.look === null ? null : mapFile(file.path, file.look, context.policy)
  if (mapping?.kind === 'unit' && mapping.shape !== unit.shape && begun === undefined && current === undefined) {
    const because = 'its content makes it part of another unit'
    return [...abandon(view, coming, because), { kind: 'remap', unitId: unit.id, fileIds: [file.id], because }]
  }
  const row = begun === undefined && (current?.remote === 'live' || current?.remote === 'missing') ? current : undefined
  const start = {
    view,
    context,
    coming: begun,
    title: titleOf(unit, [file], context.policy, context.remote.pathTitles),
    files: [file],
    content: file.sha256,
    sizeBytes: file.stamp.sizeBytes,
    replaces: current,
  }
  const ready = readiness(file, context.quietMs(file), context.policy.settleMs, unit.asIs)
  if (ready.kind !== 'ready' && begun === undefined) {
    const known = planUnfit(start, file, row, coming)
    if (known !== null) return known
  }
  switch (ready.kind) {
    case 'inspect':
      return [{ kind: 'inspect', unitId: unit.id, fileId: file.id, because: 'its bytes were not looked at since they changed' }]
    case 'wait':
      // A look at a synced file that waits must not hide its row; the reason tells.
      return [{ kind: 'wait', unitId: unit.id, work: 'waiting', why: ready.why, forMs: ready.forMs, patience: ready.patience }]
    case 'reject':
      return [...abandon(view, coming, ready.why), wait(view, 'rejected', ready.why, null)]
    default:
  }
  const { media } = ready
  if (media === 'dicom') throw new Error('a DICOM file is a slice of a series, and no unit of its own')
  if (
    mapping?.kind === 'unit' &&
    (mapping.shape !== unit.shape || mapping.key !== unit.key) &&
    // Another kind of unit has another row: a video that became an image leaves its own behind.
    (current === undefined || mapping.shape !== unit.shape) &&
    begun === undefined
  ) {
    const because = `its content is ${media}`
    return [...abandon(view, coming, because), { kind: 'remap', unitId: unit.id, fileIds: [file.id], because }]
  }
  if (unit.kind !== media && current === undefined && begun === undefined) {
    const because = `its content is ${media}, whatever its name says`
    return [...abandon(view, coming, because), { kind: 'retype', unitId: unit.id, unitKind: media, because }]
  }
  if (row !== undefined) {
    const same = planSame(start, file, row, coming)
    if (same !== null) return same
    if (row.remote === 'missing')
      return [wait(view, 'none', 'its row was removed from the dataset by someone else; `retry` sends it again', null)]
    if (context.arriving !== null) return [arriving(view, context.arriving)]
    const often = changesTooOften(unit, context)
    if (often !== null) return [often]
  }
  return planStart({ ...start, kind: media, mime: ready.mime })
}

/** Only the content decides whether a file still is what its row holds. Null: it holds something else. */
function planSame(
  { view, context }: Placed,
  file: FileRecord,
  row: VersionRecord,
  coming: VersionRecord | undefined,
): readonly Action[] | null {
  if (file.sha256 === null || (file.racy && racyLeftMs([file], context) <= 0)) {
    return [{ kind: 'hash', unitId: view.unit.id, fileId: file.id, because: 'its times or inode changed; only the content decides' }]
  }
  return file.sha256 === row.content ? inStep(view, context, row, coming, 'same content as its row') : null
}

type Placed = Omit<Start, 'kind' | 'mime'>

/**
 * What would not be sent by itself, or not yet, may be in the dataset: a person had it sent as it is, and it was touched, renamed or moved
 * since. Null: nothing is known of it.
 */
function planUnfit(
  start: Placed,
  file: FileRecord,
  row: VersionRecord | undefined,
  coming: VersionRecord | undefined,
): readonly Action[] | null {
  const { view, context } = start
  const { look } = file
  if (look === null || !isComparable(file, context.quietMs(file), context.policy.settleMs)) return null
  // Of a row that was linked the server may not have told the size.
  if (row !== undefined && (row.sizeBytes === file.stamp.sizeBytes || row.sizeBytes === 0)) {
    const same = planSame(start, file, row, coming)
    if (same !== null) return same.map((action) => (action.kind === 'in-step' ? { ...action, asIs: true } : action))
  }
  if (look.kind !== 'video' && look.kind !== 'image') return null
  const known = planKnown({ ...start, kind: look.kind, mime: look.mime })
  if (known === null || row === undefined || context.arriving === null) return known
  return known.some((action) => action.kind === 'take-over') ? [arriving(view, context.arriving)] : known
}

function planGone(view: UnitView, coming: VersionRecord | undefined): readonly Action[] {
  const actions: Action[] = [...abandon(view, coming, 'its file is gone')]
  const holdsRow = view.versions.some(
    (version) => version.role !== 'coming' && (version.remote === 'live' || version.remote === 'deleting'),
  )
  if (!holdsRow) actions.push({ kind: 'forget', unitId: view.unit.id, because: 'nothing is left of it, here or in the dataset' })
  else if (actions.length === 0) actions.push(wait(view, 'none', view.unit.why, null))
  return actions
}
