import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { syncBox } from '../support/syncBox.ts'

test.concurrent('files become rows once, and a second pass reads the dataset once and sends nothing', async () => {
  await using box = await syncBox()
  box.put('a.jpg', 'plain.jpg')
  box.put('v.mp4', 'plain.mp4')
  box.put('g/f1.png', 'plain.png')
  box.put('g/f10.webp', 'plain.webp')
  box.put('g/f2.jpg', 'plain.jpg')
  const first = await box.once()
  expect(
    box.emulator
      .rows()
      .map((row) => row.title)
      .sort(),
  ).toEqual(['a.jpg', 'g', 'v.mp4'])
  expect(first.exitCode).toBe(0)
  box.emulator.calls.reset()
  const second = await box.once()
  expect(second.exitCode).toBe(0)
  expect(box.emulator.calls.counts()).toEqual({ 'GET dataset': 1 })
})

test.concurrent('a removed file is deleted by a scan after the one that missed it', async () => {
  await using box = await syncBox()
  for (const [i, fixture] of ['plain.jpg', 'plain.png', 'plain.webp'].entries()) box.put(`${i}.jpg`, fixture)
  await box.once()
  rmSync(join(box.folder, '1.jpg'))
  box.events.length = 0
  await box.once()
  await box.onceAfterGrace()
  expect(box.emulator.calls.count('DELETE video')).toBe(1)
  const before = box.events.slice(
    0,
    box.events.findIndex(({ name }) => name === 'delete.done'),
  )
  expect(before.filter(({ name }) => name === 'folder.scanned').length).toBeGreaterThanOrEqual(2)
  expect(
    box.emulator
      .rows()
      .map((row) => row.title)
      .sort(),
  ).toEqual(['0.jpg', '2.jpg'])
})

test.concurrent('a renamed file keeps its row', async () => {
  await using box = await syncBox()
  box.put('a.jpg', 'plain.jpg')
  box.put('b.png', 'plain.png')
  await box.once()
  const hashes = box.emulator
    .rows()
    .map((row) => row.data_hash)
    .sort()
  box.emulator.calls.reset()
  renameSync(join(box.folder, 'a.jpg'), join(box.folder, 'renamed.jpg'))
  await box.once()
  expect(box.emulator.calls.count('PUT bucket')).toBe(0)
  expect(
    box.emulator
      .rows()
      .map((row) => row.data_hash)
      .sort(),
  ).toEqual(hashes)
  expect(
    box.emulator
      .rows()
      .map((row) => row.title)
      .sort(),
  ).toEqual(['b.png', 'renamed.jpg'])
})
