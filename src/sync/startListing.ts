import type { Clock } from '../model/clock.ts'
import type { RemoteLink } from './remoteLink.ts'

/**
 * Each start lists the dataset once, and once more when a plan asks for it, when it has to be read anew, or while only listings can
 * settle what became of a call or a row; a dataset that can't be read is tried again.
 */
export type StartListing = {
  /** Begins the listing when it is due. */
  startDue(): void
  /** What is known of the dataset is not enough: list it anew. */
  again(): void
  readonly isDone: boolean
  /** Tries in a row that failed. */
  readonly failures: number
  /** When the next try is due by the monotonic clock, ms; infinite while one is under way, or none is needed. */
  nextMs(): number
}

export type StartListingTools = {
  readonly clock: Clock
  readonly link: Pick<RemoteLink, 'listing' | 'needsListing'>
  /** How long a listing may lag, ms; a config may change it. */
  absentGapMs(): number
  begin(work: () => Promise<void>): void
  /** The dataset was read, or could not be. */
  onAnswer(): void
}

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 60_000

export function openStartListing({ clock, link, absentGapMs, begin, onAnswer }: StartListingTools): StartListing {
  let isDone = false
  let failures = 0
  let dueMs = Number.NEGATIVE_INFINITY
  return {
    startDue() {
      if (isDone || clock.monotonicMs() < dueMs) return
      dueMs = Number.POSITIVE_INFINITY
      begin(async () => {
        const isRead = (await link.listing()) !== null
        isDone = isRead && !link.needsListing()
        failures = isRead ? 0 : failures + 1
        dueMs = clock.monotonicMs() + (isRead ? absentGapMs() : Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures))
        onAnswer()
      })
    },
    again() {
      if (!isDone) return
      isDone = false
      dueMs = clock.monotonicMs()
    },
    get isDone() {
      return isDone
    },
    get failures() {
      return failures
    },
    nextMs: () => (isDone ? Number.POSITIVE_INFINITY : dueMs),
  }
}
