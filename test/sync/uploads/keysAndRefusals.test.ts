import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Clock } from '../../../src/model/clock.ts'
import { realClock } from '../../support/realClock.ts'
import { type SyncBox, syncBox } from '../../support/syncBox.ts'

// Several passes over real files at once: generous where the machine is busy.
vi.setConfig({ testTimeout: 300_000 })

const titles = (box: SyncBox): readonly string[] =>
  box.emulator
    .rows()
    .map((row) => row.title)
    .sort()

test.concurrent.each(['PUT bucket', 'PUT video', 'POST singleimage', 'PUT images', 'POST imagegroup'])(
  'a key that is refused from %s on loses nothing, and doubles nothing once it works again',
  async (call) => {
    await using box = await syncBox()
    for (const name of ['v.mp4', 'a.jpg', 'g/1.jpg', 'g/2.png']) box.put(name, `plain${name.slice(name.lastIndexOf('.'))}`)
    let isRevoked = false
    box.emulator.emulator.onCall((entry) => {
      if (isRevoked || entry.call !== call) return
      isRevoked = true
      box.emulator.emulator.revokeKey(box.emulator.key)
    })
    expect((await box.once()).exitCode).toBe(3)
    box.emulator.emulator.restoreKey(box.emulator.key)
    expect((await box.once()).exitCode).toBe(0)
    expect(titles(box)).toEqual(['a.jpg', 'g', 'v.mp4'])
    expect(box.emulator.rows().find((row) => row.title === 'g')?.frames).toHaveLength(2)
  },
)

test.concurrent('a wrong key in the middle of the work sends nothing, and costs nothing that was sent', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  box.put('b.jpg', 'progressive.jpg')
  box.emulator.calls.reset()
  expect((await box.once({ key: 'another-key-0123456789' })).exitCode).toBe(3)
  expect(box.emulator.calls.count('PUT bucket')).toBe(0)
  expect((await box.once()).exitCode).toBe(0)
  expect(titles(box)).toEqual(['a.jpg', 'b.jpg'])
})

test.concurrent('a path that the server refuses as a title falls back to the base name, and is not tried again', async () => {
  await using box = await syncBox()
  const settings = ', subdirectories: individual'
  box.emulator.setFaults({
    match: { call: 'POST singleimage', bodyIncludes: '"title":"site/' },
    do: { kind: 'error', word: 'INVALID_ARGUMENTS_ERROR' },
  })
  box.put('site/a.jpg')
  expect((await box.once({ settings })).exitCode).toBe(0)
  expect(titles(box)).toEqual(['a.jpg'])
  box.put('site/b.jpg', 'progressive.jpg')
  box.emulator.calls.reset()
  expect((await box.once({ settings })).exitCode).toBe(0)
  expect(titles(box)).toEqual(['a.jpg', 'b.jpg'])
  expect(box.emulator.calls.count('POST singleimage')).toBe(1)
})

test.concurrent('a file that Encord refuses is set aside with its reason, and the others go on', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  box.put('v.mp4', 'plain.mp4')
  box.emulator.setFaults({ match: { call: 'PUT video' }, do: { kind: 'error', word: 'FILE_TYPE_NOT_SUPPORTED_ERROR' } })
  expect((await box.once()).exitCode).toBe(0)
  expect(titles(box)).toEqual(['a.jpg'])
  expect(box.events.find(({ name }) => name === 'unit.rejected')?.fields).toMatchObject({ path: 'v.mp4' })
  box.emulator.setFaults()
  box.emulator.calls.reset()
  await box.once()
  expect(box.emulator.calls.count('PUT bucket')).toBe(0)
  box.put('v.mp4', 'faststart.mp4')
  await box.once()
  expect(titles(box)).toEqual(['a.jpg', 'v.mp4'])
})

test.concurrent('a frame that Encord refuses is named, and holds up its group only', async () => {
  await using box = await syncBox()
  box.put('g/1.jpg')
  box.put('g/bad.png', 'plain.png')
  box.put('h/1.webp', 'plain.webp')
  box.emulator.setFaults({
    match: { call: ['PUT images', 'PUT image'], uid: 'bad.png' },
    do: { kind: 'error', word: 'FILE_TYPE_NOT_SUPPORTED_ERROR' },
  })
  await box.once()
  expect(titles(box)).toEqual(['h'])
  expect(box.events.find(({ name }) => name === 'unit.rejected')?.fields).toMatchObject({
    path: 'g',
    why: expect.stringContaining('bad.png'),
  })
})

test.concurrent('a server that comes three seconds late, or says to wait, gets everything in the same pass', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  box.put('v.mp4', 'plain.mp4')
  box.emulator.setFaults(
    { match: { call: '*', times: 4 }, do: { kind: 'status', status: 503 } },
    { match: { call: 'PUT video', nth: 1 }, do: { kind: 'status', status: 429, retryAfter: 3 } },
  )
  expect((await box.once()).exitCode).toBe(0)
  expect(titles(box)).toEqual(['a.jpg', 'v.mp4'])
})

test.concurrent('a clock that was set back hashes a file once, not for ever', async () => {
  await using box = await syncBox()
  const back: Clock = { ...realClock, wallMs: () => realClock.wallMs() - 3_600_000 }
  box.put('a.jpg')
  expect((await box.once({ clock: back })).exitCode).toBe(0)
  renameSync(join(box.folder, 'a.jpg'), join(box.folder, 'b.jpg'))
  const beganMs = realClock.monotonicMs()
  expect((await box.once({ clock: back, waitMs: 60_000 })).exitCode).toBe(0)
  expect(realClock.monotonicMs() - beganMs).toBeLessThan(60_000)
  expect(titles(box)).toEqual(['b.jpg'])
  expect(box.emulator.calls.count('PUT bucket')).toBe(1)
})
