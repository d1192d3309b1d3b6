import { copyFileSync, renameSync, rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { deletesBox } from '../../support/deletesBox.ts'

const REPLACE = ', on_change: replace'

test.concurrent.each([
  { rule: 'on_change: keep', settings: ', on_change: keep', by: 'rename' },
  { rule: 'on_change: keep', settings: ', on_change: keep', by: 'copy' },
  { rule: 'on_change: hold', settings: ', on_change: hold', by: 'rename' },
  { rule: 'deletes.mode: never', settings: REPLACE, deletes: ', mode: never', by: 'rename' },
])(
  'an older row of a folder with $rule is held when its file moves to one that replaces, by $by',
  async ({ rule, settings, deletes = '', by }) => {
    await using box = await deletesBox('a.jpg', 'b.jpg')
    box.put('other.jpg', 'other', 'TWO')
    await using sync = await box.open({
      folders: ['IN', 'TWO'],
      settings: (folder) => (folder === 'IN' ? settings : REPLACE),
      deletes: (folder) => (folder === 'IN' ? deletes : ''),
    })
    box.put('a.jpg', 'a, changed')
    await sync.look('IN')
    if (by === 'rename') renameSync(box.at('a.jpg'), box.beside('TWO', 'a.jpg'))
    else {
      copyFileSync(box.at('a.jpg'), box.beside('TWO', 'a.jpg'))
      rmSync(box.at('a.jpg'))
      await sync.look('IN')
    }
    await sync.look('TWO')
    await sync.confirm()
    await sync.confirm()
    expect(box.titles()).toEqual(['a.jpg', 'a.jpg', 'b.jpg', 'other.jpg'])
    expect(sync.units(2)).toContain('a.jpg present')
    expect(sync.notes(2)['a.jpg']).toContain(`it was replaced in ${box.beside('IN')} (${rule})`)
  },
)

test.concurrent('an older row goes with its file where both folders replace', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg')
  box.put('other.jpg', 'other', 'TWO')
  await using sync = await box.open({ folders: ['IN', 'TWO'], settings: REPLACE })
  box.put('a.jpg', 'a, changed')
  await sync.look('IN')
  renameSync(box.at('a.jpg'), box.beside('TWO', 'a.jpg'))
  await sync.look('TWO')
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'other.jpg'])
})
