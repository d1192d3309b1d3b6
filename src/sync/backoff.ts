import type { Random } from '../model/clock.ts'

/** Backoff between failures, ms; doubled each time, with full jitter. */
const FIRST_BACKOFF_MS = 500
const LONGEST_BACKOFF_MS = 60_000
/** For a file that can't be read to its end: each attempt may read, and send, all that comes before. */
export const LONGEST_LOCAL_BACKOFF_MS = 900_000

/** Full jitter: anything up to the doubled step, so that a thousand files do not come back at once. */
export function backoffMs(step: number, random: Random, longestMs = LONGEST_BACKOFF_MS): number {
  const longest = Math.min(longestMs, FIRST_BACKOFF_MS * 2 ** Math.max(0, Math.min(step, 20)))
  return Math.ceil(longest / 4 + random() * longest * 0.75)
}
