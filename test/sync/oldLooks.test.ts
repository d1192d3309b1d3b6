import { expect, test, vi } from 'vitest'
import { areLooksOutdated } from '../../src/sync/oldLooks.ts'
import { deletesBox } from '../support/deletesBox.ts'

const PATIENT = { timeout: 60_000, interval: 20 } as const

test('folders that a person paused and resumed are looked at anew at once, long before the next rescan is due', async () => {
  await using box = await deletesBox('a.jpg')
  box.put('z.jpg', 'z.jpg', 'Q')
  await using sync = await box.open({ folders: ['IN', 'Q'] })
  const before = sync.ledger.scans.newest()
  await sync.setPaused(true)
  await sync.setPaused(false)
  await vi.waitFor(() => expect([1, 2].map((id) => areLooksOutdated(sync.ledger, id))).toEqual([false, false]), PATIENT)
  expect(Math.min(...[1, 2].map((id) => sync.ledger.scans.lastWhole(id)?.id ?? 0))).toBeGreaterThan(before)
})

test('so is one whose pause ends while it is walked for the first time since a start', async () => {
  await using box = await deletesBox('a.jpg')
  box.put('z.jpg', 'z.jpg', 'Q')
  const options = { folders: ['IN', 'Q'] }
  {
    await using sync = await box.open(options)
    sync.ledger.now(() => sync.ledger.folders.setPaused(2, { untilMs: Date.now() + 3_000 }, Date.now()))
  }
  const isResumed = new Promise<void>((resolve) => box.onEvent((name) => (name === 'folder.resumed' ? resolve() : undefined)))
  box.beforeWalks(async (folder) => {
    if (folder === 'Q') await isResumed
  })
  await using sync = await box.open(options)
  await vi.waitFor(() => expect(areLooksOutdated(sync.ledger, 2)).toBe(false), { timeout: 10_000, interval: 20 })
})
