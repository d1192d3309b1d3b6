import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../src/model/clock.ts'

/** The machine's own time, for tests over real files and events. */
export const realClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  },
}
