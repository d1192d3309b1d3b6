import { expect, test, vi } from 'vitest'
import type * as FileSystem from '../../src/disk/fileSystem.ts'
import { realClock } from '../support/realClock.ts'
import { syncBox } from '../support/syncBox.ts'

// The folder of the box lies on a share, where no ctime tells how long a file has been at rest.
vi.mock('../../src/disk/fileSystem.ts', async (original) => {
  const real = await original<typeof FileSystem>()
  const isShare = (path: string): boolean => path.endsWith('/IN')
  return {
    ...real,
    fsKind: (root: string) => (isShare(root) ? 'network' : real.fsKind(root)),
    fsTypeAt: async (root: string) => (isShare(root) ? { word: '6969 nfs', kind: 'network' } : await real.fsTypeAt(root)),
  }
})

/** Longer than the quiet that is asked for, ms. */
const NIGHT_MS = 3_200

test.concurrent('on a share a group that changed is sent anew by the pass after the one that found it changed', async () => {
  await using box = await syncBox()
  const settings = ', regroup_settle: 3s'
  box.put('g/1.jpg', 'plain.jpg')
  box.put('g/2.jpg', 'plain.png')
  await box.once({ settings })
  // All of them at once: a frame that comes long after the others is waited for longer.
  box.put('g/1.jpg', 'plain.png')
  box.put('g/2.jpg', 'plain.webp')
  await box.once({ settings })
  expect(box.emulator.rows().map((row) => row.title)).toEqual(['g'])
  await realClock.sleep(NIGHT_MS)
  await box.once({ settings })
  expect(box.emulator.rows().map((row) => row.title)).toEqual(['g', 'g'])
})

test.concurrent('on a share what a pass could not watch for long enough is sent by the next one, unless it changed between the two', async () => {
  await using box = await syncBox()
  box.settle = '3s'
  const titles = () => box.emulator.rows().map((row) => row.title)
  box.put('a.jpg', 'plain.jpg')
  box.put('b.jpg', 'plain.png')
  await box.once({ waitMs: 500 })
  await realClock.sleep(NIGHT_MS)
  box.put('b.jpg', 'plain.webp')
  await box.once({ waitMs: 500 })
  expect(titles()).toEqual(['a.jpg'])
  await realClock.sleep(NIGHT_MS)
  await box.once({ waitMs: 500 })
  expect(titles()).toEqual(['a.jpg', 'b.jpg'])
})
