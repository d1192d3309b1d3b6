import type { Clock } from '../model/clock.ts'
import type { Remote } from './ports.ts'

/** The server's clock and ours may differ by this much, ms (design, section 6, rule 8). */
export const CLOCK_ROOM_MS = 600_000
/** A wall clock that moves this far against the monotonic one was set, or the machine slept, ms. */
const STEP_MS = 1_000

/** How far our wall clock is ahead of the server's, ms, by the newest `Date` header; null before the first answer that had one. */
export function aheadOfServerMs(clock: Clock, remote: Pick<Remote, 'serverTime'>): number | null {
  const server = remote.serverTime()
  return server === null ? null : clock.wallMs() - (server.dateMs + (clock.monotonicMs() - server.atMonotonicMs))
}

/**
 * Watches the wall clock, from now on and whenever it is asked.
 * @returns whether it agrees with the server's, and was not found to be set within the last `forMs`
 */
export function watchClock(clock: Clock, remote: Pick<Remote, 'serverTime'>): (forMs: number) => boolean {
  let offsetMs = clock.wallMs() - clock.monotonicMs()
  let setAtMs = Number.NEGATIVE_INFINITY
  return (forMs) => {
    const nowMs = clock.monotonicMs()
    const was = offsetMs
    offsetMs = clock.wallMs() - nowMs
    if (Math.abs(offsetMs - was) > STEP_MS) setAtMs = nowMs
    const aheadMs = aheadOfServerMs(clock, remote)
    return nowMs - setAtMs > forMs && aheadMs !== null && Math.abs(aheadMs) <= CLOCK_ROOM_MS
  }
}
