import type { Clock } from '../../src/model/clock.ts'
import { realClock } from './realClock.ts'

/** So many times as fast as the machine's, by both of its clocks. */
export function fastClock(times: number): Clock {
  const beganMs = Date.now()
  const passedMs = (): number => performance.now() * times
  const firstMs = passedMs()
  return {
    wallMs: () => Math.round(beganMs + passedMs() - firstMs),
    monotonicMs: passedMs,
    sleep: (ms, signal) => realClock.sleep(ms / times, signal),
  }
}
