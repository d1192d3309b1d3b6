import type { Clock } from '../model/clock.ts'
import type { RelPath } from '../model/file.ts'

/** When a folder is looked at: hinted directories soon, the whole of it at start, every `rescan`, and when a proof asks for it. */
export type SurveySchedule = {
  hint(dir: RelPath): void
  /** A whole survey, as soon as may be. */
  wholeNow(cause: string): void
  /** A whole survey by then, by the monotonic clock; one that is due earlier serves as well. */
  wholeBy(dueMs: number, cause: string): void
  /** Begins the survey that is due, if one is and none runs. */
  startDue(): void
  readonly running: boolean
  /** Hints wait to be looked at. */
  readonly hinted: boolean
  /** Since when something was heard of, or a look runs, that is not in the ledger yet, by the monotonic clock; Infinity: nothing. */
  unlookedSinceMs(): number
  /** When the next one is due; Infinity while one runs. */
  nextMs(): number
}

/** Hints are gathered for this long, ms. */
const DEBOUNCE_MS = 50
/** Between two looks at hints: this many times as long as the last one took, so that a busy folder is not walked all the time. */
const REST_FACTOR = 5
/** Between two whole surveys, ms. */
const WHOLE_PAUSE_MS = 250

/** @param begin runs the survey (of these directories, or of the whole folder) and keeps hold of it */
export function openSurveySchedule(
  tools: { readonly clock: Clock; rescanMs(): number; begin(work: () => Promise<void>): void },
  survey: (dirs: readonly RelPath[] | null, cause: string) => Promise<void>,
): SurveySchedule {
  const { clock } = tools
  let dirty = new Set<RelPath>()
  let hintsDueMs = Number.POSITIVE_INFINITY
  let restUntilMs = Number.NEGATIVE_INFINITY
  let wholeDueMs = Number.NEGATIVE_INFINITY
  let wholeCause = 'start'
  let wholeRestUntilMs = Number.NEGATIVE_INFINITY
  let running = false
  let heardMs = Number.POSITIVE_INFINITY
  let lookingSinceMs = Number.POSITIVE_INFINITY

  const wholeAtMs = (): number => Math.max(wholeDueMs, wholeRestUntilMs)
  const hintsAtMs = (): number => (dirty.size === 0 ? Number.POSITIVE_INFINITY : Math.max(hintsDueMs, restUntilMs))

  async function run(dirs: readonly RelPath[] | null, cause: string): Promise<void> {
    const began = clock.monotonicMs()
    try {
      await survey(dirs, cause)
    } finally {
      running = false
      lookingSinceMs = Number.POSITIVE_INFINITY
      const ended = clock.monotonicMs()
      if (dirs === null) wholeRestUntilMs = ended + WHOLE_PAUSE_MS
      else restUntilMs = ended + (ended - began) * REST_FACTOR
    }
  }

  return {
    hint(dir) {
      if (dirty.size === 0) {
        heardMs = clock.monotonicMs()
        hintsDueMs = heardMs + DEBOUNCE_MS
      }
      dirty.add(dir)
    },
    wholeNow(cause) {
      wholeDueMs = Number.NEGATIVE_INFINITY
      wholeCause = cause
    },
    wholeBy(dueMs, cause) {
      if (dueMs >= wholeDueMs) return
      wholeDueMs = dueMs
      wholeCause = cause
    },
    startDue() {
      if (running) return
      const now = clock.monotonicMs()
      const whole = now >= wholeAtMs()
      if (!whole && now < hintsAtMs()) return
      const dirs = whole ? null : [...dirty].sort()
      const cause = whole ? wholeCause : 'hints'
      dirty = new Set()
      lookingSinceMs = Math.min(now, heardMs)
      heardMs = Number.POSITIVE_INFINITY
      if (whole) {
        wholeDueMs = now + tools.rescanMs()
        wholeCause = 'rescan'
      }
      running = true
      tools.begin(() => run(dirs, cause))
    },
    get running() {
      return running
    },
    get hinted() {
      return dirty.size > 0
    },
    unlookedSinceMs: () => Math.min(heardMs, lookingSinceMs),
    nextMs: () => (running ? Number.POSITIVE_INFINITY : Math.min(wholeAtMs(), hintsAtMs())),
  }
}
