import { expect, test } from 'vitest'
import { syncBox } from '../support/syncBox.ts'

test.concurrent('a server without datarow holds nothing up, and is not asked again by the next pass', async () => {
  await using box = await syncBox()
  box.put('a.jpg', 'plain.jpg')
  box.put('g/1.png', 'plain.png')
  box.emulator.setFaults({ match: { call: 'datarow POST' }, do: { kind: 'status', status: 404 } })
  const first = await box.once()
  expect(first.exitCode).toBe(0)
  expect(
    box.emulator
      .rows()
      .map((row) => row.title)
      .sort(),
  ).toEqual(['a.jpg', 'g'])
  box.emulator.calls.reset()
  expect((await box.once()).exitCode).toBe(0)
  expect(box.emulator.calls.counts()).toEqual({ 'GET dataset': 1 })
})

test.concurrent('frames are staged one by one where the batch call fails for whatever reason', async () => {
  await using box = await syncBox()
  box.put('g/1.png', 'plain.png')
  box.put('g/2.jpg', 'plain.jpg')
  box.emulator.setFaults({ match: { call: 'images PUT' }, do: { kind: 'status', status: 500 } })
  expect((await box.once()).exitCode).toBe(0)
  expect(box.emulator.rows()).toHaveLength(1)
  expect(box.emulator.calls.count('PUT image')).toBe(2)
})
