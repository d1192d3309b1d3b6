import PQueue from 'p-queue'
import { EncordError } from '../model/error.ts'
import { type AutoConcurrency, openAutoConcurrency } from './autoConcurrency.ts'

/** A body of at least this size is a large one, bytes. */
const LARGE_BYTES = 8_000_000
/** Large bodies in flight at most; the rest of the slots stays free for small ones. */
const LARGE_SLOTS = 4

/** Requests in flight, as the config has it. */
export type Concurrency = number | 'auto'

/**
 * One pool of requests: small before large, and never all slots taken by large bodies, so that one 20 GB video does not hold up a
 * thousand images.
 */
export type Slots = {
  run<T>(sizeBytes: number, work: () => Promise<T>): Promise<T>
  readonly size: number
  /** Another number of requests in flight; those that are on their way go on. */
  resize(concurrency: Concurrency): void
  idle(): Promise<void>
}

/** @param monotonicMs what `auto` measures by */
export function openSlots(concurrency: Concurrency, monotonicMs: () => number): Slots {
  const small = new PQueue({ concurrency: 1 })
  const large = new PQueue({ concurrency: 1 })
  let auto: AutoConcurrency | null = null
  /** Small requests that run or wait for a slot. */
  let asked = 0

  function resize(next: number): void {
    small.concurrency = next
    large.concurrency = Math.max(1, Math.min(LARGE_SLOTS, next - 1))
  }

  function follow(next: Concurrency): void {
    if (next === 'auto') auto ??= openAutoConcurrency(monotonicMs, resize)
    else auto = null
    resize(next === 'auto' ? (auto?.level ?? 1) : next)
  }

  async function watched<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof EncordError && error.retryAfterMs !== null) auto?.askedToWait()
      throw error
    } finally {
      asked--
      auto?.ended(asked)
    }
  }

  follow(concurrency)
  return {
    run(sizeBytes, work) {
      if (sizeBytes >= LARGE_BYTES) return large.add(work)
      asked++
      return small.add(() => watched(work), { priority: -Math.ceil(Math.log2(sizeBytes + 1)) })
    },
    get size() {
      return small.concurrency
    },
    resize: follow,
    async idle() {
      await Promise.all([small.onIdle(), large.onIdle()])
    },
  }
}
