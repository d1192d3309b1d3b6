import { mkdirSync, renameSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { type SyncBox, syncBox } from '../support/syncBox.ts'

// Several passes over real files at once: generous where the machine is busy.
vi.setConfig({ testTimeout: 300_000 })

const titles = (box: SyncBox): readonly string[] =>
  box.emulator
    .rows()
    .map((row) => row.title)
    .sort()

test.concurrent('a template names rows by path, day and machine, and a renamed file takes its title along', async () => {
  await using box = await syncBox()
  box.settle = '200ms'
  const settings = ', title: "{host}/{date}/{stem}"'
  box.put('site/clip.mp4', 'plain.mp4')
  box.put('site/run/1.png', 'plain.png')
  for (const name of ['site/clip.mp4', 'site/run/1.png']) {
    const at = new Date('2024-05-31T23:30:00Z')
    utimesSync(join(box.folder, name), at, at)
  }
  expect((await box.once({ settings })).exitCode).toBe(0)
  expect(titles(box)).toEqual(['lab-7/2024-05-31/clip', 'lab-7/2024-05-31/run'])
  renameSync(join(box.folder, 'site/clip.mp4'), join(box.folder, 'site/take-2.mp4'))
  box.emulator.calls.reset()
  expect((await box.once({ settings })).exitCode).toBe(0)
  expect(titles(box)).toEqual(['lab-7/2024-05-31/run', 'lab-7/2024-05-31/take-2'])
  expect(box.emulator.calls.count('PUT bucket')).toBe(0)
})

test.concurrent('a title made by a template that the server refuses falls back to the base name', async () => {
  await using box = await syncBox()
  box.settle = '200ms'
  box.emulator.setFaults({
    match: { call: 'POST singleimage', bodyIncludes: '"title":"x: ' },
    do: { kind: 'error', word: 'INVALID_ARGUMENTS_ERROR' },
  })
  box.put('a.jpg')
  box.put('b.jpg', 'progressive.jpg')
  expect((await box.once({ settings: ', title: "x: {stem}"' })).exitCode).toBe(0)
  expect(titles(box)).toEqual(['a.jpg', 'b.jpg'])
})

test.concurrent('plan shows the titles that several units share, sent ones and those to come', async () => {
  await using box = await syncBox()
  box.settle = '200ms'
  const settings = ', title: name, subdirectories: individual'
  box.put('a/1.jpg')
  box.put('alone.jpg', 'progressive.jpg')
  await box.once({ settings })
  mkdirSync(join(box.folder, 'b'))
  box.put('b/1.jpg', 'plain.webp')
  expect((await box.plan(settings)).clashes).toEqual([{ title: '1.jpg', paths: ['a/1.jpg', 'b/1.jpg'] }])
  expect((await box.plan(', title: path, subdirectories: individual')).clashes).toEqual([])
})

test.concurrent('plan warns of what passes the limits, and it is sent all the same', async () => {
  await using box = await syncBox()
  box.settle = '200ms'
  box.put('a.jpg')
  box.put('run/1.png', 'plain.png')
  box.put('run/2.webp', 'plain.webp')
  box.limits = 'limits: { file_size: 0.005MB, side: 100, frames: 1, units: 1 }'
  const { warnings } = await box.plan()
  expect(warnings.map(({ path, text }) => `${path}: ${text}`)).toEqual([
    ': 2 units at one time, and Encord recommends at most 1 (limits: enterprise)',
    'a.jpg: 160 pixels long, and Encord recommends at most 100 (limits: enterprise)',
    'run: 10 kB, and Encord recommends at most 5 kB a file (limits: enterprise)',
    'run: 160 pixels long, and Encord recommends at most 100 (limits: enterprise)',
    'run: 2 images, and Encord recommends at most 1 (limits: enterprise)',
  ])
  expect((await box.once()).exitCode).toBe(0)
  expect(box.emulator.rows()).toHaveLength(2)
})
