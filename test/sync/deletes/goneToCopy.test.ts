import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { changes } from '../../../src/app/changes.ts'
import { type BirthTimes, copy, EITHER, edit, glance, hashes, looks, rowOf, type Sync, save } from '../../support/copyWork.ts'
import { type DeletesBox, deletesBox } from '../../support/deletesBox.ts'
import { dicomBytes, slice } from '../../support/dicomBytes.ts'
import { localParts } from '../../support/localParts.ts'
import { realClock } from '../../support/realClock.ts'

const KEPT: readonly BirthTimes[] = ['kept']
const NUMBERS = [1, 2]
/** Between two files that come to rest one after the other, so that the first one is read before, ms. */
const APART_MS = 2_000

function writeSeries(box: DeletesBox, series: string): void {
  mkdirSync(box.at('ct'), { recursive: true })
  for (const number of NUMBERS) writeFileSync(box.at(`ct/${number}.dcm`), dicomBytes(slice(series, number)))
}

/** What a person does to `of`, of which a copy is kept as `kept`. */
type Case = {
  readonly what: string
  readonly on: readonly BirthTimes[]
  readonly of: string
  readonly kept: string
  readonly settle: string
  readonly acts: (box: DeletesBox, sync: Sync) => Promise<void>
}

const CASES: readonly Case[] = [
  {
    what: 'a series that gets another id',
    on: EITHER,
    of: 'ct',
    kept: 'ct_orig',
    settle: '1s',
    async acts(box) {
      copy(box, 'ct', 'ct_orig')
      writeSeries(box, '1.2.840.8')
    },
  },
  {
    what: 'a group whose frames get new names',
    on: EITHER,
    of: 'g',
    kept: 'g_orig',
    settle: '1s',
    async acts(box) {
      copy(box, 'g', 'g_orig')
      for (const number of NUMBERS) {
        box.put(`g/${number}_edited.jpg`)
        rmSync(box.at(`g/${number}.jpg`))
      }
    },
  },
  {
    what: 'a group that grows, edited later',
    on: EITHER,
    of: 'g',
    kept: 'g_orig',
    settle: '1s',
    async acts(box, sync) {
      copy(box, 'g', 'g_orig')
      for (const number of NUMBERS) renameSync(box.at(`g/${number}.jpg`), box.at(`g/y${number}.jpg`))
      box.put('g/x.jpg')
      await looks(sync, 3)
      edit(box, 'g/y1.jpg', 'g/y2.jpg')
    },
  },
  {
    what: 'a file on another disk',
    on: EITHER,
    of: 'a.jpg',
    kept: 'a_orig.jpg',
    settle: '6s',
    async acts(box, sync) {
      copy(box, 'a.jpg', 'a_orig.jpg')
      await realClock.sleep(APART_MS)
      copy(box, 'a.jpg', 'a_work.jpg')
      rmSync(box.at('a.jpg'))
      await looks(sync, 2)
      edit(box, 'a_work.jpg')
    },
  },
  {
    what: 'saved, seen, renamed and edited',
    on: EITHER,
    of: 'a.jpg',
    kept: 'a_orig.jpg',
    settle: '6s',
    async acts(box, sync) {
      copy(box, 'a.jpg', 'a_orig.jpg')
      save(box, 'a.jpg')
      edit(box, 'a.jpg')
      await glance(sync, '')
      renameSync(box.at('a.jpg'), box.at('z.jpg'))
      edit(box, 'z.jpg')
    },
  },
  {
    what: 'frames saved, and then moved',
    on: EITHER,
    of: 'g',
    kept: 'g_orig',
    settle: '6s',
    async acts(box, sync) {
      copy(box, 'g', 'g_orig')
      for (const number of NUMBERS) save(box, `g/${number}.jpg`)
      await glance(sync, 'g')
      renameSync(box.at('g'), box.at('h'))
      edit(box, 'h/1.jpg', 'h/2.jpg')
    },
  },
  {
    what: 'edited, and ignored later',
    on: KEPT,
    of: 'a.jpg',
    kept: 'a_orig.jpg',
    settle: '1s',
    async acts(box, sync) {
      copy(box, 'a.jpg', 'a_orig.jpg')
      edit(box, 'a.jpg')
      await looks(sync, 2)
      writeFileSync(box.at('.encordignore'), 'a.jpg\n')
      await looks(sync, 2)
    },
  },
]

