import { copyFileSync, renameSync, rmSync, utimesSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type BirthTimes, copy, EITHER, edit, glance, looks, rowOf, type Sync, save } from '../../support/copyWork.ts'
import { type DeletesBox, deletesBox } from '../../support/deletesBox.ts'

type Acts = (box: DeletesBox, sync: Sync) => Promise<void>

const BARE: readonly BirthTimes[] = ['none']

/** Shorter than it takes to be at rest, where `settle` is `LONG`. */
const LONG = '6s'
const SHORT = '1s'

function saveUnchanged(box: DeletesBox, name: string): void {
  copyFileSync(box.at(name), box.at('saved.tmp'))
  renameSync(box.at('saved.tmp'), box.at(name))
}

function keptAs(name: string): string {
  return name === 'g' ? 'g_orig' : 'a_orig.jpg'
}

function copyOf(box: DeletesBox, name: string): void {
  copy(box, name, keptAs(name))
}

/** What a person does to `a.jpg`, or to the group `g`, and to a copy of it, `a_orig.jpg` or `g_orig`. */
type Work = {
  readonly what: string
  readonly on: readonly BirthTimes[]
  readonly of: 'a.jpg' | 'g'
  readonly settle: string
  readonly acts: Acts
}

const EDITED: readonly Work[] = [
  {
    what: 'saved unchanged, then edited',
    on: BARE,
    of: 'a.jpg',
    settle: SHORT,
    async acts(box, sync) {
      saveUnchanged(box, 'a.jpg')
      await looks(sync, 2)
      copyOf(box, 'a.jpg')
      edit(box, 'a.jpg')
    },
  },
  {
    what: 'a copy put back, then edited',
    on: BARE,
    of: 'a.jpg',
    settle: SHORT,
    async acts(box, sync) {
      renameSync(box.at('a.jpg'), box.beside('kept.jpg'))
      copyFileSync(box.beside('kept.jpg'), box.at('a.jpg'))
      await looks(sync, 2)
      edit(box, 'a.jpg')
      renameSync(box.beside('kept.jpg'), box.at('a_orig.jpg'))
    },
  },
  {
    what: 'frames saved unchanged, edited',
    on: BARE,
    of: 'g',
    settle: SHORT,
    async acts(box, sync) {
      for (const name of ['g/1.jpg', 'g/2.jpg']) saveUnchanged(box, name)
      await looks(sync, 3)
      copyOf(box, 'g')
      for (const name of ['g/1.jpg', 'g/2.jpg']) edit(box, name)
    },
  },
  {
    what: 'one more frame, edited later',
    on: BARE,
    of: 'g',
    settle: SHORT,
    async acts(box, sync) {
      copyOf(box, 'g')
      box.put('g/3.jpg')
      await looks(sync, 3)
      for (const name of ['g/1.jpg', 'g/2.jpg']) edit(box, name)
    },
  },
  {
    what: 'a frame saved, another edited',
    on: BARE,
    of: 'g',
    settle: SHORT,
    async acts(box, sync) {
      copyOf(box, 'g')
      save(box, 'g/1.jpg')
      await looks(sync, 3)
      edit(box, 'g/2.jpg')
    },
  },
  {
    what: 'frames renamed, then saved',
    on: EITHER,
    of: 'g',
    settle: SHORT,
    async acts(box, sync) {
      for (const name of ['1.jpg', '2.jpg']) renameSync(box.at(`g/${name}`), box.at(`g/0${name}`))
      await looks(sync, 3)
      copyOf(box, 'g')
      for (const name of ['g/01.jpg', 'g/02.jpg']) save(box, name)
    },
  },
  {
    what: 'saved at once',
    on: EITHER,
    of: 'a.jpg',
    settle: SHORT,
    async acts(box) {
      copyOf(box, 'a.jpg')
      save(box, 'a.jpg')
    },
  },
  {
    what: 'seen, then saved',
    on: EITHER,
    of: 'a.jpg',
    settle: LONG,
    async acts(box, sync) {
      copyOf(box, 'a.jpg')
      await glance(sync)
      save(box, 'a.jpg')
    },
  },
  {
    what: 'frames seen, then saved',
    on: EITHER,
    of: 'g',
    settle: LONG,
    async acts(box, sync) {
      copyOf(box, 'g')
      await glance(sync)
      for (const name of ['g/1.jpg', 'g/2.jpg']) save(box, name)
    },
  },
  {
    what: 'edited, seen, then saved',
    on: EITHER,
    of: 'a.jpg',
    settle: LONG,
    async acts(box, sync) {
      copyOf(box, 'a.jpg')
      edit(box, 'a.jpg')
      await glance(sync)
      save(box, 'a.jpg')
    },
  },
  {
    what: 'edited, seen, then renamed',
    on: BARE,
    of: 'a.jpg',
    settle: LONG,
    async acts(box, sync) {
      copyOf(box, 'a.jpg')
      edit(box, 'a.jpg')
      await glance(sync)
      renameSync(box.at('a.jpg'), box.at('z.jpg'))
    },
  },
]

type TriedWork = Work & { readonly birthTimes: BirthTimes }

function onEach(work: Work): readonly TriedWork[] {
  return work.on.map((birthTimes) => ({ ...work, birthTimes }))
}

