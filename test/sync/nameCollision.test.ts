import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
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
