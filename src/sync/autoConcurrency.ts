/**
 * How many requests may be in flight where the config leaves it open: doubled while that makes more requests a second, one step back
 * where it does not, and halved by a server that asks to wait.
 */
export type AutoConcurrency = {
  /** Requests in flight now. */
  readonly level: number
  /** A request ended. @param pending how many others run or wait for a slot */
  ended(pending: number): void
  /** The server asked to wait (429, `Retry-After`). */
  askedToWait(): void
}

/** Measured for this stack (files a second at 50 ms of latency): from here on, and up to there, more is faster. */
const FIRST = 8
const MOST = 32
const LEAST = 2
/** A level is judged over this time at least, ms, and over this many requests for each slot. */
const WINDOW_MS = 2_000
const ROUNDS = 4
/** A level that was found is looked at anew after this time of steady work, ms. */
const SETTLED_MS = 60_000
/** All requests in flight may be told to wait at once: that is one reason to slow down, ms. */
const SAME_WAIT_MS = 1_000
/** Worth the next step: a fifth more requests a second. */
const GAIN = 1.2

/** @param resize is told each new level */
export function openAutoConcurrency(monotonicMs: () => number, resize: (level: number) => void): AutoConcurrency {
  let level = FIRST
  let isClimbing = true
  /** Requests a second at the level below; null before the first level was judged. */
  let below: number | null = null
  let slowedMs = Number.NEGATIVE_INFINITY
  let window = { fromMs: monotonicMs(), ended: 0 }

  function step(to: number): void {
    level = Math.min(MOST, Math.max(LEAST, to))
    window = { fromMs: monotonicMs(), ended: 0 }
    resize(level)
  }

  function judge(rate: number): void {
    if (below !== null && rate < below * GAIN) {
      isClimbing = false
      step(level / 2)
    } else if (level < MOST) {
      below = rate
      step(level * 2)
    } else isClimbing = false
  }

  return {
    get level() {
      return level
    },
    ended(pending) {
      const nowMs = monotonicMs()
      if (pending < level) {
        // Not every slot has work: its number is not what limits the rate. Once all is quiet the next load is measured anew.
        window = { fromMs: nowMs, ended: 0 }
        if (pending > 0) return
        isClimbing = true
        below = null
        return
      }
      window.ended++
      const tookMs = nowMs - window.fromMs
      if (!isClimbing && tookMs >= SETTLED_MS) {
        isClimbing = true
        below = null
        window = { fromMs: nowMs, ended: 0 }
      } else if (isClimbing && tookMs >= WINDOW_MS && window.ended >= level * ROUNDS) judge((window.ended * 1_000) / tookMs)
    },
    askedToWait() {
      const nowMs = monotonicMs()
      if (nowMs - slowedMs < SAME_WAIT_MS) return
      slowedMs = nowMs
      isClimbing = false
      step(Math.floor(level / 2))
    },
  }
}
