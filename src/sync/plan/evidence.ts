import { dirOf, type RelPath } from '../../model/file.ts'
import type { Absence, CandidateRecord, FileRecord, ScanRecord, UnitRecord } from '../records.ts'

/** What a finished scan means for a candidate's proof. */
export type ProofStep =
  /** The file is back, or never was gone. */
  { readonly kind: 'cancel' } | { readonly kind: 'first' } | { readonly kind: 'second' } | { readonly kind: 'none' }

/**
 * Rule 1: two complete whole-folder scans, at least `grace` apart, both lacking the path; the second begins after the first has
 * ended. Within one process `grace` has passed by the monotonic clock too.
 * @param monotonicSinceFirstMs null when the first scan was another process's
 * @param second the candidate's second scan; null when there is none
 */
export function proofAfterScan(
  candidate: CandidateRecord,
  unit: Pick<UnitRecord, 'local'>,
  scan: ScanRecord,
  graceMs: number,
  monotonicSinceFirstMs: number | null,
  second: Pick<ScanRecord, 'beganMs'> | null,
): ProofStep {
  const expected = candidate.why === 'superseded' ? 'present' : 'absent'
  if (candidate.why !== 'absent' && candidate.why !== 'superseded') return { kind: 'none' }
  if (unit.local !== expected) return unit.local === 'present' ? { kind: 'cancel' } : { kind: 'none' }
  if (!scan.whole || scan.result !== 'complete') return { kind: 'none' }
  if (candidate.firstScan === null || candidate.firstAtMs === null) return { kind: 'first' }
  // A clock that ran back makes the first scan lie in the future: the proof starts anew.
  if (scan.beganMs < candidate.firstAtMs) return { kind: 'first' }
  if (isGraceApart(candidate, second, graceMs)) return { kind: 'none' }
  if (scan.beganMs - candidate.firstAtMs < graceMs) return { kind: 'none' }
  if (monotonicSinceFirstMs !== null && monotonicSinceFirstMs < graceMs) return { kind: 'none' }
  return { kind: 'second' }
}

/** Do the two scans lie the grace apart that is in force now? It may have been a shorter one when the second was taken. */
export function isGraceApart(
  { firstAtMs }: Pick<CandidateRecord, 'firstAtMs'>,
  second: Pick<ScanRecord, 'beganMs'> | null,
  graceMs: number,
): boolean {
  return second !== null && firstAtMs !== null && second.beganMs - firstAtMs >= graceMs
}

/** Part of the grace until the next look, at most, where the wall clock says that it is over and the monotonic one that it is not. */
const SLEPT_PART = 10
/** The two clocks differ by moments also where nothing slept: one counts from the end of a walk, the other from when it was written down, ms. */
const MOMENT_MS = 1_000

/**
 * How long until a look may confirm it, ms. A machine that slept, or whose clock was set forward, is past the grace by the wall clock alone: a look
 * since then confirmed nothing, and the next one waits for as long again, up to a part of the grace. Without that the folder would be walked all the
 * time.
 */
export function graceLeftMs(
  { firstAtMs }: Pick<CandidateRecord, 'firstAtMs'>,
  last: Pick<ScanRecord, 'beganMs'>,
  graceMs: number,
  wallMs: number,
): number {
  const overMs = (firstAtMs ?? 0) + graceMs
  if (last.beganMs >= overMs) return Math.min(graceMs / SLEPT_PART, Math.max(MOMENT_MS, last.beganMs - overMs))
  // A first scan that lies in the future is a clock that ran back: a new scan starts the proof anew.
  return Math.max(0, Math.min(overMs - wallMs, graceMs))
}

/** A directory of these files (or what is left of it) that changed each time the scan read it: the scan says nothing about them. */
export function restlessHome(files: readonly FileRecord[], scan: Pick<ScanRecord, 'busy'>): RelPath | undefined {
  return scan.busy.find((dir) => files.some((file) => dirOf(file.path) === dir || file.absence?.ancestor === dir))
}

/**
 * The directory's time of change was an earlier one when it lacked the file than when it held it: it was put back as it had been before, by a
 * snapshot, or the clock was set back. What changes there later says nothing about how the file went.
 */
export function wentBack({ ctimeBeforeNs, ctimeAfterNs, unchanged }: Absence): boolean {
  return unchanged > 0 && ctimeBeforeNs !== null && BigInt(ctimeAfterNs) < BigInt(ctimeBeforeNs)
}