/** The work, all that follows from it; then the copy is removed, and all that follows from that. Is the row of before there? */
async function isRowThere({ of, settle, acts, birthTimes }: TriedWork): Promise<boolean> {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg', 'g/1.jpg', 'g/2.jpg')
  await using sync = await box.open({ settings: ', regroup_settle: 1s', settle: { IN: settle }, birthTimes })
  const row = rowOf(box, of)
  await acts(box, sync)
  await looks(sync, 2)
  expect(rowOf(box, keptAs(of))).toBe(row)
  rmSync(box.at(keptAs(of)), { recursive: true })
  await looks(sync, 2)
  return box.emulator.rows().some(({ data_hash }) => data_hash === row)
}

test.concurrent.each(EDITED.flatMap(onEach))(
  'the row that went to a copy stays when that is removed, where the original was $what (birth times $birthTimes)',
  async (work) => expect(await isRowThere(work)).toBe(true),
)

const RENAMED: readonly Work[] = [
  {
    what: 'a file, and a new one written',
    on: EITHER,
    of: 'a.jpg',
    settle: SHORT,
    async acts(box) {
      renameSync(box.at('a.jpg'), box.at('a_orig.jpg'))
      box.put('a.jpg', 'new')
    },
  },
  {
    what: 'a file, and one that grows',
    on: EITHER,
    of: 'a.jpg',
    settle: LONG,
    async acts(box, sync) {
      renameSync(box.at('a.jpg'), box.at('a_orig.jpg'))
      box.put('a.jpg', 'new')
      await glance(sync)
      edit(box, 'a.jpg')
    },
  },
  {
    what: 'one touched, and a new one written',
    on: EITHER,
    of: 'a.jpg',
    settle: SHORT,
    async acts(box) {
      renameSync(box.at('a.jpg'), box.at('a_orig.jpg'))
      utimesSync(box.at('a_orig.jpg'), 1, 1)
      box.put('a.jpg', 'new')
    },
  },
  {
    what: 'one saved unchanged before',
    on: EITHER,
    of: 'a.jpg',
    settle: SHORT,
    async acts(box, sync) {
      saveUnchanged(box, 'a.jpg')
      await looks(sync, 2)
      renameSync(box.at('a.jpg'), box.at('a_orig.jpg'))
      utimesSync(box.at('a_orig.jpg'), 1, 1)
      box.put('a.jpg', 'new')
    },
  },
  {
    what: 'a group, and new frames written',
    on: EITHER,
    of: 'g',
    settle: SHORT,
    async acts(box) {
      renameSync(box.at('g'), box.at('g_orig'))
      for (const name of ['g/1.jpg', 'g/2.jpg']) box.put(name, `new ${name}`)
    },
  },
]

test.concurrent.each(RENAMED.flatMap(onEach).filter(({ birthTimes }) => birthTimes === 'kept'))(
  'a row goes with what was renamed: $what in its place',
  async (work) => expect(await isRowThere(work)).toBe(false),
)

test.concurrent.each(RENAMED.flatMap(onEach).filter(({ birthTimes }) => birthTimes === 'none'))(
  'where no birth times are kept nothing proves a rename, and the row stays: $what in its place',
  async (work) => expect(await isRowThere(work)).toBe(true),
)

const MOVED: readonly Work[] = [
  {
    what: 'a file',
    on: EITHER,
    of: 'a.jpg',
    settle: SHORT,
    acts: async (box) => renameSync(box.at('a.jpg'), box.at('a_orig.jpg')),
  },
  {
    what: 'a group',
    on: EITHER,
    of: 'g',
    settle: SHORT,
    acts: async (box) => renameSync(box.at('g'), box.at('g_orig')),
  },
]

test.concurrent.each(MOVED.flatMap(onEach))(
  'a row goes with what was renamed, where nothing stands in its place: $what (birth times $birthTimes)',
  async (work) => expect(await isRowThere(work)).toBe(false),
)

test.concurrent('where no birth times are kept nothing proves that a touched file was renamed: its row stays when that goes', async () => {
  const acts: Acts = async (box) => {
    renameSync(box.at('a.jpg'), box.at('a_orig.jpg'))
    utimesSync(box.at('a_orig.jpg'), 1, 1)
  }
  expect(await isRowThere({ of: 'a.jpg', what: 'a file', on: BARE, settle: SHORT, acts, birthTimes: 'none' })).toBe(true)
})

test.concurrent.each(MOVED.map(({ of, what }) => ({ of, what })))(
  'a row follows what was moved to another disk, and stays for a person when that is removed: $what',
  async ({ of, what }) => {
    const acts: Acts = async (box) => {
      copyOf(box, of)
      rmSync(box.at(of), { recursive: true })
    }
    expect(await isRowThere({ of, what, on: EITHER, settle: SHORT, acts, birthTimes: 'kept' })).toBe(true)
  },
)

test.concurrent.each(EITHER)(
  'a file that is edited, and renamed before that was read, keeps its row (birth times %s)',
  async (birthTimes) => {
    await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
    await using sync = await box.open({ settle: { IN: LONG }, birthTimes })
    edit(box, 'a.jpg')
    await glance(sync)
    renameSync(box.at('a.jpg'), box.at('z.jpg'))
    await looks(sync, 3)
    expect(box.deletes()).toBe(0)
  },
)
