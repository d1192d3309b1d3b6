import { expect, test } from 'vitest'
import { openSurveyor } from '../../src/app/surveyor.ts'
import type { StartThread, ThreadAnswer } from '../../src/app/surveyThread.ts'
import { LookFailed } from '../../src/model/error.ts'
import type { Survey, SurveyRequest } from '../../src/sync/survey.ts'
import { type ManualClock, manualClock } from '../support/manualClock.ts'

/** Threads that a test answers for, and whose steps it counts. */
function threads() {
  const started: {
    readonly asked: string[]
    steps: number
    isTold: boolean
    answer(answer?: ThreadAnswer): void
    die(why: string): void
  }[] = []
  const start: StartThread = (onAnswer, onEnd) => {
    const one = {
      asked: [] as string[],
      steps: 0,
      isTold: false,
      answer: (answer: ThreadAnswer = { result: {} as Survey }) => onAnswer(answer),
      die: onEnd,
    }
    started.push(one)
    return {
      post: ({ root }) => void one.asked.push(root),
      steps: () => one.steps,
      terminate: async () => {
        one.isTold = true
      },
    }
  }
  return { started, start }
}

/** Time as it passes: in steps. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += 1_000) await clock.advance(1_000)
}

const request = (root: string): SurveyRequest => ({ root }) as SurveyRequest
/** What became of a look: 'seen', or why it failed. */
const outcome = (look: Promise<Survey>): Promise<string> =>
  look.then(
    () => 'seen',
    (error: unknown) => (error instanceof LookFailed ? error.message : `thrown: ${String(error)}`),
  )

test('looks share one thread as long as it gets on', async () => {
  const { started, start } = threads()
  const clock = manualClock()
  const surveyor = openSurveyor(start, clock)
  const looks = ['/a', '/b'].map((root) => outcome(surveyor.survey(request(root))))
  for (let i = 0; i < 20; i++) {
    if (started[0] !== undefined) started[0].steps++
    await pass(clock, 5_000)
  }
  expect(started.map(({ asked }) => asked)).toEqual([['/a']])
  started[0]?.answer()
  started[0]?.answer()
  expect(await Promise.all(looks)).toEqual(['seen', 'seen'])
  expect(started.map(({ asked }) => asked)).toEqual([['/a', '/b']])
  expect(surveyor.steps()).toBe(20)
})

test('a disk that does not answer keeps no other folder waiting, and its look is given up in the end', async () => {
  const { started, start } = threads()
  const clock = manualClock()
  const surveyor = openSurveyor(start, clock)
  const dead = outcome(surveyor.survey(request('/dead')))
  const well = outcome(surveyor.survey(request('/well')))
  await pass(clock, 25_000)
  expect(started).toHaveLength(1)
  await pass(clock, 10_000)
  expect(started.map(({ asked }) => asked)).toEqual([['/dead'], ['/well']])
  started[1]?.answer()
  expect(await well).toBe('seen')
  await pass(clock, 480_000)
  expect(await dead).toBe('the disk does not answer')
  expect(started.map(({ isTold }) => isTold)).toEqual([true, true])
  const next = outcome(surveyor.survey(request('/next')))
  started[2]?.answer()
  expect(await next).toBe('seen')
})

test('threads that hang are never more than four, and a look beyond them fails at once', async () => {
  const { started, start } = threads()
  const clock = manualClock()
  const surveyor = openSurveyor(start, clock)
  const dead = ['/1', '/2', '/3', '/4', '/5'].map((root) => outcome(surveyor.survey(request(root))))
  await pass(clock, 700_000)
  expect(started).toHaveLength(4)
  const why = '4 looks before it still wait for disks that do not answer'
  expect(await Promise.all(dead)).toEqual([...Array.from({ length: 4 }, () => 'the disk does not answer'), why])
  expect(await outcome(surveyor.survey(request('/6')))).toBe(why)
  started[0]?.die('the disk is back')
  const back = outcome(surveyor.survey(request('/7')))
  started[4]?.answer()
  expect(await back).toBe('seen')
})

test('a thread that crashes fails its look, and the next look has another thread', async () => {
  const { started, start } = threads()
  const surveyor = openSurveyor(start, manualClock())
  const look = outcome(surveyor.survey(request('/a')))
  started[0]?.die('out of memory')
  expect(await look).toBe('the thread that walks ended: out of memory')
  const next = outcome(surveyor.survey(request('/a')))
  started[1]?.answer()
  expect(await next).toBe('seen')
})

test.each([
  ['EMFILE', 'too many'],
  ['EIO', 'too many'],
  ['SQLITE_IOERR_SHMMAP', 'too many'],
  ['SQLITE_CORRUPT', 'thrown: Error: the survey failed: too many'],
  [undefined, 'thrown: Error: the survey failed: too many'],
])('what a walk failed of (%s) may pass, or is thrown on', async (code, expected) => {
  const { started, start } = threads()
  const surveyor = openSurveyor(start, manualClock())
  const look = outcome(surveyor.survey(request('/a')))
  started[0]?.answer({ error: 'too many', code })
  expect(await look).toBe(expected)
})

test('closing does not wait for a thread that hangs', async () => {
  const { start } = threads()
  const clock = manualClock()
  const hanging: StartThread = (onAnswer, onEnd) => ({ ...start(onAnswer, onEnd), terminate: () => new Promise(() => undefined) })
  const surveyor = openSurveyor(hanging, clock)
  void outcome(surveyor.survey(request('/dead')))
  const closed = surveyor.close()
  await pass(clock, 2_000)
  await closed
})
