import { renameSync, rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { expect, test, vi } from 'vitest'
import { deletesBox } from '../../support/deletesBox.ts'
import { realClock } from '../../support/realClock.ts'

test.concurrent('two looks that lay a shorter grace apart prove nothing under a longer one', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  box.put('z.jpg', 'z', 'TWO')
  {
    await using sync = await box.open({ folders: ['IN', 'TWO'] })
    await sync.look()
    renameSync(box.beside('TWO'), box.beside('away'))
    rmSync(box.at('a.jpg'))
    await sync.look()
    await sync.confirm()
    expect(sync.notes()['a.jpg']).toContain('it may have been moved to')
  }
  renameSync(box.beside('away'), box.beside('TWO'))
  await using sync = await box.open({ folders: ['IN', 'TWO'], grace: '15s' })
  await sync.look()
  expect(sync.notes()['a.jpg']).toContain('a second scan has to confirm it')
  expect(box.deletes()).toBe(0)
  await vi.waitFor(() => expect(box.titles()).toEqual(['b.jpg', 'c.jpg', 'z.jpg']), { timeout: 60_000, interval: 10 })
})

test.concurrent.each(['that is made shorter', 'that is made shorter in the same start as a version comes that notes it'])(
  'a grace %s lets no row go that waits for it, and what goes later goes by itself',
  async (which) => {
    await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg', 'd.jpg')
    {
      await using sync = await box.open({ grace: '1h' })
      await sync.look()
      rmSync(box.at('a.jpg'))
      await sync.look()
      expect(sync.notes()['a.jpg']).toContain('a second scan has to confirm it')
      // Nobody looked since.
      rmSync(box.at('b.jpg'))
    }
    if (which !== 'that is made shorter') {
      const db = new Database(box.beside('state', 'ledger.db'))
      db.prepare("DELETE FROM meta WHERE key = 'grace:1'").run()
      db.close()
    }
    await using sync = await box.open()
    await sync.confirm()
    await sync.confirm()
    const why = expect.stringContaining('before `grace` was made shorter')
    expect(sync.notes()).toEqual({ 'a.jpg': why, 'b.jpg': why })
    rmSync(box.at('c.jpg'))
    await sync.confirm()
    expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'd.jpg'])
  },
)

test.concurrent('after a sleep that is longer than the grace a folder is not walked all the time until that has passed by the monotonic clock too', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  // It stands still while the machine sleeps.
  let awakeMs = (): number => realClock.monotonicMs()
  await using sync = await box.open({ grace: '10s', clock: { ...realClock, monotonicMs: () => awakeMs() } })
  await sync.look()
  rmSync(box.at('a.jpg'))
  await sync.look()
  const asleepAtMs = realClock.monotonicMs()
  awakeMs = () => asleepAtMs
  await realClock.sleep(11_000)
  const sleptMs = realClock.monotonicMs() - asleepAtMs
  awakeMs = () => realClock.monotonicMs() - sleptMs
  await sync.look()
  const walks = (): number => box.events.filter(({ name }) => name === 'folder.scanned').length
  const before = walks()
  await realClock.sleep(4_000)
  expect(box.deletes()).toBe(0)
  expect(walks() - before).toBeLessThanOrEqual(5)
  await vi.waitFor(() => expect(box.titles()).toEqual(['b.jpg', 'c.jpg']), { timeout: 60_000, interval: 10 })
})
