import { roughDuration } from '../../model/roughDuration.ts'
import type { FileRecord, Look } from '../records.ts'
import type { Patience } from './action.ts'

/** How long a file whose structure is cut may be quiet before it is set aside, ms (design, section 5). */
export const CUT_PATIENCE_MS = 600_000
/** A file whose end can't be known waits this many times `settle`. */
const UNKNOWN_END_SETTLES = 12

export type Readiness =
  | { readonly kind: 'ready'; readonly mime: string; readonly media: 'video' | 'image' | 'dicom' }
  | { readonly kind: 'inspect' }
  | { readonly kind: 'wait'; readonly why: string; readonly forMs: number | null; readonly patience: Patience }
  | { readonly kind: 'reject'; readonly why: string }

const PROBLEM_TEXT: Readonly<Record<string, string>> = {
  empty: 'empty: 0 bytes',
  'not-utf8': 'its name is not UTF-8',
  unreadable: 'it cannot be read',
  symlink: 'it is a symbolic link',
}

/**
 * Is a file whole and at rest? (design, section 5)
 * @param quietMs how long two equal looks, or its ctime on a local file system, show it at rest
 * @param asIs a person said to send it although it looks cut off
 */
export function readiness(file: FileRecord, quietMs: number, settleMs: number, asIs: boolean): Readiness {
  const stop = atRest(file, quietMs, settleMs)
  if (stop !== null) return stop
  if (file.look === null) return { kind: 'inspect' }
  switch (file.look.kind) {
    case 'unknown':
      return { kind: 'reject', why: 'its content is no video or image that Encord takes' }
    case 'dicom':
      return { kind: 'reject', why: 'its content is a DICOM file, and its name says another type' }
    case 'unreadable':
      return { kind: 'reject', why: `it cannot be read (${file.look.why})` }
    default:
  }
  const ready: Readiness = { kind: 'ready', mime: file.look.mime, media: file.look.kind }
  return asIs ? ready : (unfinished(file.look.whole, quietMs, settleMs) ?? ready)
}

/** What the end of a file's structure says; null: nothing speaks against it. */
function unfinished(whole: Extract<Look, { whole: unknown }>['whole'], quietMs: number, settleMs: number): Readiness | null {
  if (whole.kind === 'whole') return null
  if (whole.kind === 'cut') {
    const left = CUT_PATIENCE_MS - quietMs
    if (left <= 0) return { kind: 'reject', why: `looks cut off: ${whole.why}` }
    return { kind: 'wait', why: cutOffSoFar(whole.why), forMs: left, patience: 'once-leaves' }
  }
  const left = UNKNOWN_END_SETTLES * settleMs - quietMs
  if (left <= 0) return null
  return {
    kind: 'wait',
    why: `its end cannot be known, so it must be quiet for ${roughDuration(UNKNOWN_END_SETTLES * settleMs)}: ${whole.why}`,
    forMs: left,
    patience: 'once-waits',
  }
}

function cutOffSoFar(why: string): string {
  return `looks cut off so far: ${why}; it is set aside after ${roughDuration(CUT_PATIENCE_MS)} without a change`
}

/** Can its content be compared now with what was sent before, whether it would be sent itself or not? */
export function isComparable(file: FileRecord, quietMs: number, settleMs: number): boolean {
  return file.look !== null && file.look.kind !== 'unreadable' && atRest(file, quietMs, settleMs) === null
}

/** What keeps a file from being judged by its bytes: it can't be seen, is no proper file, or changed a moment ago. Null: nothing does. */
export function atRest(file: FileRecord, quietMs: number, settleMs: number): Extract<Readiness, { kind: 'wait' }> | null {
  if (file.local !== 'present') return { kind: 'wait', why: 'its place cannot be seen now', forMs: null, patience: 'once-leaves' }
  if (file.problem !== null) {
    return { kind: 'wait', why: PROBLEM_TEXT[file.problem] ?? file.problem, forMs: null, patience: 'once-leaves' }
  }
  if (quietMs < settleMs)
    return { kind: 'wait', why: 'settling: it changed a moment ago', forMs: settleMs - quietMs, patience: 'once-waits' }
  return null
}

/** The same for a slice of a DICOM series, by its tags as well. */
export function sliceReadiness(file: FileRecord, quietMs: number, settleMs: number, asIs: boolean): Readiness {
  const stop = atRest(file, quietMs, settleMs)
  if (stop !== null) return stop
  const { look } = file
  if (look === null) return { kind: 'inspect' }
  if (look.kind === 'unreadable') return { kind: 'reject', why: `it cannot be read (${look.why})` }
  if (look.kind !== 'dicom') return { kind: 'reject', why: 'its content is no DICOM file any more' }
  const unended = asIs ? null : unfinished(look.whole, quietMs, settleMs)
  if (unended !== null) return unended
  if (look.missing.length > 0) return { kind: 'reject', why: `it lacks ${look.missing.join(', ')}, which Encord needs` }
  return { kind: 'ready', mime: look.mime, media: 'dicom' }
}
