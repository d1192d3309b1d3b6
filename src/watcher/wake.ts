import type { Clock } from '../model/clock.ts'

/** A leap of time between two ticks. */
export type TimeLeap = {
  /** Wall clock against monotonic clock: positive after sleep or when the clock was set forward, negative when it was set back. */
  readonly wallStepMs: number
  /** How late the tick came by the monotonic clock: the process was stopped or starved. */
  readonly lateMs: number
}

const TICK_MS = 5_000
const LEAP_MS = 30_000

/**
 * Notices that the machine slept, the process was stopped or the clock was set. The monotonic clock stands still while a Linux
 * machine sleeps, so that a wake-up and a clock set forward look the same; both want a scan and graces counted anew.
 */
export function watchTime(clock: Clock, onLeap: (leap: TimeLeap) => void): { close(): Promise<void> } {
  const stop = new AbortController()
  const run = async (): Promise<void> => {
    let wallMs = clock.wallMs()
    let monotonicMs = clock.monotonicMs()
    while (!stop.signal.aborted) {
      await clock.sleep(TICK_MS, stop.signal)
      const passedMs = clock.monotonicMs() - monotonicMs
      const wallStepMs = clock.wallMs() - wallMs - passedMs
      const lateMs = passedMs - TICK_MS
      wallMs = clock.wallMs()
      monotonicMs = clock.monotonicMs()
      if (Math.abs(wallStepMs) > LEAP_MS || lateMs > LEAP_MS) onLeap({ wallStepMs, lateMs })
    }
  }
  const done = run().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error
  })
  return {
    async close() {
      stop.abort()
      await done
    },
  }
}
