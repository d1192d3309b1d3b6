import PQueue from 'p-queue'

/** A body of at least this size is a large one, bytes. */
const LARGE_BYTES = 8_000_000
/** Large bodies in flight at most; the rest of the slots stays free for small ones. */
const LARGE_SLOTS = 4

/**
 * One pool of requests: small before large, and never all slots taken by large bodies, so that one 20 GB video does not hold up a
 * thousand images.
 */
export type Slots = {
  run<T>(sizeBytes: number, work: () => Promise<T>): Promise<T>
  readonly size: number
  /** Another number of requests in flight; those that are on their way go on. */
  resize(concurrency: number): void
  idle(): Promise<void>
}

/** @param concurrency requests in flight, from the config */
export function openSlots(concurrency: number): Slots {
  const largeSlots = (all: number): number => Math.max(1, Math.min(LARGE_SLOTS, all - 1))
  const small = new PQueue({ concurrency })
  const large = new PQueue({ concurrency: largeSlots(concurrency) })
  return {
    run: (sizeBytes, work) =>
      sizeBytes >= LARGE_BYTES ? large.add(work) : small.add(work, { priority: -Math.ceil(Math.log2(sizeBytes + 1)) }),
    get size() {
      return small.concurrency
    },
    resize(next) {
      small.concurrency = next
      large.concurrency = largeSlots(next)
    },
    async idle() {
      await Promise.all([small.onIdle(), large.onIdle()])
    },
  }
}
