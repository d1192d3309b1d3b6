import type { Clock } from '../model/clock.ts'

/** A limit shared by all that send; `take` resolves when that many bytes may leave. */
export type Bandwidth = {
  take(bytes: number, signal: AbortSignal): Promise<void>
  /** Bytes per second, or null for no limit; at once, also for what is being sent. */
  setRate(bytesPerSecond: number | null): void
}

/** More saved-up time than this would let bursts exceed the rate over the seconds that people look at. */
const BURST_MS = 50

/** A token bucket that goes into debt: whoever comes next waits until the bytes before it are paid for. */
export function openBandwidth(clock: Clock, bytesPerSecond: number | null): Bandwidth {
  let rate = bytesPerSecond
  let freeAtMs = clock.monotonicMs()
  return {
    async take(bytes, signal) {
      if (rate === null) return
      const now = clock.monotonicMs()
      const startMs = Math.max(freeAtMs, now - BURST_MS)
      freeAtMs = startMs + (bytes / rate) * 1000
      if (startMs > now) await clock.sleep(startMs - now, signal)
    },
    setRate(next) {
      rate = next
      freeAtMs = clock.monotonicMs()
    },
  }
}
