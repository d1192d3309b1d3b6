import { expect, test, vi } from 'vitest'
import { liveConfig, liveService } from '../support/liveService.ts'
import { jpeg } from '../support/mediaVariants.ts'
import { syncBox } from '../support/syncBox.ts'

vi.setConfig({ testTimeout: 300_000 })

test('a pause with an end survives a restart, holds everything back until then, and ends by itself', async () => {
  await using box = await syncBox()
  const config = liveConfig(box, { IN: '' })
  const first = await liveService(box, config)
  expect(await first.api.pause({ folder: null, forMs: 8_000 })).toMatchObject({ folders: [box.folder] })
  await first.stop()
  await using second = await liveService(box, config)
  const resumed = second.next('folder.resumed')
  box.write('a.jpg', jpeg('a'))
  await second.next('unit.waiting')
  const [folder] = (await second.api.status()).folders
  expect(folder).toMatchObject({ state: 'paused', why: expect.stringMatching(/^paused by a person until \d{4}-/) })
  expect((await second.api.why({ path: 'a.jpg' })).unit.why).toMatch(/the folder is paused/)
  expect(box.emulator.calls.count('PUT bucket')).toBe(0)
  expect(await resumed).toEqual({ folder: box.folder })
  await box.emulator.emulator.until(() => box.emulator.rows().length === 1)
  expect((await second.api.status()).folders[0]).toMatchObject({ state: 'ok', pausedUntilMs: null })
})
