import { expect, test } from 'vitest'
import { deletesBox } from '../support/deletesBox.ts'

test('what one process could not read, and set aside, the next one asks for once more', async () => {
  await using box = await deletesBox('a.jpg')
  {
    await using sync = await box.open()
    await sync.setPaused(true)
    box.put('b.jpg')
    await sync.look()
    // As a process without the right to read it leaves it.
    const { ledger } = sync
    const unit = ledger.units.byKey(1, 'file', 'b.jpg')
    const file = ledger.tree.filesOfUnit(unit?.id ?? 0)[0]
    ledger.now(() => {
      ledger.tree.setLook(file?.id ?? 0, { kind: 'unreadable', why: 'EACCES' })
      ledger.units.setWork(unit?.id ?? 0, 'rejected', 'it cannot be read (EACCES)', Date.now())
    })
    await sync.setPaused(false)
    await sync.look()
    expect(box.titles()).toEqual(['a.jpg'])
  }
  await using sync = await box.open()
  await sync.look()
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg'])
})
