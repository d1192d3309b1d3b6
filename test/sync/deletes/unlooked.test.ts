import { renameSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { openUnlooked } from '../../../src/sync/unlooked.ts'
import { deletesBox } from '../../support/deletesBox.ts'
import { realClock } from '../../support/realClock.ts'

vi.setConfig({ testTimeout: 120_000 })

test('what came to another folder, and was heard of, is looked for before the row goes', async () => {
  await using box = await deletesBox('i.jpg')
  for (const name of ['a', 'b', 'c']) box.put(`${name}.jpg`, name, 'TWO')
  await using sync = await box.open({ folders: ['IN', 'TWO'] })
  renameSync(box.beside('TWO', 'a.jpg'), box.beside('away.jpg'))
  let isThere = false
  const isProven = (): boolean => {
    const second = sync.ledger.candidates.ofFolder(2)[0]?.secondScan
    return second != null && (sync.ledger.scans.lastWhole(1)?.beganAfter ?? 0) >= second
  }
  box.beforeWalks(async (folder) => {
    // Long enough for a row that waits for nothing to go.
    if (folder === 'IN' && isThere) await realClock.sleep(500)
  })
  box.onEvent((name, { folder }) => {
    if (isThere || name !== 'folder.scanned' || !String(folder).endsWith('IN') || !isProven()) return
    isThere = true
    renameSync(box.beside('away.jpg'), box.at('new.jpg'))
    void sync.hint('')
  })
  await sync.confirm()
  await vi.waitUntil(() => isThere, { timeout: 60_000 })
  await vi.waitUntil(() => sync.units().includes('new.jpg present'), { timeout: 60_000 })
  await sync.look()
  expect([box.deletes(), sync.units(2)]).toEqual([0, ['b.jpg present', 'c.jpg present']])
})

/** A dataset in which something is always heard of, and looked at `lagMs` later. */
function restless(lagMs: number) {
  let nowMs = 0
  const unlooked = openUnlooked({ clock: { ...realClock, monotonicMs: () => nowMs }, unlookedSinceMs: () => nowMs - lagMs })
  return {
    unlooked,
    holdsAt: (atMs: number): boolean => {
      nowMs = atMs
      return unlooked.holds()
    },
  }
}

test('folders that never rest hold no row for ever: what is heard of late is not waited for', () => {
  const { unlooked, holdsAt } = restless(300)
  expect([1_000, 6_000, 6_299, 6_300, 60_000].map(holdsAt)).toEqual([true, true, true, false, false])
  unlooked.reset()
  expect([60_000, 65_300].map(holdsAt)).toEqual([true, false])
})

test('a look that takes long is waited for to its end', () => {
  let nowMs = 10_000
  let sinceMs = 9_000
  const unlooked = openUnlooked({ clock: { ...realClock, monotonicMs: () => nowMs }, unlookedSinceMs: () => sinceMs })
  expect(unlooked.holds()).toBe(true)
  nowMs = 3_600_000
  expect(unlooked.holds()).toBe(true)
  sinceMs = Number.POSITIVE_INFINITY
  expect(unlooked.holds()).toBe(false)
})
