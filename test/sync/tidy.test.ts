import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { realClock } from '../support/realClock.ts'
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

const DAY_MS = 86_400_000

test.concurrent('a server without datarow is asked once more a day later, and what was due is written then', async () => {
  await using box = await syncBox()
  box.put('a.jpg', 'plain.jpg')
  box.emulator.setFaults({ match: { call: 'datarow POST' }, do: { kind: 'error', word: 'OPERATION_NOT_ALLOWED' } })
  expect((await box.once()).exitCode).toBe(0)
  box.emulator.setFaults()
  box.emulator.calls.reset()
  renameSync(join(box.folder, 'a.jpg'), join(box.folder, 'b.jpg'))
  expect((await box.once()).exitCode).toBe(0)
  expect([box.emulator.calls.count('POST datarow'), box.emulator.rows()[0]?.title]).toEqual([0, 'a.jpg'])
  const tomorrow = { ...realClock, wallMs: () => realClock.wallMs() + DAY_MS + 1 }
  expect((await box.once({ clock: tomorrow })).exitCode).toBe(0)
  expect(box.emulator.rows()).toMatchObject([{ title: 'b.jpg', client_metadata: { encord_sync: { path: 'b.jpg' } } }])
})

test.concurrent('trouble with titles and notes from the first call on ends the asking for a while, and not for ever', async () => {
  await using box = await syncBox()
  for (const name of ['a.jpg', 'b.png', 'c.webp', 'd.avif']) box.put(name, `plain${name.slice(1)}`)
  box.emulator.setFaults({ match: { call: 'POST datarow' }, do: { kind: 'status', status: 503 } })
  expect((await box.once()).exitCode).toBe(0)
  const asked = box.emulator.calls.count('POST datarow')
  // Each of the four may have been under way when the third failed.
  expect(asked).toBeGreaterThan(2)
  expect(asked).toBeLessThan(7)
  box.emulator.setFaults()
  expect((await box.once()).exitCode).toBe(0)
  expect(box.emulator.rows().filter((row) => row.client_metadata !== null && 'encord_sync' in row.client_metadata)).toHaveLength(4)
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
