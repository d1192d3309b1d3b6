import { copyFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { realClock } from '../../support/realClock.ts'
import { syncBox } from '../../support/syncBox.ts'

// Several passes over real files at once: generous where the machine is busy.
vi.setConfig({ testTimeout: 300_000 })

test.concurrent('a copy whose original is overwritten takes the row with it: one PUT, for the new content', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  const [row] = box.emulator.rows()
  box.emulator.calls.reset()
  copyFileSync(join(box.folder, 'a.jpg'), join(box.folder, 'b.jpg'))
  box.put('a.jpg', 'progressive.jpg')
  await box.once()
  expect(box.emulator.rows()).toMatchObject([{ data_hash: row?.data_hash, title: 'b.jpg' }, { title: 'a.jpg' }])
  expect(box.emulator.calls.count('PUT bucket')).toBe(1)
})

test.concurrent('an image that is named like a video joins the group of its directory', async () => {
  await using box = await syncBox()
  const settings = ', regroup_settle: 1s'
  box.put('g/1.jpg')
  await box.once({ settings })
  box.put('g/2.mp4', 'plain.png')
  // In a later tick of the file system's clock than the frame.
  await realClock.sleep(50)
  box.write('g/.done', '')
  await box.once({ settings })
  expect(box.emulator.rows().map((row) => row.frames.map((frame) => frame.title))).toEqual([['1.jpg'], ['1.jpg', '2.mp4']])
})

test.concurrent('content that comes back after a failed attempt at another one is not sent', async () => {
  await using box = await syncBox()
  box.put('a.jpg')
  await box.once()
  renameSync(join(box.folder, 'a.jpg'), join(box.base, 'kept.jpg'))
  box.put('a.jpg', 'progressive.jpg')
  box.emulator.setFaults({ match: { call: 'PUT bucket' }, do: { kind: 'status', status: 503 } })
  await box.once({ waitMs: 4_000 })
  expect(box.emulator.calls.count('GET signedimagesurl')).toBe(2)
  box.emulator.setFaults()
  box.emulator.calls.reset()
  renameSync(join(box.base, 'kept.jpg'), join(box.folder, 'a.jpg'))
  expect((await box.once()).exitCode).toBe(0)
  expect(box.emulator.calls.count('PUT bucket')).toBe(0)
  expect(box.emulator.rows()).toHaveLength(1)
})

test.concurrent('two passes on half-done work, and a third, make one row for each unit', async () => {
  await using box = await syncBox()
  for (const [name, fixture] of [
    ['v.mp4', 'plain.mp4'],
    ['a.jpg', 'plain.jpg'],
    ['g/1.png', 'plain.png'],
    ['g/2.jpg', 'plain.jpg'],
  ] as const)
    box.put(name, fixture)
  box.emulator.setFaults({
    match: { call: ['PUT bucket', 'PUT video', 'POST singleimage', 'POST imagegroup'] },
    do: { kind: 'latency', ms: 700 },
  })
  await box.once({ waitMs: 1_800 })
  await box.once({ waitMs: 1_000 })
  expect((await box.once()).exitCode).toBe(0)
  expect(
    box.emulator
      .rows()
      .map((row) => row.title)
      .sort(),
  ).toEqual(['a.jpg', 'g', 'v.mp4'])
  writeFileSync(join(box.folder, 'g', '.done'), '')
  box.emulator.calls.reset()
  await box.once()
  expect(box.emulator.calls.count('PUT bucket')).toBe(0)
})
