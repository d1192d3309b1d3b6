import type { Clock } from '../model/clock.ts'
import { LookFailed, messageOf } from '../model/error.ts'
import { inTime } from '../model/inTime.ts'
import type { Survey, SurveyRequest } from '../sync/survey.ts'
import type { StartThread, SurveyThread, ThreadAnswer } from './surveyThread.ts'

/** Walks in threads of their own, so that the main loop never stands still: one after the other in one thread, as long as that gets on. */
export type Surveyor = {
  /** @throws LookFailed when the disk or the machine could not take it, the thread ended, or stood still for too long */
  survey(request: SurveyRequest): Promise<Survey>
  /** Grows while walks get on; it stands still while all of them hang. */
  steps(): number
  close(): Promise<void>
}

type Asked = { readonly request: SurveyRequest; resolve(survey: Survey): void; reject(error: Error): void }
type Running = { readonly thread: SurveyThread; asked: Asked | null; steps: number; movedAtMs: number }

/** Between two looks whether the threads get on, ms. */
const LOOK_MS = 5_000
/** A thread that made no step for so long does not keep the others waiting, ms: it reads a dead share, or a very large directory. */
const STILL_MS = 30_000
/** One that made no step for so long is given up, ms. A directory of a million files on a slow share takes minutes. */
const HUNG_MS = 480_000
/** Threads at most, those that were given up and did not end among them. */
const MOST_THREADS = 4
/** A thread that hangs in the kernel is not waited for at the end, ms. */
const CLOSE_MS = 2_000

/** @param start starts a thread; the first one is started when it is needed */
export function openSurveyor(start: StartThread, clock: Clock): Surveyor {
  const queue: Asked[] = []
  const lost = new Set<SurveyThread>()
  const closing = new AbortController()
  let running: readonly Running[] = []
  let stepsBefore = 0
  let watching = false

  function open(): Running {
    const one: Running = {
      thread: start(
        (answer) => ended(one, answer),
        (why) => gone(one, why),
      ),
      asked: null,
      steps: 0,
      movedAtMs: clock.monotonicMs(),
    }
    running = [...running, one]
    return one
  }

  function ended(one: Running, answer: ThreadAnswer): void {
    const { asked } = one
    one.asked = null
    if ('result' in answer) asked?.resolve(answer.result)
    else asked?.reject(failureOf(answer))
    next()
    // A further thread costs memory, and is of no use once the others get on.
    if (one.asked === null && running.length > 1) {
      drop(one)
      void one.thread.terminate()
    }
  }

  function gone(one: Running, why: string): void {
    lost.delete(one.thread)
    drop(one)
    one.asked?.reject(new LookFailed(`the thread that walks ended: ${why}`))
    one.asked = null
    if (!closing.signal.aborted) next()
  }

  function drop(one: Running): void {
    if (!running.includes(one)) return
    stepsBefore += one.thread.steps()
    running = running.filter((other) => other !== one)
  }

  function free(): Running | null {
    const idle = running.find((one) => one.asked === null)
    if (idle !== undefined) return idle
    const nowMs = clock.monotonicMs()
    const isStill = running.every((one) => nowMs - one.movedAtMs >= STILL_MS)
    return isStill && running.length + lost.size < MOST_THREADS ? open() : null
  }

  function next(): void {
    try {
      for (let one = queue.length > 0 ? free() : null; one !== null; one = queue.length > 0 ? free() : null) {
        one.asked = queue.shift() ?? null
        one.movedAtMs = clock.monotonicMs()
        if (one.asked !== null) one.thread.post(one.asked.request)
      }
      if (running.length === 0 && queue.length > 0) refuse(`${lost.size} looks before it still wait for disks that do not answer`)
    } catch (error) {
      refuse(`no thread can be started for it: ${messageOf(error)}`)
    }
    if (!watching && running.some((one) => one.asked !== null)) void watch()
  }

  async function watch(): Promise<void> {
    watching = true
    while (!closing.signal.aborted && running.some((one) => one.asked !== null)) {
      await clock.sleep(LOOK_MS, closing.signal).catch(() => undefined)
      const nowMs = clock.monotonicMs()
      for (const one of running) {
        const steps = one.thread.steps()
        if (steps !== one.steps) one.movedAtMs = nowMs
        one.steps = steps
        if (one.asked !== null && nowMs - one.movedAtMs >= HUNG_MS) giveUp(one)
      }
      next()
    }
    watching = false
  }

  function giveUp(one: Running): void {
    drop(one)
    lost.add(one.thread)
    void one.thread.terminate()
    one.asked?.reject(new LookFailed('the disk does not answer'))
    one.asked = null
  }

  function refuse(why: string): void {
    for (const asked of queue.splice(0)) asked.reject(new LookFailed(why))
  }

  return {
    survey: (request) =>
      new Promise((resolve, reject) => {
        queue.push({ request, resolve, reject })
        next()
      }),
    steps: () => running.reduce((sum, one) => sum + one.thread.steps(), stepsBefore),
    close: async () => {
      closing.abort()
      const ends = [...running.map(({ thread }) => thread), ...lost].map((thread) => thread.terminate())
      await inTime(clock, CLOSE_MS, Promise.all(ends), undefined)
    },
  }
}

/** What SQLite says of a disk, of memory or of another process: it may be gone the next time. Damage never is. */
const PASSING_SQLITE = /^SQLITE_(BUSY|CANTOPEN|FULL|IOERR|LOCKED|NOMEM|PROTOCOL|READONLY)/

/** A disk's or the machine's own trouble may pass; anything else is a defect, or a damaged ledger, whose code is kept. */
function failureOf({ error, code }: Extract<ThreadAnswer, { error: string }>): Error {
  if (code !== undefined && (/^E[A-Z0-9]+$/.test(code) || PASSING_SQLITE.test(code))) return new LookFailed(error)
  return Object.assign(new Error(`the survey failed: ${error}`), code === undefined ? {} : { code })
}
