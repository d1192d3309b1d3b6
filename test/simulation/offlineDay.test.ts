import { expect, test, vi } from 'vitest'
import { folderOf, worldOf } from './found/knownWorld.ts'
import type { WorldEvent } from './worldEvent.ts'
import { runWorld } from './worldRun.ts'

vi.setConfig({ testTimeout: 300_000 })

const HOUR_MS = 3_600_000
const BACK_MS = HOUR_MS + 24 * HOUR_MS

test('after a day without a network everything drains, each thing once, and nothing is hammered meanwhile', async () => {
  const events: WorldEvent[] = [
    { do: 'write', at: '/f0/before.jpg', content: 'i1', atMs: 1_000 },
    { do: 'write', at: '/f0/moved.jpg', content: 'i2', atMs: 1_000 },
    { do: 'down', forMs: 24 * HOUR_MS, atMs: HOUR_MS },
    { do: 'write', at: '/f0/large.mp4', content: 'v3', atMs: 8 * HOUR_MS },
    { do: 'rename', at: '/f0/moved.jpg', to: '/f0/elsewhere.jpg', atMs: 3 * HOUR_MS },
    { do: 'write', at: '/f0/g/1.jpg', content: 'i4', atMs: 9 * HOUR_MS },
    { do: 'write', at: '/f0/g/2.jpg', content: 'i5', atMs: 9 * HOUR_MS },
    ...Array.from(
      { length: 2 },
      (_, i): WorldEvent => ({ do: 'write', at: `/f0/day-${i}.jpg`, content: `i${10 + i}`, atMs: (10 + i) * HOUR_MS }),
    ),
    { do: 'stop', forMs: HOUR_MS, edit: null, atMs: 15 * HOUR_MS },
    { do: 'write', at: '/f0/while-stopped.jpg', content: 'i30', atMs: 15.5 * HOUR_MS },
    { do: 'crash', step: 0, forMs: 1_000, atMs: 20 * HOUR_MS },
  ]
  const synced = new Map<string, number>()
  const world = worldOf({ seed: 1, rescanMs: 900_000, folders: [folderOf()], events })
  let warnings = 0
  const result = await runWorld(world, {}, (line) => {
    if (/^\d+ (call|unit)\.failed /.test(line)) warnings++
    const [, atMs, fields = '{}'] = /^(\d+) unit\.synced (.*)$/.exec(line) ?? []
    if (atMs !== undefined) synced.set((JSON.parse(fields) as { path: string }).path, Number(atMs))
  })
  expect(result.broken).toEqual([])
  const late = ['large.mp4', 'g', 'while-stopped.jpg', ...Array.from({ length: 2 }, (_, i) => `day-${i}.jpg`)]
  expect([...synced.keys()].sort()).toEqual(['before.jpg', 'moved.jpg', ...late].sort())
  // Those that waited are tried again a minute after the network is back at the latest, the rename without a PUT.
  for (const path of late) expect(synced.get(path), path).toBeGreaterThanOrEqual(BACK_MS)
  for (const path of late) expect(synced.get(path), path).toBeLessThan(BACK_MS + 90_000)
  const { put = 0, register = 0, group = 0, ticket = 0, update = 0, listing = 0 } = result.calls
  expect([put, register, group, result.rows, result.deletes]).toEqual([8, 6, 1, 7, 0])
  expect(warnings).toBeLessThan(200)
  // Not more than each of the six once a minute.
  expect(ticket + update + listing).toBeLessThan(24 * 60 * 6)
})
