/** The parts that have to move while they have work. */
const PARTS = ['loop', 'scanner', 'queue', 'ledger'] as const
export type Part = (typeof PARTS)[number]

/** What a part is at: whether it has work, and something that differs whenever it got on with it. */
export type Mark = { readonly busy: boolean; readonly progress: number | string }

/** A part that has work and does not get on with it. */
export type Stuck = { readonly part: Part; readonly forMs: number }

/**
 * How long a part may stand still, ms. The loop's longest nap is 10 s. A scanner may be held by one directory of a million files on a
 * slow network; calls have deadlines of their own, a minute for each of three tries.
 */
const PATIENCE_MS: Readonly<Record<Part, number>> = { loop: 60_000, scanner: 600_000, queue: 900_000, ledger: 30_000 }

/** Judges by progress, never by a timer alone: a loop that only turns is not alive. */
export type Liveness = { judge(marks: Readonly<Record<Part, Mark>>, nowMs: number): Stuck | null }

/** @param patienceMs other times, for tests */
export function openLiveness(patienceMs: Readonly<Record<Part, number>> = PATIENCE_MS): Liveness {
  const moved = new Map<Part, { progress: number | string; atMs: number }>()
  return {
    judge(marks, nowMs) {
      let worst: Stuck | null = null
      for (const part of PARTS) {
        const { busy, progress } = marks[part]
        const last = moved.get(part)
        if (!busy || last === undefined || last.progress !== progress) {
          moved.set(part, { progress, atMs: nowMs })
          continue
        }
        const forMs = nowMs - last.atMs
        if (forMs >= patienceMs[part] && forMs > (worst?.forMs ?? 0)) worst = { part, forMs }
      }
      return worst
    },
  }
}
