/** What one row of the dataset should hold. */
export const UNIT_KINDS = ['video', 'image', 'image_group', 'dicom_series'] as const
export type UnitKind = (typeof UNIT_KINDS)[number]

/** A unit is bound to a file, to a directory whose images make a group, or to the DICOM files of one series in a directory. */
export const UNIT_SHAPES = ['file', 'dir', 'series'] as const
export type UnitShape = (typeof UNIT_SHAPES)[number]

/** Is a unit of this kind made of several files, its frames (of a series: its slices)? */
export function isOfFrames(kind: UnitKind): boolean {
  return kind === 'image_group' || kind === 'dicom_series'
}

/** What the last look at the disk said of a unit. `excluded`: an ignore rule, a removed folder, another dataset. */
export const LOCAL_FACTS = ['present', 'absent', 'unseen', 'excluded'] as const
export type LocalFact = (typeof LOCAL_FACTS)[number]

/** What is left to do for a unit. `none` with a live current version is `synced`. */
export const WORK_FACTS = ['none', 'waiting', 'queued', 'failed', 'rejected', 'unlinked'] as const
export type WorkFact = (typeof WORK_FACTS)[number]

/**
 * Where a version stands on the server. `registering` and `deleting`: the outcome of a call is unknown, and of a closed version
 * it stays so until a listing or a person says which row it made.
 */
export const REMOTE_FACTS = ['ticket', 'sent', 'registering', 'live', 'deleting', 'gone', 'missing', 'stray'] as const
export type RemoteFact = (typeof REMOTE_FACTS)[number]

/** What a version is to its unit. A unit has at most one `current` and one `coming` version. */
export const VERSION_ROLES = ['coming', 'current', 'superseded', 'detached', 'closed'] as const
export type VersionRole = (typeof VERSION_ROLES)[number]

/** Why a version may have to be deleted. */
export const CANDIDATE_REASONS = ['absent', 'superseded', 'stray', 'copy', 'command'] as const
export type CandidateReason = (typeof CANDIDATE_REASONS)[number]

/** Where a frame of a coming group stands. A slice of a series is never staged. */
export const FRAME_STEPS = ['planned', 'ticket', 'sent', 'staging', 'staged'] as const
export type FrameStep = (typeof FRAME_STEPS)[number]

/** What an operation in the journal does to the dataset. */
export const OPERATION_VERBS = ['register', 'stage', 'group', 'title', 'metadata', 'delete'] as const
export type OperationVerb = (typeof OPERATION_VERBS)[number]

/** How far an operation came. `intent` found at start means `unknown`: the process died around the call. */
export const OPERATION_PHASES = ['intent', 'unknown', 'done', 'refused', 'not-applied'] as const
export type OperationPhase = (typeof OPERATION_PHASES)[number]

/** The words people see of a unit (design, section 7). */
export type UnitState =
  | 'waiting'
  | 'queued'
  | 'uploading'
  | 'registering'
  | 'synced'
  | 'failed'
  | 'rejected'
  | 'unlinked'
  | 'missing'
  | 'held'
  | 'deleting'
  | 'gone'
  | 'detached'
  | 'remote-missing'

/** The facts from which the word is derived; stored apart, so that none hides another. */
export type UnitFacts = {
  readonly local: LocalFact
  readonly work: WorkFact
  readonly coming: RemoteFact | null
  readonly current: RemoteFact | null
  readonly currentRole: Extract<VersionRole, 'current' | 'detached'> | null
  readonly candidate: { readonly held: boolean } | null
}

/** The one place where facts become the word people see. */
export function stateOf(unit: UnitFacts): UnitState {
  if (unit.current === 'deleting') return 'deleting'
  if (unit.currentRole === 'detached') return 'detached'
  if (unit.coming === 'registering') return 'registering'
  if (unit.local === 'absent' || unit.local === 'excluded') {
    if (unit.current === null || unit.current === 'gone' || unit.current === 'missing') return 'gone'
    return unit.candidate?.held === true ? 'held' : 'missing'
  }
  if (unit.work === 'failed' || unit.work === 'rejected' || unit.work === 'unlinked') return unit.work
  if (unit.coming === 'ticket' || unit.coming === 'sent') return 'uploading'
  if (unit.work === 'waiting' || unit.work === 'queued') return unit.work
  if (unit.current === 'missing') return 'remote-missing'
  if (unit.current === 'live') return 'synced'
  return 'waiting'
}

/** Another unit stands at its path: it waits under a key that no path can have (`\0path#id`). DICOM files that are not sorted yet: their directory. */
export function shownKey(key: string): string {
  const shown = key.startsWith('\u0000') ? key.slice(1).replace(/#\d+$/, '') : key
  return shown === '/' ? './' : shown
}
