import type { Clock } from '../model/clock.ts'

/** Items that come due `delayMs` after they were pushed, in order; one waiting timer for all of them. */
export function laterQueue<T>(clock: Clock, delayMs: number, onDue: (item: T) => void): { push(item: T): void; close(): void } {
  const queue: { item: T; dueMs: number }[] = []
  const stop = new AbortController()
  let running = false

  const run = async (): Promise<void> => {
    running = true
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      await clock.sleep(Math.max(0, next.dueMs - clock.monotonicMs()), stop.signal)
      const nowMs = clock.monotonicMs()
      const due = queue.findIndex(({ dueMs }) => dueMs > nowMs)
      for (const { item } of queue.splice(0, Math.max(1, due < 0 ? queue.length : due))) onDue(item)
    }
    running = false
  }

  return {
    push(item) {
      if (stop.signal.aborted) return
      queue.push({ item, dueMs: clock.monotonicMs() + delayMs })
      if (running) return
      run().catch((error: unknown) => {
        if (!stop.signal.aborted) throw error
      })
    },
    close() {
      stop.abort()
      queue.length = 0
    },
  }
}
