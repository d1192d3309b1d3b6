import { appendFileSync, linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { whyView } from '../../../src/app/whyView.ts'
import { deletesBox } from '../../support/deletesBox.ts'
import { localParts } from '../../support/localParts.ts'
import { realClock } from '../../support/realClock.ts'

test.concurrent('a plain delete goes, by the look after the one that missed it', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  box.events.length = 0
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  expect(box.deletes()).toBe(1)
  const looks = box.events.slice(
    0,
    box.events.findIndex(({ name }) => name === 'delete.done'),
  )
  expect(looks.filter(({ name }) => name === 'folder.scanned').length).toBeGreaterThanOrEqual(2)
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg'])
})

test.concurrent('a file that moves into a group keeps its older row until a person decides', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  mkdirSync(box.at('g'))
  renameSync(box.at('a.jpg'), box.at('g/a.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'c.jpg', 'g'])
  expect(sync.notes()['a.jpg']).toContain('its file went to g/a.jpg: this row may go with that')
})

test.concurrent('so do files that were taken out of a group, and had rows of their own, when they go into another one, which takes over its older row', async () => {
  await using box = await deletesBox('g/1.jpg', 'g/2.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  for (const name of ['1.jpg', '2.jpg']) renameSync(box.at(`g/${name}`), box.at(name))
  await sync.confirm()
  mkdirSync(box.at('h'))
  for (const name of ['1.jpg', '2.jpg']) renameSync(box.at(name), box.at(`h/${name}`))
  await sync.confirm()
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(box.titles()).toEqual(['1.jpg', '2.jpg', 'b.jpg', 'c.jpg', 'h'])
  expect(sync.notes()['1.jpg']).toContain('its file went to h/1.jpg: this row may go with that')
})

test.concurrent('a file that is renamed to a name that is no unit keeps its row', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  renameSync(box.at('a.jpg'), box.at('a.jpg.bak'))
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()['a.jpg']).toContain('a.jpg.bak')
})

test.concurrent('a renamed group that lost a frame on its way keeps its older row', async () => {
  await using box = await deletesBox('g/1.jpg', 'g/2.jpg', 'g/3.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  renameSync(box.at('g'), box.at('h'))
  rmSync(box.at('h/2.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(box.titles()).toContain('g')
})

test.concurrent.each([
  ['file', 'a.jpg', 'caf\\xe9.jpg'],
  ['group', 'g', 'g\\xe9'],
])('a %s that gets a name which is not UTF-8 keeps its row', async (_, name, shown) => {
  await using box = await deletesBox('a.jpg', 'g/1.jpg', 'g/2.jpg', 'b.jpg')
  await using sync = await box.open()
  const bytes = Buffer.from(box.at(shown).replace('\\xe9', '\u00e9'), 'latin1')
  renameSync(box.at(name), bytes)
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()[name]).toContain(shown)
})

test.concurrent('a file that is overwritten by a rename is an older version, and held', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  renameSync(box.at('a.jpg'), box.at('b.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()['b.jpg']).toContain('a newer version took its place')
})

test.concurrent.each([
  ['renamed', 'a.jpg', 'z.jpg'],
  ['moved into a group', 'a.jpg', 'g/1.jpg'],
  ['moved out of its group', 'run/1.jpg', 'z.jpg'],
  ['moved over another one', 'a.jpg', 'b.jpg'],
  ['put where it is no unit', 'a.jpg', 'a.jpg.bak'],
])('the row of a file that was %s, and edited there before any look, is held', async (_, from, to) => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg', 'run/1.jpg')
  await using sync = await box.open()
  mkdirSync(box.at('g'))
  renameSync(box.at(from), box.at(to))
  appendFileSync(box.at(to), 'edited')
  await sync.confirm()
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()[from.replace('/1.jpg', '')]).toContain(`its file went to ${to}, and was changed there`)
})

test.concurrent('so is that of a group that was renamed, and each of its frames edited, while nothing ran', async () => {
  await using box = await deletesBox('g/1.jpg', 'g/2.jpg', 'b.jpg', 'c.jpg')
  await using before = await box.open()
  await before[Symbol.asyncDispose]()
  renameSync(box.at('g'), box.at('h'))
  for (const name of ['1.jpg', '2.jpg']) appendFileSync(box.at(`h/${name}`), 'edited')
  await using sync = await box.open()
  await sync.confirm()
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()).toEqual({ g: expect.stringContaining('its file went to h/1.jpg, and was changed there') })
})

test.concurrent('a file that comes back within the grace keeps its row', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  mkdirSync(box.beside('away'))
  renameSync(box.at('a.jpg'), box.beside('away', 'a.jpg'))
  await sync.look()
  renameSync(box.beside('away', 'a.jpg'), box.at('a.jpg'))
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.units()).toContain('a.jpg present')
})

test.concurrent('what moves to a folder with other rules becomes what it is by the rules of that folder', async () => {
  await using box = await deletesBox('run/1.jpg', 'run/2.jpg', 'b.jpg')
  box.put('other.jpg', 'other', 'TWO')
  // A frame that is not whole keeps the group waiting, so that its place can still be given to what moved there.
  writeFileSync(box.at('run/3.jpg'), '')
  const settings = (folder: string) => (folder === 'IN' ? ', subdirectories: individual' : '')
  await using sync = await box.open({ folders: ['IN', 'TWO'], settings })
  expect(box.titles()).toEqual(['b.jpg', 'other.jpg', 'run/1.jpg', 'run/2.jpg'])
  renameSync(box.at('run'), box.beside('TWO', 'run'))
  await sync.look('TWO')
  await sync.look('IN')
  expect(sync.units(2)).toEqual(['other.jpg present', 'run present'])
})

