import { renameSync, rmSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { deletesBox } from '../../support/deletesBox.ts'

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
