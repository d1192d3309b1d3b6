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