test.concurrent('a group that is moved over another one keeps its row, also when what is put in its old place is complete first', async () => {
  await using box = await deletesBox('day1/1.jpg', 'day1/2.jpg', 'day2/1.jpg', 'day2/2.jpg', 'c.jpg')
  await using sync = await box.open({ settings: ', regroup_settle: 2s' })
  const hashOf = (title: string) => box.emulator.rows().filter((row) => row.title === title)
  const [row] = hashOf('day1')
  rmSync(box.at('day2'), { recursive: true })
  renameSync(box.at('day1'), box.at('day2'))
  for (const name of ['1.jpg', '2.jpg']) box.put(`day1/${name}`, `new ${name}`)
  await realClock.sleep(20)
  writeFileSync(box.at('day1/.done'), '')
  for (let looks = 0; looks < 4; looks++) await sync.confirm()
  expect(hashOf('day2').map(({ data_hash }) => data_hash)).toContain(row?.data_hash)
  expect(box.titles()).toEqual(['c.jpg', 'day1', 'day2', 'day2'])
})

test.concurrent('but it is not held up by a moved group that waits for good, for a frame that is empty', async () => {
  await using box = await deletesBox('day1/1.jpg', 'day1/2.jpg', 'day2/1.jpg', 'day2/2.jpg', 'c.jpg')
  await using sync = await box.open({ settings: ', regroup_settle: 1s' })
  rmSync(box.at('day2'), { recursive: true })
  renameSync(box.at('day1'), box.at('day2'))
  writeFileSync(box.at('day2/3.jpg'), '')
  for (const name of ['1.jpg', '2.jpg']) box.put(`day1/${name}`, `new ${name}`)
  for (let looks = 0; looks < 4; looks++) await sync.confirm()
  expect(box.titles()).toEqual(['c.jpg', 'day1', 'day1', 'day2'])
})

test.concurrent('what may have gone into a group that is held up by an empty frame names the command that tells so; an ignore rule for it ends that', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  for (const name of ['1.jpg', '2.jpg']) box.put(`run/${name}`, name, 'TWO')
  writeFileSync(box.beside('TWO', 'run', '3.jpg'), '')
  const frame = box.beside('TWO', 'run', '1.jpg')
  {
    await using sync = await box.open({ folders: ['IN', 'TWO'] })
    rmSync(box.at('a.jpg'))
    await sync.confirm()
    expect(sync.notes()['a.jpg']).toMatch(/^run\/[12].jpg has the same size and is not hashed yet/)
    expect(sync.notes()['a.jpg']).toContain(`\`encord-sync why ${frame.slice(0, -5)}`)
    const { unit } = whyView(localParts(sync, sync.ledger.folders.all()), frame)
    expect(unit.why).toContain('run/3.jpg')
  }
  await using sync = await box.open({ folders: ['IN', 'TWO'], settings: (name) => (name === 'TWO' ? ', ignore: ["run/"]' : '') })
  for (const _ of [1, 2]) await sync.look()
  rmSync(box.at('b.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()['b.jpg']).toBeUndefined()
  expect(box.titles()).toEqual(['a.jpg', 'c.jpg'])
})

test.concurrent('a frame that left its group, was sent by itself, and is back in the group, which is looked at first, keeps its own row', async () => {
  await using box = await deletesBox('b.jpg', 'c.jpg', 'd.jpg', 'g/1.jpg', 'g/2.jpg')
  await using sync = await box.open()
  renameSync(box.at('g/1.jpg'), box.at('a.jpg'))
  await sync.hint('')
  await sync.look()
  expect(box.titles()).toContain('a.jpg')
  renameSync(box.at('a.jpg'), box.at('g/1.jpg'))
  await sync.hint('g')
  await sync.confirm()
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()).toEqual({ 'a.jpg': 'its file went to g/1.jpg: this row may go with that' })
})

test.concurrent('a hard link of a file that had been renamed before goes by itself', async () => {
  await using box = await deletesBox('a.jpg', 'c.jpg')
  await using sync = await box.open()
  renameSync(box.at('a.jpg'), box.at('b.jpg'))
  await sync.look()
  linkSync(box.at('b.jpg'), box.at('link.jpg'))
  await sync.look()
  expect(box.titles()).toContain('link.jpg')
  rmSync(box.at('link.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg'])
})

test.concurrent.each([
  ['a', 'b'],
  ['b', 'a'],
])('so does group %s, whichever of two that share a hard link was sent first: the other one is %s', async (gone, other) => {
  await using box = await deletesBox('a/1.jpg', 'b/2.jpg', 'c.jpg', 'd.jpg')
  linkSync(box.at('a/1.jpg'), box.at('b/1.jpg'))
  // It waits for this one, so that its row is the newer one.
  writeFileSync(box.at(`${gone}/3.jpg`), '')
  await using sync = await box.open()
  box.put(`${gone}/3.jpg`)
  await sync.confirm()
  expect(box.titles()).toContain(gone)
  rmSync(box.at(gone), { recursive: true })
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual([other, 'c.jpg', 'd.jpg'])
})
