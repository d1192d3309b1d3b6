import type { Clock } from '../model/clock.ts'

/** A limit shared by all that send; `take` resolves when that many bytes may leave. */
export type Bandwidth = { take(bytes: number, signal: AbortSignal): Promise<void> }

/** More saved-up time than this would let bursts exceed the rate over the seconds that people look at. */
const BURST_MS = 50
/** Whoever waits looks at the rate again after this long, ms: it may have changed. */
const LOOK_MS = 1_000

/**
 * A token bucket: bytes are served in the order in which they were asked for, and those that leave are paid for by whoever comes next.
 * @param rate bytes a second, null for no limit; asked for each time, so that it may change while something is sent
 */
export function openBandwidth(clock: Clock, rate: () => number | null): Bandwidth {
  let askedBytes = 0
  let servedBytes = 0
  let servedAtMs = clock.monotonicMs()

  /** @returns the rate in force */
  function serve(): number | null {
    const bytesPerSecond = rate()
    const now = clock.monotonicMs()
    const passedMs = now - servedAtMs
    servedAtMs = now
    if (bytesPerSecond === null) servedBytes = askedBytes
    else {
      const burstBytes = (bytesPerSecond * BURST_MS) / 1000
      servedBytes = Math.min(askedBytes + burstBytes, servedBytes + (bytesPerSecond * passedMs) / 1000)
    }
    return bytesPerSecond
  }

  return {
    async take(bytes, signal) {
      serve()
      const startBytes = askedBytes
      askedBytes += bytes
      for (;;) {
        const bytesPerSecond = serve()
        const missingBytes = startBytes - servedBytes
        if (bytesPerSecond === null || missingBytes <= 0) return
        await clock.sleep(Math.min(LOOK_MS, (missingBytes / bytesPerSecond) * 1000), signal)
      }
    },
  }
}
