import { nameOf } from '../../model/file.ts'
import { roughDuration } from '../../model/roughDuration.ts'
import type { UnitKind } from '../../model/unit.ts'
import type { FileRecord, UnitView, VersionRecord } from '../records.ts'
import type { Action } from './action.ts'
import type { UnitContext } from './context.ts'
import { mapFile } from './mapping.ts'
import { compareNatural } from './naturalOrder.ts'
import { isComparable, type Readiness, readiness } from './readiness.ts'
import { changesTooOften, planKnown, planStart, type Start } from './startPlan.ts'
import { arriving, inStep, lookAgain, racyLeftMs, tidy, totalBytes, wait } from './steps.ts'
import { partTitle, titleOf } from './title.ts'
import { contentOf } from './unitContent.ts'

/** However slowly frames come, a group waits no longer than this after the last one, ms (design, section 3). */
const LONGEST_GROUP_QUIET_MS = 900_000
/** A group waits this many times the longest gap between its frames. */
const GAPS = 5

/** What differs between a group of images and a DICOM series. */
export type FrameRules = {
  readonly kind: UnitKind
  readonly mime: string
  ready(file: FileRecord, quietMs: number, settleMs: number, asIs: boolean): Readiness
  /** The order of frames. */
  compare(a: FileRecord, b: FileRecord): number
  /** Why a frame belongs to another unit. */
  readonly strange: string
  /** What has to be waited for because it may be a frame too; null: nothing. */
  missing(view: UnitView, context: UnitContext): Action | null
}

/** Of an image group. */
const IMAGES: FrameRules = {
  kind: 'image_group',
  mime: 'application/octet-stream',
  ready: readiness,
  compare: (a, b) => compareNatural(nameOf(a.path), nameOf(b.path)),
  strange: 'their content is no image',
  missing: () => null,
}

type Frame = { readonly file: FileRecord; readonly ready: Readiness }

/** The next step for a unit of frames: whole or not at all, once its directory is quiet. */
export function planGroup(
  view: UnitView,
  context: UnitContext,
  coming: VersionRecord | undefined,
  rules: FrameRules = IMAGES,
): readonly Action[] {
  const { unit } = view
  const current = view.versions.find((version) => version.role === 'current')
  const here = view.files.filter((file) => file.local === 'present' || file.local === 'unseen')
  if (here.length === 0) {
    // A row is never forgotten: the next scan says that the unit is gone.
    if (current?.remote === 'live') return [wait(view, 'none', 'no frame belongs to it', null)]
    return [{ kind: 'forget', unitId: unit.id, because: 'no frame belongs to it' }]
  }
  const young = racyLeftMs(here, context)
  if (unit.work === 'none' && current?.remote === 'live' && coming === undefined && (!here.some((file) => file.racy) || young > 0)) {
    return [...tidy(view, context), ...lookAgain(view, young)]
  }

  const frames = here.map((file): Frame => ({ file, ready: rules.ready(file, context.quietMs(file), context.policy.settleMs, unit.asIs) }))
  const inspect = frames.filter((frame) => frame.ready.kind === 'inspect')
  if (inspect.length > 0) {
    return inspect.map(({ file }) => ({
      kind: 'inspect',
      unitId: unit.id,
      fileId: file.id,
      because: 'a frame whose bytes were not looked at',
    }))
  }
  const strangers = frames.filter(({ file }) => {
    const mapping = mapFile(file.path, file.look, context.policy)
    return file.problem === null && mapping.kind === 'unit' && (mapping.shape !== unit.shape || mapping.key !== unit.key)
  })
  // Frames that were sent are no reason to make the group: what stands here now decides, as if there were none.
  const begun = coming?.remote === 'ticket' ? undefined : coming
  if (strangers.length > 0 && begun === undefined) {
    return [{ kind: 'remap', unitId: unit.id, fileIds: strangers.map(({ file }) => file.id), because: rules.strange }]
  }
  const replaces = current !== undefined && (current.remote === 'live' || current.remote === 'missing') ? current : undefined
  const row = begun === undefined ? replaces : undefined
  const isUnfit = frames.some((frame) => frame.ready.kind !== 'ready')
  const unfit = row !== undefined && isUnfit && mayBeAll(view, row, here) ? planSame(view, context, here, row, coming) : null
  if (unfit !== null) return unfit.map((action) => (action.kind === 'in-step' ? { ...action, asIs: true } : action))
  const blocked = rules.missing(view, context) ?? planBlocked(view, context, frames)
  if (blocked !== null) return [blocked]
  const ready = frames.filter((frame) => frame.ready.kind === 'ready').sort((a, b) => rules.compare(a.file, b.file))
  if (ready.length === 0) {
    // Nothing is about to come of it: what has the content of its row may be that, moved.
    const work = frames.every((frame) => frame.ready.kind === 'reject') ? 'rejected' : 'waiting'
    return [wait(view, work, 'none of its frames can be sent', null)]
  }
  const files = ready.map((frame) => frame.file)
  const content = contentOf(files, unit.shape)
  if (row !== undefined) {
    const same = planSame(view, context, files, row, coming)
    if (same !== null) return same
    if (row.remote === 'missing')
      return [wait(view, 'none', 'its row was removed from the dataset by someone else; `retry` sends it again', null)]
  }
  const quiet = planQuiet(view, context, files, replaces !== undefined)
  if (quiet !== null && begun === undefined) return [quiet]
  if (context.lostFrame !== null && begun === undefined) {
    const why = `${context.lostFrame.path} may be a frame of it under another name, and has yet to be read`
    return [{ kind: 'wait', unitId: unit.id, work: 'waiting', why, forMs: 1_000, patience: 'once-waits' }]
  }
  const often = replaces === undefined ? null : changesTooOften(unit, context)
  if (often !== null) return [often]
  const start: Start = {
    view,
    context,
    coming: begun,
    kind: rules.kind,
    mime: rules.mime,
    title: partTitle(titleOf(unit, view.files, context.policy, context.remote.pathTitles), context.seriesPart),
    files,
    content,
    sizeBytes: totalBytes(files),
    replaces,
  }
  if (row === undefined || context.arriving === null) return planStart(start)
  // Two groups that changed places wait for each other: what stands here comes first.
  return planKnown(start) ?? [arriving(view, context.arriving)]
}

