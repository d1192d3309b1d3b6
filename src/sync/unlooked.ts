import type { Clock } from '../model/clock.ts'

/** What was heard of in the folders of a dataset, or is being walked, holds the rows that are proven gone: it may be where their files went. */
export type Unlooked = {
  /** Is there something that has to be looked at first? */
  holds(): boolean
  /** Rows went, none is left, or none can go now: the next ones wait for all that is known of by then. */
  reset(): void
}

/** In folders that never rest, rows that are proven wait for all that is heard of within this time, ms, and not for what comes later. */
const MOST_MS = 5_000

export function openUnlooked({ clock, unlookedSinceMs }: { readonly clock: Clock; unlookedSinceMs(): number }): Unlooked {
  let restlessSinceMs: number | null = null
  return {
    holds() {
      const sinceMs = unlookedSinceMs()
      if (sinceMs === Number.POSITIVE_INFINITY) return false
      restlessSinceMs ??= clock.monotonicMs()
      return sinceMs < restlessSinceMs + MOST_MS
    },
    reset() {
      restlessSinceMs = null
    },
  }
}
