import type { Patience } from './plan/action.ts'

/** When units are to be looked at again, by the monotonic clock, ms. A unit has one entry: the earliest wish wins. */
export type Agenda = {
  /** Look at it as soon as possible. */
  now(unitId: number): void
  at(unitId: number, dueMs: number, patience: Patience): void
  drop(unitId: number): void
  /** Takes up to `limit` units that are due. */
  take(nowMs: number, limit: number): readonly number[]
  /** The next due time; null when nothing is planned. */
  nextMs(): number | null
  /** The next due time that a single pass waits for. */
  nextForOnceMs(): number | null
  readonly size: number
}

export function openAgenda(): Agenda {
  const due = new Set<number>()
  const later = new Map<number, { readonly dueMs: number; readonly patience: Patience }>()
  // The earliest entry is asked for at every turn; with 100,000 waiting files a scan of all of them each time would be felt.
  let earliest: { all: number | null; once: number | null } | null = { all: null, once: null }

  function times(): { all: number | null; once: number | null } {
    if (earliest !== null) return earliest
    let all: number | null = null
    let once: number | null = null
    for (const { dueMs, patience } of later.values()) {
      if (all === null || dueMs < all) all = dueMs
      if (patience === 'once-waits' && (once === null || dueMs < once)) once = dueMs
    }
    earliest = { all, once }
    return earliest
  }

  return {
    now(unitId) {
      if (later.delete(unitId)) earliest = null
      due.add(unitId)
    },
    at(unitId, dueMs, patience) {
      if (due.has(unitId)) return
      later.set(unitId, { dueMs, patience })
      earliest = null
    },
    drop(unitId) {
      due.delete(unitId)
      if (later.delete(unitId)) earliest = null
    },
    take(nowMs, limit) {
      const first = times().all
      if (first !== null && first <= nowMs) {
        for (const [unitId, entry] of later) {
          if (entry.dueMs > nowMs) continue
          later.delete(unitId)
          due.add(unitId)
        }
        earliest = null
      }
      const taken: number[] = []
      for (const unitId of due) {
        if (taken.length >= limit) break
        taken.push(unitId)
      }
      for (const unitId of taken) due.delete(unitId)
      return taken
    },
    nextMs: () => (due.size > 0 ? Number.NEGATIVE_INFINITY : times().all),
    nextForOnceMs: () => (due.size > 0 ? Number.NEGATIVE_INFINITY : times().once),
    get size() {
      return due.size + later.size
    },
  }
}
