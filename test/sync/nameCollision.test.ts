import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SurveyBox } from '../support/surveyBox.ts'
import { syncBox } from '../support/syncBox.ts'

test('of two names that differ only in Unicode form the second is set aside, until the first is gone', async () => {
  await using box = await syncBox()
  const composed = 'caf\u00e9.jpg'
  const decomposed = 'cafe\u0301.jpg'
  box.put('x.jpg', 'plain.webp')
  box.put(composed, 'plain.jpg')
  await box.once()
  box.put(decomposed, 'plain.png')
  expect((await box.once()).exitCode).toBe(0)
  expect(new Set(box.emulator.rows().map((row) => row.title))).toEqual(new Set(['x.jpg', composed]))
  rmSync(join(box.folder, composed))
  await box.once()
  expect(box.emulator.rows().map((row) => row.title)).toContain(decomposed)
})

test('a group that lost a frame does not wait for a file that is set aside for its name, and its older row stays', async () => {
  using box = new SurveyBox()
  for (const name of ['run/1.jpg', 'run/2.jpg', 'run/3.jpg']) box.put(name)
  box.put('run/caf\u00e9.mp4', 'plain.mp4')
  await box.sync()
  box.rm('run/2.jpg')
  // Of the size of the frame that went.
  box.put('run/cafe\u0301.mp4')
  box.look()
  box.later(900_000)
  await box.sync()
  await box.settle()
  expect(box.sent.filter((key) => key === 'run')).toHaveLength(2)
  box.confirm()
  expect(box.deletable()).toEqual([])
})
