import type { Clock } from '../../src/model/clock.ts'

/** A clock whose time passes only by sleeping, at once; it remembers every sleep. */
export function stepClock(): Clock & { readonly sleptMs: number[] } {
  let nowMs = 0
  const sleptMs: number[] = []
  return {
    sleptMs,
    wallMs: () => 1_700_000_000_000 + nowMs,
    monotonicMs: () => nowMs,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      sleptMs.push(ms)
      nowMs += ms
    },
  }
}
