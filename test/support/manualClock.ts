import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../src/model/clock.ts'

/** A clock that stands still until it is told to go on. */
export type ManualClock = Clock & {
  /** Moves both clocks (or the wall clock by another amount), then wakes whoever slept until then, one after the other. */
  advance(ms: number, options?: { readonly wallMs?: number }): Promise<void>
  readonly sleepers: number
}

export function manualClock(startWallMs = 1_700_000_000_000): ManualClock {
  let wallMs = startWallMs
  let monotonicMs = 1_000
  const sleepers = new Set<{ dueMs: number; wake(): void }>()
  return {
    wallMs: () => wallMs,
    monotonicMs: () => monotonicMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason)
        const abort = (): void => {
          sleepers.delete(sleeper)
          reject(signal?.reason)
        }
        const sleeper = {
          dueMs: monotonicMs + ms,
          wake() {
            signal?.removeEventListener('abort', abort)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', abort)
      }),
    async advance(ms, { wallMs: wallStepMs = ms } = {}) {
      wallMs += wallStepMs
      monotonicMs += ms
      for (const sleeper of [...sleepers].sort((a, b) => a.dueMs - b.dueMs)) {
        if (sleeper.dueMs > monotonicMs) continue
        sleepers.delete(sleeper)
        sleeper.wake()
      }
      await turn()
    },
    get sleepers() {
      return sleepers.size
    },
  }
}
