import { chmodSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { jpeg } from '../support/mediaVariants.ts'
import { serviceBox } from '../support/serviceBox.ts'

vi.setConfig({ testTimeout: 120_000 })

test('a file, or a frame, that cannot be read keeps its row, and copies of it wait and say why', async () => {
  await using box = await serviceBox()
  const once = (wait: string) => box.command(['once', '--wait', wait], { asOrdinaryUser: true })
  box.put('a.jpg', jpeg('a'))
  for (const frame of [1, 2]) box.put(`g/${frame}.jpg`, jpeg(frame))
  await once('60s')
  const before = box.rows().map((row) => [row.title, row.data_hash])
  for (const name of ['a.jpg', 'g/1.jpg']) chmodSync(box.path(name), 0)
  box.put('copy.jpg', jpeg('a'))
  for (const frame of [1, 2]) box.put(`h/${frame}.jpg`, jpeg(frame))
  await once('3s')
  for (const [copy, original] of [
    ['copy.jpg', 'a.jpg'],
    ['h', 'g'],
  ] as const) {
    const { stdout } = await box.command(['why', box.path(copy)])
    expect(stdout).toContain(`same content as ${original}, which cannot be seen or read now`)
  }
  expect(box.rows().map((row) => [row.title, row.data_hash])).toEqual(before)
  for (const name of ['a.jpg', 'g/1.jpg']) chmodSync(box.path(name), 0o644)
  await once('60s')
  expect(box.titles()).toEqual(['a.jpg', 'copy.jpg', 'g', 'h'])
  expect(box.rows().map((row) => [row.title, row.data_hash])).toEqual(expect.arrayContaining(before))
})

// Modes say nothing to root, so that another process may read what the first one could not.
test.skipIf(process.getuid?.() !== 0)('what a process had no right to read is sent by the next one that has', async () => {
  await using box = await serviceBox()
  box.put('a.jpg', jpeg('a'))
  for (const frame of [1, 2]) box.put(`g/${frame}.jpg`, jpeg(frame))
  for (const name of ['a.jpg', 'g/1.jpg']) chmodSync(box.path(name), 0)
  await box.command(['once', '--wait', '10s'], { asOrdinaryUser: true })
  expect(box.titles()).toEqual([])
  expect((await box.command(['why', box.path('a.jpg')])).stdout).toContain('it cannot be read (EACCES)')
  await box.command(['once', '--wait', '60s'])
  expect(box.titles()).toEqual(['a.jpg', 'g'])
})
