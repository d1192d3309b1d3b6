import { expect, test } from 'vitest'
import { openDisk } from '../../src/app/disk.ts'
import { patientDisk } from '../../src/app/patientDisk.ts'
import type { Disk } from '../../src/sync/ports.ts'
import { manualClock } from '../support/manualClock.ts'

const real = openDisk(() => Promise.reject(new Error('no walk')))
const UNANSWERED = { kind: 'unreadable', errno: 'ETIMEDOUT' }

test('a share that does not answer makes its folder unreadable, is asked once, and is asked anew when it did answer', async () => {
  const asked: string[] = []
  let answer: () => void = () => undefined
  const dead: Disk = {
    ...real,
    identity: (root) => {
      asked.push(root)
      return new Promise((resolve) => {
        answer = () => resolve({ kind: 'absent', errno: 'ENOENT' })
      })
    },
  }
  const clock = manualClock()
  const disk = patientDisk(dead, clock)
  const first = disk.identity('/dead')
  await clock.advance(20_000)
  expect(await first).toEqual(UNANSWERED)
  expect(await disk.identity('/dead')).toEqual(UNANSWERED)
  expect([await disk.mounts('/dead'), asked]).toEqual([null, ['/dead']])
  answer()
  await clock.advance(0)
  const again = disk.identity('/dead')
  answer()
  expect(await again).toEqual({ kind: 'absent', errno: 'ENOENT' })
  expect([asked, clock.sleepers]).toEqual([['/dead', '/dead'], 0])
})
