import type { Clock } from '../model/clock.ts'

/** Something that is done once a day. */
export type DailyJob = {
  /** When it was done last, ms since 1970; null when it never was. */
  lastMs(): number | null
  run(): Promise<void>
}

/** How often it is looked whether a job is due, and how long after the start the first time, ms. */
const LOOK_MS = 600_000
const DAY_MS = 86_400_000

/**
 * Does each job once a day, one after the other, until the signal. A service that is started often does them all the same, since
 * they know themselves when they were done. A job that fails rejects, and ends the waiting: what may fail, it says itself.
 */
export async function runDaily(
  jobs: readonly DailyJob[],
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(LOOK_MS, signal).catch(() => undefined)
    for (const job of jobs) if (!signal.aborted && isDue(job, clock.wallMs())) await job.run()
  }
}

/** A time ahead of the clock is a clock that was wrong. */
function isDue(job: DailyJob, nowMs: number): boolean {
  const lastMs = job.lastMs()
  return lastMs === null || nowMs - lastMs >= DAY_MS || lastMs > nowMs
}
