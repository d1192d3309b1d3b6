import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../src/model/clock.ts'

/** The machine's own time, for tests over real files and events. */
export const realClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    const dueMs = performance.now() + ms
    // A timer counts from when its turn of the loop began: after a long turn it comes early, and a grace would not be over.
    for (let leftMs = ms; leftMs > 0; leftMs = dueMs - performance.now())
      await delay(Math.ceil(leftMs), undefined, signal === undefined ? {} : { signal })
  },
}
