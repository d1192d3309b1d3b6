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
  idle(): Promise<void>
}

/** @param concurrency requests in flight, from the config */
export function openSlots(concurrency: number): Slots {
  const small = new PQueue({ concurrency })
  const large = new PQueue({ concurrency: Math.max(1, Math.min(LARGE_SLOTS, concurrency - 1)) })
  return {
    run: (sizeBytes, work) =>
      sizeBytes >= LARGE_BYTES ? large.add(work) : small.add(work, { priority: -Math.ceil(Math.log2(sizeBytes + 1)) }),
    size: concurrency,
    async idle() {
      await Promise.all([small.onIdle(), large.onIdle()])
    },
  }
}
