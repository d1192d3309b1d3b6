import type { Clock } from '../model/clock.ts'

export type DeadlineLimits = {
  /** For the whole exchange, ms; null: as long as it makes progress. */
  readonly totalMs: number | null
  /** Without any progress, ms. */
  readonly stallMs: number
}

/** Ends an exchange that takes too long or that nobody wants any more. Owned by one exchange; `end` it whatever happens. */
export type Deadline = {
  readonly signal: AbortSignal
  /** Why `signal` was aborted, or null. */
  cause(): 'time' | 'stop' | null
  progress(): void
  /** Time while paused is no stall: waiting for our own bandwidth limit, for example. */
  pause(): void
  resume(): void
  end(): void
}

/** One reason for all: making an error, with its stack, costs as much as a small read. */
const OVER = new Error('the exchange is over')

export function startDeadline(clock: Clock, limits: DeadlineLimits, stops: readonly (AbortSignal | undefined)[]): Deadline {
  const exchange = new AbortController()
  const over = new AbortController()
  const startedMs = clock.monotonicMs()
  let progressMs = startedMs
  let paused = 0
  let cause: 'time' | 'stop' | null = null
  const abort = (why: 'time' | 'stop') => {
    cause ??= why
    exchange.abort()
  }
  const onStop = () => abort('stop')
  for (const stop of stops) {
    if (stop?.aborted) onStop()
    stop?.addEventListener('abort', onStop)
  }
  const leftMs = () => {
    const now = clock.monotonicMs()
    const stall = (paused > 0 ? now : progressMs) + limits.stallMs - now
    return limits.totalMs === null ? stall : Math.min(stall, startedMs + limits.totalMs - now)
  }
  const watch = async () => {
    for (let left = leftMs(); left > 0; left = leftMs()) await clock.sleep(left, over.signal)
    abort('time')
  }
  watch().catch(() => undefined)
  const progress = () => {
    progressMs = clock.monotonicMs()
  }
  return {
    signal: exchange.signal,
    cause: () => cause,
    progress,
    pause: () => {
      paused += 1
    },
    resume: () => {
      paused -= 1
      progress()
    },
    end() {
      for (const stop of stops) stop?.removeEventListener('abort', onStop)
      over.abort(OVER)
    },
  }
}
