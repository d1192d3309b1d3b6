import type { Clock } from './clock.ts'

/**
 * What a question is answered with, or `late` when that takes longer than `withinMs`; the question itself goes on.
 * @throws what the question rejects with, in time
 */
export async function inTime<T, Late>(clock: Pick<Clock, 'sleep'>, withinMs: number, question: Promise<T>, late: Late): Promise<T | Late> {
  const over = new AbortController()
  const isLate = clock.sleep(withinMs, over.signal).then(
    () => late,
    () => late,
  )
  try {
    return await Promise.race([question, isLate])
  } finally {
    over.abort()
  }
}
