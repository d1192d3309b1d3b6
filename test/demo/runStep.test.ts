import { expect, test } from 'vitest'
import { runStep, StepFailure } from '../../src/demo/runStep.ts'
import type { Step } from '../../src/demo/scenario.ts'
import type { ServiceEnd, ServiceEvent } from '../../src/demo/serviceProcess.ts'
import { manualClock } from '../support/manualClock.ts'

const STEP: Step = {
  title: 'A file is deleted: a.jpg',
  act: () => undefined,
  expects: [
    { event: 'unit.missing', path: 'a.jpg', words: 'the file missed' },
    { event: 'delete.done', path: 'a.jpg', words: 'its row deleted' },
  ],
  costsNothing: false,
}
const missed = (path: string): ServiceEvent => ({ name: 'unit.missing', fields: { folder: '/in', path, graceMs: 2000 } })
const removed = (path: string): ServiceEvent => ({ name: 'delete.done', fields: { folder: '/in', path, dataHash: 'h' } })

/** A step under way, with a service whose events come from the test. */
function underway(step: Step = STEP) {
  const clock = manualClock()
  const stop = new AbortController()
  const listeners = new Set<(event: ServiceEvent) => void>()
  const missing: (readonly string[])[] = []
  let end: (how: ServiceEnd) => void = () => undefined
  const ended = new Promise<ServiceEnd>((resolve) => {
    end = resolve
  })
  const service = {
    ended,
    onEvent(listener: (event: ServiceEvent) => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const onMissing = (left: Step['expects']) => void missing.push(left.map(({ words }) => words))
  const done = runStep(step, { service, folder: '/in', clock, limitMs: 5_000, signal: stop.signal, onMissing })
  const outcome = done.then(
    () => 'done' as const,
    (error: unknown) => (error instanceof StepFailure ? error.failure : error),
  )
  const tell = (event: ServiceEvent) => {
    for (const listener of listeners) listener(event)
  }
  return { clock, stop, tell, end, missing, outcome, listeners }
}

test('a step is done when every event it expects has come, in any order', async () => {
  const { tell, missing, outcome, clock, listeners } = underway()
  tell(removed('a.jpg'))
  tell(missed('b.jpg'))
  tell(missed('a.jpg'))
  expect(await outcome).toBe('done')
  expect(missing).toEqual([['the file missed', 'its row deleted'], ['the file missed'], []])
  expect({ sleepers: clock.sleepers, listeners: listeners.size }).toEqual({ sleepers: 0, listeners: 0 })
})

test('an event that comes while the step acts is not missed', async () => {
  let tell: (event: ServiceEvent) => void = () => undefined
  const run = underway({ ...STEP, expects: STEP.expects.slice(0, 1), act: () => queueMicrotask(() => tell(missed('a.jpg'))) })
  tell = run.tell
  expect(await run.outcome).toBe('done')
})

test('a step that takes too long fails with its name and with what was missing', async () => {
  const { tell, clock, outcome } = underway()
  tell(missed('a.jpg'))
  await clock.advance(5_000)
  expect(await outcome).toEqual({ step: STEP.title, missing: ['its row deleted'], why: 'not done within 5 s' })
})

test('a service that ends fails the step, with its last words', async () => {
  const { end, outcome } = underway()
  end({ code: 1, signal: null, lastWords: ['error: the disk that holds the ledger is full'] })
  expect(await outcome).toMatchObject({ why: 'the service ended (exit code 1): error: the disk that holds the ledger is full' })
})

test('a signal ends the step', async () => {
  const { stop, outcome } = underway()
  stop.abort()
  expect(await outcome).toMatchObject({ step: STEP.title, why: 'stopped by a signal' })
})
