import { cpSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { type SyncBox, syncBox } from '../support/syncBox.ts'

// Several passes over real files at once: generous where the machine is busy.
vi.setConfig({ testTimeout: 300_000 })

const NO_IMAGE = 'this is no image at all'
const once = (box: SyncBox) => box.once({ settings: ', group_incomplete: skip' })
const titles = (box: SyncBox): readonly string[] =>
  box.emulator
    .rows()
    .map((row) => row.title)
    .sort()

/** A group that was sent without one of its files. */
async function skippedBox(leftOut: string): Promise<SyncBox> {
  const box = await syncBox()
  box.put('g/1.png', 'plain.png')
  box.write('g/2.png', leftOut)
  await once(box)
  expect(titles(box)).toEqual(['g'])
  return box
}

test.concurrent.each([
  ['that is no image', NO_IMAGE],
  ['that is empty', ''],
])('a group that was set aside for a frame %s is sent without it once group_incomplete says so', async (_which, leftOut) => {
  await using box = await syncBox()
  box.put('g/1.png', 'plain.png')
  box.write('g/2.png', leftOut)
  await box.once()
  expect(titles(box)).toEqual([])
  await once(box)
  expect(titles(box)).toEqual(['g'])
})

function copy(box: SyncBox, from: string, to: string): void {
  cpSync(join(box.folder, from), join(box.folder, to), { recursive: true })
}

test.concurrent('a copy of a group with an empty frame is sent too, for all that the frame is never read', async () => {
  await using box = await skippedBox('')
  copy(box, 'g', 'h')
  await once(box)
  expect(titles(box)).toEqual(['g', 'h'])
})

test.concurrent('a group with a frame that is no image keeps its row when it is copied elsewhere and removed', async () => {
  await using box = await skippedBox(NO_IMAGE)
  copy(box, 'g', 'h')
  rmSync(join(box.folder, 'g'), { recursive: true })
  await once(box)
  await box.onceAfterGrace({ settings: ', group_incomplete: skip' })
  expect(titles(box)).toEqual(['h'])
  expect(box.emulator.calls.count('POST imagegroup')).toBe(1)
})

test.concurrent('the row of a removed group goes, while a file of the size of its left-out frame waits elsewhere', async () => {
  await using box = await skippedBox(NO_IMAGE)
  box.put('h/1.jpg', 'plain.jpg')
  box.write('h/2.jpg', NO_IMAGE)
  await once(box)
  rmSync(join(box.folder, 'g'), { recursive: true })
  await once(box)
  for (let i = 0; i < 3 && titles(box).length > 1; i++) await box.onceAfterGrace({ settings: ', group_incomplete: skip' })
  expect(titles(box)).toEqual(['h'])
})

test.concurrent('a lost ledger does not double a group that was renamed meanwhile', async () => {
  await using box = await skippedBox(NO_IMAGE)
  rmSync(join(box.base, 'state'), { recursive: true })
  renameSync(join(box.folder, 'g'), join(box.folder, 'h'))
  await once(box)
  expect(titles(box)).toEqual(['h'])
})

test.concurrent('a listing that lags longer than absent_gap makes no second row of a group with an empty frame', async () => {
  await using box = await syncBox()
  box.put('g/1.png', 'plain.png')
  box.write('g/2.png', '')
  box.emulator.setFaults(
    { match: { call: 'POST imagegroup', nth: 1 }, do: { kind: 'cut', when: 'after' } },
    { match: { call: ['GET dataset', 'GET datarow'] }, do: { kind: 'listingLag', ms: 3_600_000 } },
  )
  await once(box)
  expect(titles(box)).toEqual(['g'])
})
