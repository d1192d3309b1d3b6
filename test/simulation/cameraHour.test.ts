import { expect, test, vi } from 'vitest'
import { folderOf, worldOf } from './found/knownWorld.ts'
import type { WorldEvent } from './worldEvent.ts'
import { runWorld } from './worldRun.ts'

vi.setConfig({ testTimeout: 300_000 })

const EVERY_MS = 15_000
const FRAMES = 240

test('a camera that writes a frame each 15 s for an hour makes exactly one group, after its last frame', async () => {
  const events = Array.from(
    { length: FRAMES },
    (_, i): WorldEvent => ({ do: 'write', at: `/f0/cam/frame-${i}.jpg`, content: `i${i}`, atMs: 1_000 + i * EVERY_MS }),
  )
  const synced: number[] = []
  const world = worldOf({ seed: 1, rescanMs: 900_000, folders: [folderOf({ groupSettleMs: 60_000 })], events })
  const result = await runWorld(world, {}, (line) => {
    const [, atMs] = /^(\d+) unit\.synced /.exec(line) ?? []
    if (atMs !== undefined) synced.push(Number(atMs))
  })
  expect(result.broken).toEqual([])
  expect([result.rows, result.deletes, result.calls['group'], result.calls['put']]).toEqual([1, 0, 1, FRAMES])
  expect(synced).toHaveLength(1)
  expect(synced[0]).toBeGreaterThan((FRAMES - 1) * EVERY_MS)
})
