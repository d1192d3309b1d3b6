import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { fastClock } from '../support/fastClock.ts'
import { liveConfig, liveService } from '../support/liveService.ts'
import { jpeg } from '../support/mediaVariants.ts'
import { syncBox } from '../support/syncBox.ts'

vi.setConfig({ testTimeout: 300_000 })

test('of two services with copies of one ledger one sends what comes; the other says so, and knows its rows when it goes on', async () => {
  await using box = await syncBox()
  const config = liveConfig(box, { IN: '' })
  box.write('a.jpg', jpeg('a'))
  await using first = await liveService(box, config, { clock: fastClock(3) })
  await box.emulator.emulator.until(() => box.emulator.rows()[0]?.client_metadata != null)
  const base = join(box.base, 'twin')
  mkdirSync(join(base, 'state'), { recursive: true, mode: 0o700 })
  expect((await first.command('ledger', 'backup', join(base, 'state', 'ledger.db'))).code).toBe(0)
  const shut = first.next('folder.state')
  const second = await liveService({ ...box, base, events: [] }, config.replace(`${box.base}/state`, `${base}/state`))
  expect(await shut).toMatchObject({ state: 'foreign', why: expect.stringContaining('with a copy of this ledger') })
  expect((await first.command('folders', 'accept', box.folder)).stderr).toContain('stop the other one')
  const { length } = box.events
  box.write('b.jpg', jpeg('b'))
  await box.emulator.emulator.until(() => box.emulator.rows().some((row) => row.title === 'b.jpg' && row.client_metadata !== null))
  const over = first.next('folder.state', ({ was }) => was === 'foreign')
  await second.stop()
  await over
  await first.until('folder.scanned', () => box.events.slice(length).some(({ name }) => name === 'folder.scanned'))
  await vi.waitFor(async () => expect((await first.api.why({ path: 'b.jpg' })).unit.state).toBe('synced'))
  box.write('c.jpg', jpeg('c'))
  await box.emulator.emulator.until(() => box.emulator.rows().some((row) => row.title === 'c.jpg'))
  expect(box.emulator.rows().map((row) => row.title)).toEqual(['a.jpg', 'b.jpg', 'c.jpg'])
})
