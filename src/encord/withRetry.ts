import type { Clock, Random } from '../model/clock.ts'
import { EncordError } from '../model/error.ts'

type RetryPolicy = {
  readonly clock: Clock
  readonly random: Random
  /** Tries in all. Longer patience is the caller's: it keeps its back-off in the ledger. */
  readonly attempts: number
  readonly baseMs: number
  readonly maxMs: number
  /** A longer Retry-After is not waited for here; the error carries it. */
  readonly maxRetryAfterMs: number
}

export function retryPolicy(clock: Clock, random: Random): RetryPolicy {
  return { clock, random, attempts: 3, baseMs: 500, maxMs: 8_000, maxRetryAfterMs: 15_000 }
}

/**
 * Runs `once` again after transient failures, with full-jitter waits. For what may be repeated freely: reads, tickets, PUTs,
 * staging. Nothing is started once `signal` is aborted; the last error is thrown.
 */
export async function withRetry<T>(policy: RetryPolicy, signals: readonly (AbortSignal | undefined)[], once: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once()
    } catch (error) {
      const stopped = signals.some((signal) => signal?.aborted)
      if (!(error instanceof EncordError) || error.kind !== 'transient' || attempt >= policy.attempts || stopped) throw error
      const waitMs = backoffMs(policy, attempt, error.retryAfterMs)
      if (waitMs === null) throw error
      await sleepOrThrow(policy.clock, waitMs, signals, error)
    }
  }
}

/** Full jitter (a random part of the doubled wait), never less than a Retry-After; null when that is too long to wait here. */
function backoffMs(policy: RetryPolicy, attempt: number, retryAfterMs: number | null): number | null {
  if (retryAfterMs !== null && retryAfterMs > policy.maxRetryAfterMs) return null
  const jitterMs = policy.random() * Math.min(policy.maxMs, policy.baseMs * 2 ** (attempt - 1))
  return Math.max(jitterMs, retryAfterMs ?? 0)
}

async function sleepOrThrow(clock: Clock, ms: number, signals: readonly (AbortSignal | undefined)[], error: EncordError): Promise<void> {
  const stop = new AbortController()
  const onStop = () => stop.abort()
  for (const signal of signals) signal?.addEventListener('abort', onStop)
  try {
    await clock.sleep(ms, stop.signal)
  } catch {
    throw error
  } finally {
    for (const signal of signals) signal?.removeEventListener('abort', onStop)
  }
}
