/**
 * One answer for all who ask within `maxAgeMs`, so that no number of readers keeps the ledger busy. A failed answer is not kept.
 * @param monotonicMs ms since some point of this process
 */
export function sharedAnswer<T>(ask: () => Promise<T>, maxAgeMs: number, monotonicMs: () => number): () => Promise<T> {
  let last: { readonly answer: Promise<T>; readonly askedMs: number } | null = null
  return () => {
    const nowMs = monotonicMs()
    if (last !== null && nowMs - last.askedMs < maxAgeMs) return last.answer
    const asked = { answer: ask(), askedMs: nowMs }
    last = asked
    asked.answer.catch(() => {
      if (last === asked) last = null
    })
    return asked.answer
  }
}
