import { cpSync, renameSync, rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { acceptFolder } from '../../../src/app/acceptFolder.ts'
import { type DeletesBox, deletesBox } from '../../support/deletesBox.ts'
import { localParts } from '../../support/localParts.ts'

const WHY = 'another directory stood in the place of'

/** A copy of the folder takes its place; the folder itself is kept aside. */
function putCopy(box: DeletesBox, folder = 'IN'): void {
  renameSync(box.beside(folder), box.beside('original'))
  cpSync(box.beside('original'), box.beside(folder), { recursive: true, preserveTimestamps: true })
}

function putBack(box: DeletesBox, folder = 'IN'): void {
  renameSync(box.beside(folder), box.beside('copy'))
  renameSync(box.beside('original'), box.beside(folder))
}

test.concurrent('what was sent from a copy in the place of the folder is held once that is back, and what goes later is removed', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  putCopy(box)
  box.put('n.jpg')
  await sync.look()
  expect(sync.ledger.folders.get(1).state).toBe('restored')
  expect(box.titles()).toContain('n.jpg')
  putBack(box)
  await sync.look()
  await sync.confirm()
  expect(sync.ledger.folders.get(1).state).toBe('ok')
  expect(sync.notes()).toEqual({ 'n.jpg': expect.stringContaining(WHY) })
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg', 'n.jpg'])
  await sync.approve()
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg'])
})

test.concurrent('so is what was sent while the config led to a copy', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  {
    await using sync = await box.open()
    await sync.look()
  }
  cpSync(box.at(), box.beside('COPY'), { recursive: true, preserveTimestamps: true })
  {
    await using sync = await box.open({ folders: ['COPY'] })
    box.put('n.jpg', 'n', 'COPY')
    await sync.look()
    expect(box.titles()).toContain('n.jpg')
  }
  box.put('m.jpg')
  await using sync = await box.open({ folders: ['IN'] })
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()).toEqual({ 'n.jpg': expect.stringContaining(WHY) })
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'c.jpg', 'm.jpg', 'n.jpg'])
})

test.concurrent('under on_change: replace neither row of what was edited in a copy goes once the folder is back', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open({ settings: ', on_change: replace' })
  await sync.look()
  putCopy(box)
  box.put('a.jpg', 'edited in the copy')
  await sync.look()
  expect(box.titles()).toEqual(['a.jpg', 'a.jpg', 'b.jpg', 'c.jpg'])
  putBack(box)
  await sync.look()
  await sync.confirm()
  expect(sync.notes()['a.jpg']).toContain(WHY)
  expect(box.deletes()).toBe(0)
})

test.concurrent('what moved into a copy in the place of another folder is held once that one is back, seen there or not', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  for (const name of ['y.jpg', 'z.jpg']) box.put(name, name, 'TWO')
  await using sync = await box.open({ folders: ['IN', 'TWO'] })
  await sync.look()
  putCopy(box, 'TWO')
  await sync.look()
  renameSync(box.at('a.jpg'), box.beside('TWO', 'a.jpg'))
  await sync.look()
  await sync.look('TWO')
  await sync.look('IN')
  renameSync(box.at('b.jpg'), box.beside('TWO', 'b.jpg'))
  await sync.look('IN')
  putBack(box, 'TWO')
  await sync.look()
  await sync.confirm()
  expect(sync.notes(1)).toEqual({ 'b.jpg': expect.stringContaining(WHY) })
  expect(sync.notes(2)).toEqual({ 'a.jpg': expect.stringContaining(WHY) })
  expect(box.deletes()).toBe(0)
})

test.concurrent('a copy that a person accepts is the folder: what is not in it goes', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  await sync.look()
  putCopy(box)
  rmSync(box.at('a.jpg'))
  box.put('n.jpg')
  await sync.look()
  await acceptFolder({ ...localParts({ ledger: sync.ledger }, []), wallMs: () => Date.now() }, box.at())
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg', 'n.jpg'])
})

test.concurrent('what went from another folder before a copy was accepted may be in the directory of before, and is held', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  for (const name of ['y.jpg', 'z.jpg']) box.put(name, name, 'TWO')
  await (await box.open({ folders: ['IN', 'TWO'] }))[Symbol.asyncDispose]()
  cpSync(box.beside('TWO'), box.beside('larger disk'), { recursive: true, preserveTimestamps: true })
  // It stays in use until the other one takes its place.
  renameSync(box.at('a.jpg'), box.beside('TWO', 'a.jpg'))
  renameSync(box.beside('TWO'), box.beside('original'))
  renameSync(box.beside('larger disk'), box.beside('TWO'))
  await using sync = await box.open({ folders: ['IN', 'TWO'] })
  await sync.look()
  await acceptFolder(localParts(sync, [], { nowMs: Date.now() }), box.beside('TWO'))
  await sync.look()
  rmSync(box.at('b.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()).toEqual({ 'a.jpg': expect.stringMatching(/^another directory was accepted as .*TWO since this was last seen/) })
  expect(box.titles()).toEqual(['a.jpg', 'c.jpg', 'y.jpg', 'z.jpg'])
})

test.concurrent('what was sent from an earlier copy is held when a person accepts another one', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  await sync.look()
  putCopy(box)
  box.put('n.jpg')
  await sync.look()
  expect(box.titles()).toContain('n.jpg')
  renameSync(box.at(), box.beside('first copy'))
  cpSync(box.beside('original'), box.at(), { recursive: true, preserveTimestamps: true })
  await sync.look()
  await acceptFolder({ ...localParts({ ledger: sync.ledger }, []), wallMs: () => Date.now() }, box.at())
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()).toEqual({ 'n.jpg': expect.stringContaining(WHY) })
  // What goes later goes by itself.
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg', 'n.jpg'])
})
