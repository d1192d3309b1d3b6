import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { openWatch } from '../../src/app/watch.ts'
import { LedgerBox } from '../support/ledgerBox.ts'
import { manualClock } from '../support/manualClock.ts'

const PATIENT = { timeout: 60_000 } as const
const WHOLE = [{ dir: '', subdirs: [] }]

/** With this in the environment no event is heard, and a watch fails as it does where the system's watches ran out. */
const NO_EVENTS = 'CHOKIDAR_USEPOLLING'
afterEach(() => void delete process.env[NO_EVENTS])

test('a folder whose watches failed is polled, tries again from time to time, and is followed by events once it can', async () => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const clock = manualClock()
  const told: string[] = []
  const states: (string | null)[] = []
  const hinted: string[] = []
  process.env[NO_EVENTS] = '1'
  const watch = openWatch({ clock, log: { emit: (name) => void told.push(name) } }, folder, 'events', 'local', {
    hint: (_id, dir) => void hinted.push(dir),
    scan: (_id, cause) => void told.push(cause),
    poll: () => void told.push('polling'),
    degraded: (_id, why) => void states.push(why),
  })
  await clock.advance(0)
  expect([told, states]).toEqual([['watch.degraded'], [null, expect.stringContaining('ENOTSUP')]])
  states.length = 0
  // Once more in vain: the state stays what it is, and is not told again.
  await clock.advance(600_000)
  await clock.advance(30_000)
  expect(told.filter((name) => name !== 'polling')).toEqual(['watch.degraded', 'events are tried again'])
  delete process.env[NO_EVENTS]
  await clock.advance(1_200_000)
  expect(told.filter((name) => name === 'events are tried again')).toHaveLength(2)
  expect(states).not.toContain(null)
  watch.synced(WHOLE)
  await clock.advance(30_000)
  await vi.waitFor(() => expect([states.at(-1), told.at(-1)]).toEqual([null, 'watch.armed']), PATIENT)
  hinted.length = 0
  await vi.waitFor(() => {
    writeFileSync(join(folder.path, 'a.jpg'), 'a')
    expect(hinted).toContain('')
  }, PATIENT)
  await watch.close()
})
