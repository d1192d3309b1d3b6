import { expect, test } from 'vitest'
import { EncordError } from '../../src/model/error.ts'
import { openSlots, type Slots } from '../../src/sync/slots.ts'
import { manualClock } from '../support/manualClock.ts'

type Wire = { readonly latencyMs: number; readonly mostAtOnce: number }

/** Slots under steady work over a wire; beyond `mostAtOnce` requests only wait for each other. */
function loaded({ latencyMs, mostAtOnce }: Wire) {
  const clock = manualClock()
  const slots: Slots = openSlots('auto', clock.monotonicMs)
  let inFlight = 0
  let isRefusing = false
  const request = async (): Promise<void> => {
    inFlight++
    await clock.sleep(latencyMs * Math.max(1, inFlight / mostAtOnce))
    inFlight--
    if (!isRefusing) return
    throw new EncordError('transient', { call: 'video PUT', outcome: 'not-done', message: 'HTTP 429', retryAfterMs: 1_000 })
  }
  let waiting = 0
  const refill = (): void => {
    for (; waiting < 200; waiting++)
      void slots
        .run(1_000, request)
        .catch(() => undefined)
        .finally(() => waiting--)
  }
  return {
    slots,
    refuse: (now: boolean) => {
      isRefusing = now
    },
    async work(seconds: number): Promise<void> {
      for (let i = 0; i < seconds * 100; i++) {
        refill()
        await clock.advance(10)
      }
    },
    async rest(): Promise<void> {
      while (waiting > 0) await clock.advance(10)
    },
  }
}

test('more requests are in flight as long as that makes more of them a second, 32 at most', async () => {
  const load = loaded({ latencyMs: 50, mostAtOnce: 1_000 })
  expect(load.slots.size).toBe(8)
  await load.work(20)
  expect(load.slots.size).toBe(32)
})

test('where more at a time is no faster, the number goes back to what was enough', async () => {
  const load = loaded({ latencyMs: 50, mostAtOnce: 8 })
  await load.work(12)
  expect(load.slots.size).toBe(8)
})

test('a server that asks all of them to wait halves the number once, and after a rest it is measured anew', async () => {
  const load = loaded({ latencyMs: 50, mostAtOnce: 1_000 })
  await load.work(20)
  load.refuse(true)
  await load.work(0.5)
  load.refuse(false)
  expect(load.slots.size).toBe(16)
  await load.work(10)
  expect(load.slots.size).toBe(16)
  await load.rest()
  await load.work(10)
  expect(load.slots.size).toBe(32)
})

test('a few requests at a time say nothing about how many there may be', async () => {
  const clock = manualClock()
  const slots = openSlots('auto', clock.monotonicMs)
  for (let i = 0; i < 400; i++) {
    const done = slots.run(1_000, () => clock.sleep(50))
    await clock.advance(50)
    await done
  }
  expect(slots.size).toBe(8)
})

test('a number from the config is that number, and may change while requests are on their way', async () => {
  const slots = openSlots(3, () => 0)
  expect(slots.size).toBe(3)
  slots.resize(5)
  expect(slots.size).toBe(5)
  slots.resize('auto')
  expect(slots.size).toBe(8)
})
