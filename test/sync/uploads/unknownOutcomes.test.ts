import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { call } from '../../support/emulatorCalls.ts'
import { type SyncBox, syncBox } from '../../support/syncBox.ts'

// Several passes over real files at once: generous where the machine is busy.
vi.setConfig({ testTimeout: 300_000 })

const titles = (box: SyncBox): readonly string[] =>
  box.emulator
    .rows()
    .map((row) => row.title)
    .sort()

const LOST = { kind: 'cut', when: 'after' } as const

test.concurrent('a lost register answer is found in the listing where the key may not use datarow', async () => {
  await using box = await syncBox()
  box.put('v.mp4', 'plain.mp4')
  box.emulator.setFaults(
    { match: { call: 'PUT video', nth: 1 }, do: LOST },
    { match: { call: ['GET datarow', 'POST datarow'] }, do: { kind: 'error', word: 'OPERATION_NOT_ALLOWED' } },
  )
  expect((await box.once()).exitCode).toBe(0)
  expect(titles(box)).toEqual(['v.mp4'])
  expect(box.emulator.calls.count('PUT video')).toBe(1)
  expect(box.emulator.calls.count('GET dataset')).toBeLessThan(5)
})

test.concurrent('bytes that the server lost before they were registered are sent anew, once no listing has them', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  box.emulator.setFaults({ match: { call: 'POST singleimage', times: 2 }, do: { kind: 'error', word: 'RESOURCE_NOT_FOUND_ERROR' } })
  expect((await box.once()).exitCode).toBe(0)
  expect(titles(box)).toEqual(['a.jpg'])
  expect(box.emulator.calls.count('PUT bucket')).toBe(2)
})

test.concurrent('frames that the server lost before their group was made are sent anew, once no listing has it', async () => {
  await using box = await syncBox()
  box.put('g/1.jpg')
  box.emulator.setFaults({ match: { call: 'POST imagegroup', times: 2 }, do: { kind: 'error', word: 'RESOURCE_NOT_FOUND_ERROR' } })
  expect((await box.once()).exitCode).toBe(0)
  expect(titles(box)).toEqual(['g'])
  expect(box.emulator.calls.count('PUT bucket')).toBe(2)
})

test.concurrent('a group that the server took under its base name only is found when that answer is lost', async () => {
  await using box = await syncBox()
  box.put('site/run/1.jpg')
  box.put('site/run/2.png', 'plain.png')
  box.emulator.setFaults(
    {
      match: { call: 'POST imagegroup', bodyIncludes: '"image_group_title":"site/run"' },
      do: { kind: 'error', word: 'INVALID_ARGUMENTS_ERROR' },
    },
    { match: { call: 'POST imagegroup', bodyIncludes: '"image_group_title":"run"', nth: 1 }, do: LOST },
  )
  expect((await box.once()).exitCode).toBe(0)
  expect(titles(box)).toEqual(['run'])
})

test.concurrent('an empty listing is no proof that a group was not made', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  box.put('g/1.png', 'plain.png')
  box.emulator.setFaults(
    { match: { call: 'POST imagegroup', nth: 1 }, do: LOST },
    { match: { call: 'GET datarow' }, do: { kind: 'error', word: 'OPERATION_NOT_ALLOWED' } },
    { match: { call: 'GET dataset', nth: 2, times: 4 }, do: { kind: 'listing', shape: 'empty' } },
  )
  expect((await box.once()).exitCode).toBe(0)
  expect(titles(box)).toEqual(['a.jpg', 'g'])
  expect(box.emulator.calls.count('POST imagegroup')).toBe(1)
})

test.concurrent('what a lost call made in a dataset that others emptied waits, and says for what: the next file settles it', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  await box.once()
  await call(
    box.emulator,
    'video DELETE',
    box.emulator.rows().map((row) => row.data_hash),
  )
  box.put('g/1.png', 'plain.png')
  box.emulator.setFaults({ match: { call: 'POST imagegroup', nth: 1 }, do: { kind: 'cut', when: 'before' } })
  const waits = await box.once({ waitMs: 5_000 })
  expect(waits).toMatchObject({ exitCode: 1, unread: [expect.stringContaining('believed again once one more file was sent')] })
  expect(titles(box)).toEqual([])
  box.put('b.png', 'plain.webp')
  await box.once()
  expect(titles(box)).toEqual(['b.png', 'g'])
})

test.concurrent('a listing that lags longer than absent_gap makes no second row, for a file or a group', async () => {
  await using box = await syncBox()
  box.put('v.mp4', 'plain.mp4')
  box.put('g/1.png', 'plain.png')
  box.emulator.setFaults(
    { match: { call: ['PUT video', 'POST imagegroup'], nth: 1, times: 2 }, do: LOST },
    { match: { call: ['GET dataset', 'GET datarow'] }, do: { kind: 'listingLag', ms: 2_500 } },
  )
  expect((await box.once()).exitCode).toBe(0)
  expect(titles(box)).toEqual(['g', 'v.mp4'])
})

test.concurrent('what the server says it holds and no listing shows waits for a person, and is not sent twice', async () => {
  await using box = await syncBox()
  box.put('g/1.png', 'plain.png')
  box.emulator.setFaults(
    { match: { call: 'POST imagegroup', nth: 1 }, do: LOST },
    { match: { call: ['GET dataset', 'GET datarow'] }, do: { kind: 'listingLag', ms: 3_600_000 } },
  )
  expect((await box.once()).exitCode).toBe(3)
  expect(box.events.some(({ name }) => name === 'unit.unlinked')).toBe(true)
  box.emulator.calls.reset()
  await box.once()
  expect(box.emulator.calls.count('POST imagegroup')).toBe(0)
  expect(titles(box)).toEqual(['g'])
})

test.concurrent('an image of which a person was asked is taken as soon as a listing shows its row', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  box.emulator.setFaults(
    { match: { call: 'POST singleimage', nth: 1 }, do: LOST },
    { match: { call: ['GET dataset', 'GET datarow'] }, do: { kind: 'listingLag', ms: 3_600_000 } },
  )
  expect((await box.once()).exitCode).toBe(3)
  const calls = box.emulator.calls.count('POST singleimage')
  utimesSync(join(box.folder, 'a.jpg'), 1_700_000_000, 1_700_000_000)
  expect((await box.once()).exitCode).toBe(3)
  expect(box.emulator.calls.count('POST singleimage')).toBe(calls)
  box.emulator.setFaults()
  expect((await box.once()).exitCode).toBe(0)
  expect(titles(box)).toEqual(['a.jpg'])
})
