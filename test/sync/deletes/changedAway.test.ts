import { appendFileSync, copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type DeletesBox, deletesBox } from '../../support/deletesBox.ts'
import { realClock } from '../../support/realClock.ts'

/** Longer than what came elsewhere takes to be read and sent, so that it is changed within the grace. */
const GRACE_MS = 6_000

/** As most programs save: under another name first. */
function save(path: string): void {
  writeFileSync(`${path}.tmp`, Buffer.concat([readFileSync(path), Buffer.from('saved')]))
  renameSync(`${path}.tmp`, path)
}

/** What each does to a file or a group that goes elsewhere, and to what has come there by the next look. */
const ACTS: readonly [name: string, row: string, goes: (box: DeletesBox) => void, changes: (box: DeletesBox) => void][] = [
  [
    'a file moved into a group, and was saved there',
    'a.jpg',
    (box) => renameSync(box.at('a.jpg'), box.at('h/1.jpg')),
    (box) => save(box.at('h/1.jpg')),
  ],
  [
    'a file went into a group by copy and unlink, and was edited there',
    'a.jpg',
    (box) => {
      copyFileSync(box.at('a.jpg'), box.at('h/1.jpg'))
      rmSync(box.at('a.jpg'))
    },
    (box) => appendFileSync(box.at('h/1.jpg'), 'edited'),
  ],
  [
    'a file went into a group by copy and unlink, and was renamed and edited',
    'a.jpg',
    (box) => {
      copyFileSync(box.at('a.jpg'), box.at('h/1.jpg'))
      rmSync(box.at('a.jpg'))
    },
    (box) => {
      renameSync(box.at('h/1.jpg'), box.at('z.jpg'))
      appendFileSync(box.at('z.jpg'), 'edited')
    },
  ],
  [
    'a file went into a group by copy and unlink, and was moved over another one and edited',
    'a.jpg',
    (box) => {
      copyFileSync(box.at('a.jpg'), box.at('h/1.jpg'))
      rmSync(box.at('a.jpg'))
    },
    (box) => {
      renameSync(box.at('h/1.jpg'), box.at('b.jpg'))
      appendFileSync(box.at('b.jpg'), 'edited')
    },
  ],
  [
    'a file was renamed and edited, and then saved',
    'a.jpg',
    (box) => {
      renameSync(box.at('a.jpg'), box.at('z.jpg'))
      appendFileSync(box.at('z.jpg'), 'edited')
    },
    (box) => save(box.at('z.jpg')),
  ],
  [
    'a group lost a frame as it was renamed, and its others were saved',
    'g',
    (box) => {
      rmSync(box.at('g/3.jpg'))
      for (const name of ['1.jpg', '2.jpg']) renameSync(box.at(`g/${name}`), box.at(`h/${name}`))
      rmSync(box.at('g'), { recursive: true })
    },
    (box) => {
      for (const name of ['1.jpg', '2.jpg']) save(box.at(`h/${name}`))
    },
  ],
  [
    'a file moved into a group, and another one was moved over it',
    'a.jpg',
    (box) => renameSync(box.at('a.jpg'), box.at('h/1.jpg')),
    (box) => renameSync(box.at('b.jpg'), box.at('h/1.jpg')),
  ],
]

test.concurrent.each(ACTS)('%s, all within the grace: its row is held', async (_, row, goes, changes) => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg', 'g/1.jpg', 'g/2.jpg', 'g/3.jpg')
  mkdirSync(box.at('h'))
  await using sync = await box.open({ grace: `${GRACE_MS}ms` })
  const held = box.emulator.rows().find(({ title }) => title === row)?.data_hash
  goes(box)
  await sync.look()
  changes(box)
  await sync.look()
  await realClock.sleep(GRACE_MS)
  await sync.look()
  await realClock.sleep(GRACE_MS)
  await sync.look()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(held)
  expect(sync.notes()[row]).toContain('or what came was changed there since')
})

test.concurrent('what came elsewhere, and was removed there within the grace, is gone, and so is its row', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  mkdirSync(box.at('h'))
  await using sync = await box.open({ grace: `${GRACE_MS}ms` })
  renameSync(box.at('a.jpg'), box.at('h/1.jpg'))
  await sync.look()
  rmSync(box.at('h/1.jpg'))
  await sync.look()
  await realClock.sleep(GRACE_MS)
  await sync.look()
  await realClock.sleep(GRACE_MS)
  await sync.look()
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg'])
})

/** Where each goes, and stands for the first look alone. */
const GONE_AGAIN: readonly [name: string, rules: string, goes: (box: DeletesBox) => void, from: string][] = [
  ['got a name that is no unit', '', (box) => renameSync(box.at('a.jpg'), box.at('a.jpg.bak')), 'a.jpg.bak'],
  [
    'was moved aside, and replaced under on_change: replace',
    ', on_change: replace',
    (box) => {
      renameSync(box.at('a.jpg'), box.at('a.jpg.bak'))
      box.put('a.jpg', 'new')
    },
    'a.jpg.bak',
  ],
  [
    'was renamed and edited',
    '',
    (box) => {
      renameSync(box.at('a.jpg'), box.at('z.jpg'))
      appendFileSync(box.at('z.jpg'), 'edited')
    },
    'z.jpg',
  ],
]

test.concurrent.each(GONE_AGAIN)(
  'a file that %s stood there at the first look: one that lacks it there too proves nothing yet',
  async (_, settings, goes, from) => {
    await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
    await using sync = await box.open({ grace: `${GRACE_MS}ms`, settings })
    const row = box.emulator.rows().find(({ title }) => title === 'a.jpg')?.data_hash
    const hashes = () => box.emulator.rows().map(({ data_hash }) => data_hash)
    goes(box)
    await sync.look()
    renameSync(box.at(from), box.beside('away'))
    await realClock.sleep(GRACE_MS)
    await sync.look()
    expect([hashes().includes(row ?? ''), box.deletes()]).toEqual([true, 0])
    await realClock.sleep(GRACE_MS)
    await sync.look()
    await sync.look()
    expect(hashes()).not.toContain(row)
  },
)

test.concurrent('copies that were there before, and are removed one by one within the grace of each other, go each in its own time', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  for (const name of ['1.jpg', '2.jpg', '3.jpg']) box.put(name, 'same')
  await using sync = await box.open({ grace: `${GRACE_MS}ms` })
  rmSync(box.at('1.jpg'))
  await sync.look()
  rmSync(box.at('2.jpg'))
  await sync.look()
  await realClock.sleep(GRACE_MS)
  rmSync(box.at('3.jpg'))
  await sync.look()
  expect(box.titles()).not.toContain('1.jpg')
})

test.concurrent('an older row of a group goes in its time, though further frames of it leave that group', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg', 'g/1.jpg', 'g/2.jpg', 'g/3.jpg')
  await using sync = await box.open({ grace: `${GRACE_MS}ms`, settings: ', regroup_settle: 1s, on_change: replace' })
  const row = box.emulator.rows().find(({ title }) => title === 'g')?.data_hash
  rmSync(box.at('g/1.jpg'))
  await sync.confirm()
  await sync.look()
  await realClock.sleep(GRACE_MS / 2)
  rmSync(box.at('g/2.jpg'))
  await sync.look()
  await realClock.sleep(GRACE_MS / 2)
  await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).not.toContain(row)
})