test.concurrent.each(CASES.flatMap(({ on, ...one }) => on.map((birthTimes) => ({ ...one, birthTimes }))))(
  'the row that went to the copy of an original stays when that is removed: $what (birth times $birthTimes)',
  async ({ of, kept, settle, acts, birthTimes }) => {
    await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg', 'g/1.jpg', 'g/2.jpg')
    writeSeries(box, '1.2.840.7')
    await using sync = await box.open({ settings: ', regroup_settle: 1s, dicomseries: true', settle: { IN: settle }, birthTimes })
    await looks(sync, 1)
    const row = rowOf(box, of)
    expect(row).toBeDefined()
    await acts(box, sync)
    await looks(sync, 3)
    expect(rowOf(box, kept)).toBe(row)
    rmSync(box.at(kept), { recursive: true })
    await looks(sync, 3)
    expect(hashes(box)).toContain(row)
  },
)

test.concurrent('the row of two copies of a renamed file stays when that which it went to is removed, where no birth times are kept', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open({ settle: { IN: '6s' }, birthTimes: 'none' })
  const row = rowOf(box, 'a.jpg')
  copy(box, 'a.jpg', 'a_orig.jpg')
  await realClock.sleep(APART_MS)
  renameSync(box.at('a.jpg'), box.at('a_work.jpg'))
  await looks(sync, 2)
  const [kept, other] = rowOf(box, 'a_orig.jpg') === row ? ['a_orig.jpg', 'a_work.jpg'] : ['a_work.jpg', 'a_orig.jpg']
  expect(rowOf(box, kept)).toBe(row)
  edit(box, other)
  await looks(sync, 2)
  rmSync(box.at(kept))
  await looks(sync, 3)
  expect(hashes(box)).toContain(row)
})

test.concurrent('the row that went to a copy stays when that is removed, once the folder of the original left the config', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  for (const name of ['x.jpg', 'y.jpg', 'w.jpg']) box.put(name, name, 'OUT')
  let row: string | undefined
  {
    await using sync = await box.open({ folders: ['IN', 'OUT'] })
    await looks(sync, 1)
    row = rowOf(box, 'a.jpg')
    copyFileSync(box.at('a.jpg'), box.beside('OUT', 'a_orig.jpg'))
    save(box, 'a.jpg')
    await looks(sync, 2)
    expect(rowOf(box, 'a_orig.jpg')).toBe(row)
  }
  await using sync = await box.open({ folders: ['OUT'] })
  await looks(sync, 2)
  rmSync(box.beside('OUT', 'a_orig.jpg'))
  await looks(sync, 3)
  expect(hashes(box)).toContain(row)
})

test.concurrent('so does one whose original was renamed and edited, and moved to another disk later', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  const row = rowOf(box, 'a.jpg')
  copy(box, 'a.jpg', 'a_orig.jpg')
  renameSync(box.at('a.jpg'), box.at('z.jpg'))
  edit(box, 'z.jpg')
  await looks(sync, 2)
  expect(rowOf(box, 'a_orig.jpg')).toBe(row)
  copy(box, 'z.jpg', 'work.jpg')
  rmSync(box.at('z.jpg'))
  await looks(sync, 3)
  rmSync(box.at('a_orig.jpg'))
  await looks(sync, 3)
  expect(hashes(box)).toContain(row)
})

test.concurrent('so does one that a listing left out meanwhile, and that a person had sent again', async () => {
  await using box = await deletesBox('b.jpg', 'c.jpg', 'd.jpg')
  await using sync = await box.open()
  await looks(sync, 1)
  // The half of the rows that a cut listing leaves out has the newest ones.
  box.put('a.jpg')
  await looks(sync, 2)
  const row = rowOf(box, 'a.jpg')
  copy(box, 'a.jpg', 'a_orig.jpg')
  edit(box, 'a.jpg')
  await looks(sync, 2)
  expect(rowOf(box, 'a_orig.jpg')).toBe(row)
  const { ledger } = sync
  box.emulator.setFaults({ match: { call: 'GET dataset' }, do: { kind: 'listing', shape: 'half' } })
  ledger.remotes.markDue(1)
  await looks(sync, 2)
  await sync.setPaused(true)
  await changes(localParts({ ledger }, [], { nowMs: realClock.wallMs() })).retry({ paths: [box.at('a_orig.jpg')], asIs: false })
  // As it is once a day.
  ledger.past.forget({ beforeMs: 0, newestVersion: 0 })
  box.emulator.setFaults()
  ledger.remotes.markDue(1)
  await sync.setPaused(false)
  await looks(sync, 2)
  rmSync(box.at('a_orig.jpg'))
  await looks(sync, 3)
  expect(hashes(box)).toContain(row)
})