/** Do these frames hold what the group's row holds, whether all of them would be sent or not? Null: no, or that cannot be told now. */
function planSame(
  view: UnitView,
  context: UnitContext,
  files: readonly FileRecord[],
  row: VersionRecord,
  coming: VersionRecord | undefined,
): readonly Action[] | null {
  if (!files.every((file) => isComparable(file, context.quietMs(file), context.policy.settleMs))) return null
  const isYoung = racyLeftMs(files, context) > 0
  const unhashed = files.filter((file) => file.sha256 === null || (file.racy && !isYoung))
  if (unhashed.length > 0) {
    const because = 'has the content of the group changed?'
    return unhashed.map((file) => ({ kind: 'hash', unitId: view.unit.id, fileId: file.id, because }))
  }
  return contentOf(files, view.unit.shape) === row.content ? inStep(view, context, row, coming, 'the same frames as its row') : null
}

/** By their sizes, may these be the very frames of the row, those that would not be sent by themselves included? What it left out is not read. */
function mayBeAll({ frames }: UnitView, row: VersionRecord, files: readonly FileRecord[]): boolean {
  const sizes = frames.filter(({ versionId }) => versionId === row.id).map(({ sizeBytes }) => sizeBytes)
  const sorted = (list: readonly number[]): string => list.toSorted((a, b) => a - b).join()
  return sorted(sizes) === sorted(files.map(({ stamp }) => stamp.sizeBytes))
}

/** A frame that can't go holds up its group, and is named. */
function planBlocked(view: UnitView, context: UnitContext, frames: readonly Frame[]): Action | null {
  // The frame that takes longest: the group is not looked at again for each of the others.
  let longest: { readonly file: FileRecord; readonly ready: Extract<Readiness, { kind: 'wait' }> } | null = null
  for (const { file, ready } of frames) {
    if (ready.kind !== 'wait') continue
    if (file.local === 'unseen') return wait(view, 'waiting', `${file.path}: ${ready.why}`, null)
    if (ready.forMs !== null && ready.forMs > (longest?.ready.forMs ?? 0)) longest = { file, ready }
  }
  if (longest !== null) {
    const { why, forMs, patience } = longest.ready
    return { kind: 'wait', unitId: view.unit.id, work: 'waiting', why: `${longest.file.path}: ${why}`, forMs, patience }
  }
  if (context.policy.groupIncomplete === 'skip') return null
  for (const { file, ready } of frames) {
    if (ready.kind === 'wait') return wait(view, 'waiting', `${file.path}: ${ready.why}`, null)
    if (ready.kind === 'reject') return wait(view, 'rejected', `${file.path}: ${ready.why}`, null)
  }
  return null
}

/** Is the directory quiet for long enough, or does a younger `.done` say that it is complete? Null: go on. */
function planQuiet(view: UnitView, context: UnitContext, files: readonly FileRecord[], changed: boolean): Action | null {
  const ctimes = files.map((file) => BigInt(file.stamp.ctimeNs)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const newest = ctimes[ctimes.length - 1] ?? 0n
  if (context.doneNs !== null && BigInt(context.doneNs) > newest) return null
  let longestGapMs = 0
  for (let i = 1; i < ctimes.length; i++) {
    longestGapMs = Math.max(longestGapMs, Number((ctimes[i] ?? 0n) - (ctimes[i - 1] ?? 0n)) / 1e6)
  }
  const settleMs = changed ? Math.max(context.policy.regroupSettleMs, context.policy.groupSettleMs) : context.policy.groupSettleMs
  const needMs = Math.max(settleMs, Math.min(GAPS * longestGapMs, LONGEST_GROUP_QUIET_MS))
  const leftMs = needMs - context.dirQuietMs
  if (leftMs <= 0) return null
  const need = roughDuration(needMs)
  const how = needMs > settleMs ? `${need}, as its frames came with long pauses; a file .done ends the wait` : need
  const why = changed
    ? `the group changed; it is sent anew once its directory was quiet for ${how}`
    : `more frames may come: its directory is not quiet yet, and has to be for ${how}`
  return { kind: 'wait', unitId: view.unit.id, work: 'waiting', why, forMs: leftMs, patience: changed ? 'once-leaves' : 'once-waits' }
}
