import type { Clock } from '../model/clock.ts'

/** A disk that answers at all answers within this time, ms. */
const DISK_ANSWERS_MS = 20_000

/** What a question is answered with, or `late` when that takes longer than a disk does: a share that is dead answers nothing, not even that. */
export async function inTime<T, Late>(clock: Pick<Clock, 'sleep'>, question: Promise<T>, late: Late): Promise<T | Late> {
  const over = new AbortController()
  const isLate = clock.sleep(DISK_ANSWERS_MS, over.signal).then(
    () => late,
    () => late,
  )
  try {
    return await Promise.race([question, isLate])
  } finally {
    over.abort()
  }
}
