import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { retryAfterMs } from '../../src/encord/retryAfter.ts'
import { retryPolicy, withRetry } from '../../src/encord/withRetry.ts'
import { EncordError } from '../../src/model/error.ts'
import { stepClock } from '../support/stepClock.ts'

const failed = (kind: EncordError['kind'], retryAfter: number | null = null) =>
  new EncordError(kind, { call: 'dataset GET', outcome: 'unknown', message: 'failed', retryAfterMs: retryAfter })

/** Fails with these errors, one after the other, then succeeds. */
function failing(...errors: Error[]) {
  const left = [...errors]
  let calls = 0
  const once = async () => {
    calls += 1
    const error = left.shift()
    if (error !== undefined) throw error
    return 'done'
  }
  return { once, calls: () => calls }
}

describe('a call that may be repeated', () => {
  test('waits a random part of a doubling time', async () => {
    const clock = stepClock()
    const work = failing(failed('transient'), failed('transient'))
    expect(
      await withRetry(
        retryPolicy(clock, () => 0.5),
        [],
        work.once,
      ),
    ).toBe('done')
    expect(clock.sleptMs).toEqual([250, 500])
  })

  test('never waits less than a Retry-After of at most 15 s', async () => {
    const clock = stepClock()
    const work = failing(failed('transient', 15_000), failed('transient', 1_000))
    expect(
      await withRetry(
        retryPolicy(clock, () => 0),
        [],
        work.once,
      ),
    ).toBe('done')
    expect(clock.sleptMs).toEqual([15_000, 1_000])
  })

  test('leaves a longer Retry-After to its caller', async () => {
    const clock = stepClock()
    const work = failing(failed('transient', 15_001))
    await expect(
      withRetry(
        retryPolicy(clock, () => 0),
        [],
        work.once,
      ),
    ).rejects.toMatchObject({ retryAfterMs: 15_001 })
    expect(work.calls()).toBe(1)
    expect(clock.sleptMs).toEqual([])
  })

  test.each(['credentials', 'not-allowed', 'this-file', 'look-first', 'dead-url', 'local'] as const)(
    'is not repeated after %s',
    async (kind) => {
      const work = failing(failed(kind))
      await expect(
        withRetry(
          retryPolicy(stepClock(), () => 0),
          [],
          work.once,
        ),
      ).rejects.toMatchObject({ kind })
      expect(work.calls()).toBe(1)
    },
  )

  test('is not repeated once it is to stop, neither at the failure nor while waiting', async () => {
    const stop = new AbortController()
    const clock = stepClock()
    const waiting = {
      ...clock,
      sleep(ms: number, signal?: AbortSignal) {
        stop.abort()
        return clock.sleep(ms, signal)
      },
    }
    const work = failing(failed('transient'), failed('transient'))
    await expect(
      withRetry(
        retryPolicy(waiting, () => 1),
        [stop.signal],
        work.once,
      ),
    ).rejects.toMatchObject({ kind: 'transient' })
    expect(work.calls()).toBe(1)
    await expect(
      withRetry(
        retryPolicy(clock, () => 1),
        [undefined, stop.signal],
        work.once,
      ),
    ).rejects.toMatchObject({ kind: 'transient' })
    expect(work.calls()).toBe(2)
    expect(clock.sleptMs).toEqual([])
  })

  test('never waits longer than its limits, whatever chance says', async () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    await fc.assert(
      fc.asyncProperty(chance, async (random) => {
        const clock = stepClock()
        const work = failing(failed('transient'), failed('transient'), failed('transient'))
        await expect(
          withRetry(
            retryPolicy(clock, () => random),
            [],
            work.once,
          ),
        ).rejects.toBeInstanceOf(EncordError)
        expect(work.calls()).toBe(3)
        expect(clock.sleptMs[0]).toBeLessThan(500)
        expect(clock.sleptMs[1]).toBeLessThan(1_000)
      }),
    )
  })
})

test.each([
  [null, null],
  ['', null],
  ['soon', null],
  ['0', 0],
  [' 7 ', 7_000],
  ['-3', null],
  ['999999999', 3_600_000],
  ['Wed, 01 May 2024 10:00:30 GMT', 30_000],
  ['Wed, 01 May 2024 09:00:00 GMT', 0],
])('Retry-After %j is %j ms', (header, ms) => {
  expect(retryAfterMs(header, Date.UTC(2024, 4, 1, 10))).toBe(ms)
})
