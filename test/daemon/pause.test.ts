import { expect, test, vi } from 'vitest'
import type { Clock } from '../../src/model/clock.ts'
import { liveConfig, liveService } from '../support/liveService.ts'
import { jpeg } from '../support/mediaVariants.ts'
import { realClock } from '../support/realClock.ts'
import { syncBox } from '../support/syncBox.ts'

vi.setConfig({ testTimeout: 300_000 })

/** The machine's time, which a test may move on: whoever sleeps looks at it again then. */
function movedClock(): Clock & { move(ms: number): void } {
  let movedMs = 0
  const sleepers = new Set<AbortController>()
  const monotonicMs = (): number => realClock.monotonicMs() + movedMs
  return {
    wallMs: () => realClock.wallMs() + movedMs,
    monotonicMs,
    async sleep(ms, signal) {
      const dueMs = monotonicMs() + ms
      for (let leftMs = ms; leftMs > 0; leftMs = dueMs - monotonicMs()) {
        const moved = new AbortController()
        sleepers.add(moved)
        await realClock.sleep(leftMs, AbortSignal.any([moved.signal, ...(signal === undefined ? [] : [signal])])).catch(() => undefined)
        sleepers.delete(moved)
        signal?.throwIfAborted()
      }
    },
    move(ms) {
      movedMs += ms
      for (const one of sleepers) one.abort()
    },
  }
}

/** Longer than a slow machine takes for a stop, a start and a look; shorter than what is a wrong clock to the server. */
const PAUSE_MS = 240_000

test('a pause with an end survives a restart, holds everything back until then, and ends by itself', async () => {
  await using box = await syncBox()
  const config = liveConfig(box, { IN: '' })
  const clock = movedClock()
  const first = await liveService(box, config, { clock })
  expect(await first.api.pause({ folder: null, forMs: PAUSE_MS })).toMatchObject({ folders: [box.folder] })
  await first.stop()
  await using second = await liveService(box, config, { clock })
  const resumed = second.next('folder.resumed')
  box.write('a.jpg', jpeg('a'))
  await second.next('unit.waiting')
  const [folder] = (await second.api.status()).folders
  expect(folder).toMatchObject({ state: 'paused', why: expect.stringMatching(/^paused by a person until \d{4}-/) })
  expect((await second.api.why({ path: 'a.jpg' })).unit.why).toMatch(/the folder is paused/)
  expect(box.emulator.calls.count('PUT bucket')).toBe(0)
  clock.move(PAUSE_MS)
  expect(await resumed).toEqual({ folder: box.folder })
  await box.emulator.emulator.until(() => box.emulator.rows().length === 1)
  expect((await second.api.status()).folders[0]).toMatchObject({ state: 'ok', pausedUntilMs: null })
})
