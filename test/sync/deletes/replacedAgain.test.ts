import { appendFileSync, renameSync } from 'node:fs'
import { expect, test } from 'vitest'
import { deletesBox } from '../../support/deletesBox.ts'
import { realClock } from '../../support/realClock.ts'

test.concurrent('under on_change: replace the row of a file that was edited and then replaced, all while the call for it was on its way, is held', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open({ settings: ', on_change: replace' })
  box.emulator.setFaults({ match: { call: 'POST singleimage', times: 1 }, do: { kind: 'latency', ms: 4_000 } })
  let next: 'call' | 'edit' | 'look' | 'done' = 'call'
  const looks: Promise<void>[] = []
  box.onEvent((name) => {
    if (name === 'upload.sent' && next === 'call') {
      next = 'edit'
      void realClock.sleep(300).then(() => {
        appendFileSync(box.at('d.jpg'), 'edited')
        next = 'look'
        looks.push(sync.hint(''))
      })
    } else if (name === 'folder.scanned' && next === 'look') {
      next = 'done'
      renameSync(box.at('d.jpg'), box.beside('d.jpg'))
      box.put('d.jpg', 'new')
      looks.push(sync.hint(''))
    }
  })
  box.put('d.jpg')
  await sync.look()
  await Promise.all(looks)
  const row = box.emulator.rows().find(({ title }) => title === 'd.jpg')?.data_hash
  renameSync(box.beside('d.jpg'), box.at('z.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(row)
  expect(sync.notes()['d.jpg']).toContain('its file went to z.jpg, and was changed there')
})
