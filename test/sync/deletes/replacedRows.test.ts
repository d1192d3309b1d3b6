import { appendFileSync, copyFileSync, cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { type DeletesBox, deletesBox } from '../../support/deletesBox.ts'
import { dicomBytes, slice } from '../../support/dicomBytes.ts'
import { realClock } from '../../support/realClock.ts'

const HELD = 'a newer version took its place'
/** Of a group some frames may stand where they stood. */
const HELD_AS_COPY = /its row came from a.jpg as to a copy|the same content stands at g\/2.jpg, which came later/

/** `b.jpg` takes the place of `a.jpg` as by `mv` to another disk: by copy and unlink. */
function copyOver(box: DeletesBox): void {
  copyFileSync(box.at('b.jpg'), box.at('a.jpg'))
  rmSync(box.at('b.jpg'))
}

test.concurrent('the row of a file that was copied over is an older version, and held, also when what took its place is renamed', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg', 'd.jpg')
  await using sync = await box.open()
  copyOver(box)
  await sync.look()
  renameSync(box.at('a.jpg'), box.at('z.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()).toEqual({ 'a.jpg': expect.stringContaining(HELD) })
})

test.concurrent('under on_change: replace it goes', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg', 'd.jpg')
  await using sync = await box.open({ settings: ', on_change: replace' })
  copyOver(box)
  await sync.look()
  renameSync(box.at('a.jpg'), box.at('z.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['c.jpg', 'd.jpg', 'z.jpg'])
})

test.concurrent('it follows its content once that turns up elsewhere, as a copy may, and stays for a person when that goes', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg', 'd.jpg')
  await using sync = await box.open()
  copyOver(box)
  await sync.look()
  box.put('w.jpg', 'a.jpg')
  await sync.look()
  expect(box.titles()).toEqual(['a.jpg', 'c.jpg', 'd.jpg', 'w.jpg'])
  rmSync(box.at('w.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()).toEqual({ 'w.jpg': expect.stringContaining('came from another place as to a copy') })
  expect(box.deletes()).toBe(0)
})

test.concurrent.each([
  ['was', [1, 2]],
  ['lost a slice and was', [1]],
])(
  'the row of a DICOM series that %s rewritten in place as another one is held, also when its directory is renamed',
  async (_, rewritten) => {
    await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
    mkdirSync(box.at('ct'))
    for (const number of [1, 2]) writeFileSync(box.at(`ct/${number}.dcm`), dicomBytes(slice('1.2.840.7', number)))
    await using sync = await box.open({ settings: ', dicomseries: true, regroup_settle: 200ms' })
    await sync.look()
    expect(box.titles()).toContain('ct')
    const row = box.emulator.rows().find(({ title }) => title === 'ct')?.data_hash
    for (const number of [1, 2]) rmSync(box.at(`ct/${number}.dcm`))
    for (const number of rewritten) writeFileSync(box.at(`ct/${number}.dcm`), dicomBytes(slice('1.2.840.8', number)))
    await sync.look()
    renameSync(box.at('ct'), box.at('anon'))
    await sync.confirm()
    await sync.confirm()
    expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(row)
    expect(sync.notes()).toEqual({ 'ct/1.2.840.7': expect.stringContaining(HELD) })
  },
)

/** Moved aside and written to there, as by a program that still has it open while logs are rotated. */
function moveAside(box: DeletesBox, from: string, to: string): void {
  renameSync(box.at(from), box.at(to))
  appendFileSync(box.at(to), 'the rest of it')
}

const ASIDE: readonly [name: string, row: string, to: string, acts: (box: DeletesBox) => void][] = [
  [
    'a file, and a new one is written in its place',
    'a.jpg',
    'z.jpg',
    (box) => {
      moveAside(box, 'a.jpg', 'z.jpg')
      box.put('a.jpg', 'new')
    },
  ],
  [
    'a file, and another one is moved to its place',
    'a.jpg',
    'z.jpg',
    (box) => {
      moveAside(box, 'a.jpg', 'z.jpg')
      renameSync(box.at('b.jpg'), box.at('a.jpg'))
    },
  ],
  [
    'the frames of a group, and new ones are written in their place',
    'g',
    'h/1.jpg',
    (box) => {
      mkdirSync(box.at('h'))
      for (const name of ['1.jpg', '2.jpg']) {
        moveAside(box, `g/${name}`, `h/${name}`)
        box.put(`g/${name}`, `new ${name}`)
      }
    },
  ],
]

test.concurrent.each(ASIDE)('under on_change: replace what is moved aside and edited keeps its row: %s', async (_, row, to, acts) => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg', 'g/1.jpg', 'g/2.jpg')
  await using sync = await box.open({ settings: ', on_change: replace, regroup_settle: 200ms' })
  acts(box)
  await sync.confirm()
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()[row]).toContain(`its file went to ${to}, and was changed there`)
})

/** The file is seen aside, edited, only after another one was seen in its place: its row is held. */
async function expectHeldAside(box: DeletesBox, sync: Awaited<ReturnType<DeletesBox['open']>>): Promise<void> {
  renameSync(box.at('a.jpg'), box.beside('a.jpg'))
  box.put('a.jpg', 'new')
  await sync.look()
  appendFileSync(box.beside('a.jpg'), 'the rest of it')
  renameSync(box.beside('a.jpg'), box.at('z.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()['a.jpg']).toContain('its file went to z.jpg, and was changed there')
}

test.concurrent('so it does when it is seen there only after what was written in its place', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open({ settings: ', on_change: replace' })
  await expectHeldAside(box, sync)
})

test.concurrent('so it does when its file had been written anew before, with the same content', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open({ settings: ', on_change: replace' })
  copyFileSync(box.at('a.jpg'), box.beside('copy.jpg'))
  renameSync(box.beside('copy.jpg'), box.at('a.jpg'))
  await sync.confirm()
  await expectHeldAside(box, sync)
})

test.concurrent('so it does when that was edited where it stood, as a look saw, before it was moved aside', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open({ settings: ', on_change: replace' })
  copyFileSync(box.at('a.jpg'), box.beside('copy.jpg'))
  renameSync(box.beside('copy.jpg'), box.at('a.jpg'))
  await sync.confirm()
  let isAside = false
  box.onEvent((name) => {
    if (name !== 'folder.scanned' || isAside) return
    isAside = true
    // Within the settle time: what the look saw is not sent.
    moveAside(box, 'a.jpg', 'z.jpg')
    box.put('a.jpg', 'new')
  })
  appendFileSync(box.at('a.jpg'), 'edited')
  await sync.look()
  for (let looks = 0; looks < 3; looks++) await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()['a.jpg']).toContain('its file went to z.jpg, and was changed there')
})

test.concurrent('so it does when the look that finds it replaced comes while the call for its row is on its way', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open({ settings: ', on_change: replace' })
  box.emulator.setFaults({ match: { call: 'POST singleimage', times: 1 }, do: { kind: 'latency', ms: 3_000 } })
  let looked: Promise<void> | null = null
  box.onEvent((name) => {
    if (name !== 'upload.sent' || looked !== null) return
    looked = realClock.sleep(500).then(async () => {
      renameSync(box.at('d.jpg'), box.beside('d.jpg'))
      box.put('d.jpg', 'new')
      await sync.look()
    })
  })
  box.put('d.jpg')
  await sync.look()
  await looked
  appendFileSync(box.beside('d.jpg'), 'the rest of it')
  renameSync(box.beside('d.jpg'), box.at('z.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.deletes()).toBe(0)
  expect(sync.notes()['d.jpg']).toContain('its file went to z.jpg, and was changed there')
})

test.concurrent.each([
  ['and is seen there only once it was edited', false],
  ['and edited after that was seen', true],
])('so does a group whose frame is moved out of it, %s', async (_, isSeen) => {
  await using box = await deletesBox('g/1.jpg', 'g/2.jpg', 'c.jpg')
  await using sync = await box.open({ settings: ', on_change: replace, regroup_settle: 200ms', grace: '4s' })
  mkdirSync(box.at('h'))
  const aside = isSeen ? box.at('h/1.jpg') : box.beside('1.jpg')
  renameSync(box.at('g/1.jpg'), aside)
  await sync.look()
  await sync.look()
  appendFileSync(aside, 'the rest of it')
  if (!isSeen) renameSync(aside, box.at('h/1.jpg'))
  for (let looks = 0; looks < 6; looks++) await sync.confirm()
  expect(box.titles().filter((title) => title === 'g')).toHaveLength(2)
  expect(sync.notes()['g']).toContain('its file went to h/1.jpg, and was changed there')
})

test.concurrent.each([
  ['new ones took the place of all its frames', ['1.jpg', '2.jpg', '3.jpg']],
  ['a new one took the place of that frame', ['1.jpg']],
  ['nothing took its place', []],
])('so does a group of which a frame stands elsewhere as it was, and %s', async (_, written) => {
  await using box = await deletesBox('g/1.jpg', 'g/2.jpg', 'g/3.jpg', 'c.jpg')
  await using sync = await box.open({ settings: ', on_change: replace, regroup_settle: 200ms' })
  const row = box.emulator.rows().find(({ title }) => title === 'g')?.data_hash
  renameSync(box.at('g/1.jpg'), box.at('g1.jpg'))
  for (const name of written) box.put(`g/${name}`, `new ${name}`)
  const held = /its file went to g1.jpg: this row may go with that|the older content still stands at g1.jpg/
  for (let looks = 0; looks < 20 && !held.test(sync.notes()['g'] ?? ''); looks++) await sync.confirm()
  await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(row)
  expect(sync.notes()['g']).toMatch(held)
})

/** As most programs save: under another name first. */
function save(box: DeletesBox, name: string): void {
  box.put('saved.tmp', `saved ${name}`)
  renameSync(box.at('saved.tmp'), box.at(name))
}

const SAVED_ASIDE: readonly [name: string, acts: (box: DeletesBox, look: () => Promise<void>) => Promise<void>][] = [
  [
    'where a new one was written in its place first',
    async (box, look) => {
      moveAside(box, 'a.jpg', 'z.jpg')
      box.put('a.jpg', 'new')
      await look()
      save(box, 'z.jpg')
    },
  ],
  [
    'where a new one is written in its place later',
    async (box, look) => {
      moveAside(box, 'a.jpg', 'z.jpg')
      await look()
      save(box, 'z.jpg')
      await look()
      box.put('a.jpg', 'new')
    },
  ],
  [
    'where it went into a group',
    async (box, look) => {
      renameSync(box.at('a.jpg'), box.at('h/1.jpg'))
      box.put('a.jpg', 'new')
      await look()
      save(box, 'h/1.jpg')
    },
  ],
  [
    'by another file that was moved over it',
    async (box, look) => {
      moveAside(box, 'a.jpg', 'z.jpg')
      box.put('a.jpg', 'new')
      await look()
      renameSync(box.at('b.jpg'), box.at('z.jpg'))
    },
  ],
  [
    'by one that was written only after a look found nothing there',
    async (box, look) => {
      moveAside(box, 'a.jpg', 'z.jpg')
      box.put('a.jpg', 'new')
      await look()
      rmSync(box.at('z.jpg'))
      await look()
      save(box, 'z.jpg')
    },
  ],
  [
    'by such a one while nothing stands in its place',
    async (box, look) => {
      moveAside(box, 'a.jpg', 'z.jpg')
      await look()
      rmSync(box.at('z.jpg'))
      await look()
      save(box, 'z.jpg')
    },
  ],
  [
    'by an editor that leaves a copy of before for a while',
    async (box, look) => {
      moveAside(box, 'a.jpg', 'z.jpg')
      box.put('a.jpg', 'new')
      await look()
      renameSync(box.at('z.jpg'), box.at('z.jpg.bak'))
      save(box, 'z.jpg')
      await look()
      rmSync(box.at('z.jpg.bak'))
    },
  ],
]

test.concurrent.each(SAVED_ASIDE)('so does a row whose file was moved aside, and replaced there within the grace, %s', async (_, acts) => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg', 'h/0.jpg')
  await using sync = await box.open({ settings: ', on_change: replace, regroup_settle: 200ms', grace: '4s' })
  const row = box.emulator.rows().find(({ title }) => title === 'a.jpg')?.data_hash
  await acts(box, async () => {
    await sync.look()
    await sync.look()
  })
  for (let looks = 0; looks < 6; looks++) await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(row)
  expect(sync.notes()['a.jpg']).toContain('what came was changed there since')
})

test.concurrent.each([
  ['a file', 'a.jpg', 'a_orig.jpg', 'a.jpg'],
  ['a group', 'g', 'g_orig', 'g/1.jpg'],
])('the row that went to the copy of %s, which was edited in place, is held when that copy is removed', async (_, from, copy, edited) => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'g/1.jpg', 'g/2.jpg')
  await using sync = await box.open({ settings: ', regroup_settle: 200ms' })
  const row = box.emulator.rows().find(({ title }) => title === from)?.data_hash
  cpSync(box.at(from), box.at(copy), { recursive: true })
  appendFileSync(box.at(edited), 'the rest of it')
  await sync.look()
  await sync.look()
  expect(box.emulator.rows().find(({ title }) => title === copy)?.data_hash).toBe(row)
  rmSync(box.at(copy), { recursive: true })
  await sync.confirm()
  await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(row)
  expect(sync.notes()).toEqual({ [copy]: expect.stringMatching(HELD_AS_COPY) })
})

test.concurrent.each([
  ['a file', 'a.jpg', 'a_orig.jpg', 'a.jpg'],
  ['a group', 'g', 'g_orig', 'g/1.jpg'],
])('so it is of %s on a file system that keeps no birth times, also once the edited one is renamed', async (_, from, copy, edited) => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'g/1.jpg', 'g/2.jpg')
  await using sync = await box.open({ settings: ', regroup_settle: 200ms', birthTimes: 'none' })
  const row = box.emulator.rows().find(({ title }) => title === from)?.data_hash
  cpSync(box.at(from), box.at(copy), { recursive: true })
  appendFileSync(box.at(edited), 'the rest of it')
  await sync.look()
  await sync.look()
  expect(box.emulator.rows().find(({ title }) => title === copy)?.data_hash).toBe(row)
  renameSync(box.at(edited), box.at('z.jpg'))
  rmSync(box.at(copy), { recursive: true })
  await sync.confirm()
  await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(row)
  expect(sync.notes()[copy]).toMatch(HELD_AS_COPY)
})

test.concurrent('so it is of a file that was saved under another name first after it was edited in place', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg')
  await using sync = await box.open()
  const row = box.emulator.rows().find(({ title }) => title === 'a.jpg')?.data_hash
  copyFileSync(box.at('a.jpg'), box.at('a_orig.jpg'))
  appendFileSync(box.at('a.jpg'), 'the rest of it')
  await sync.look()
  await sync.look()
  expect(box.emulator.rows().find(({ title }) => title === 'a_orig.jpg')?.data_hash).toBe(row)
  save(box, 'a.jpg')
  await sync.look()
  rmSync(box.at('a_orig.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(row)
  expect(sync.notes()['a_orig.jpg']).toContain('its row came from a.jpg as to a copy')
})

test.concurrent.each([
  ['lost a frame', (box: DeletesBox) => rmSync(box.at('g/3.jpg'))],
  ['got a frame', (box: DeletesBox) => box.put('g/4.jpg')],
])('so is that of a group which %s as it was copied: its other frames stand where they stood', async (_, changes) => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'g/1.jpg', 'g/2.jpg', 'g/3.jpg')
  // What is left is sent later than the copy is found, on a busy machine too.
  await using sync = await box.open({ settings: ', regroup_settle: 3s' })
  const row = box.emulator.rows().find(({ title }) => title === 'g')?.data_hash
  cpSync(box.at('g'), box.at('g_orig'), { recursive: true })
  changes(box)
  for (let looks = 0; looks < 4; looks++) await sync.confirm()
  expect(box.emulator.rows().find(({ title }) => title === 'g_orig')?.data_hash).toBe(row)
  rmSync(box.at('g_orig'), { recursive: true })
  for (let looks = 0; looks < 3; looks++) await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(row)
  expect(sync.notes()).toEqual({ g_orig: expect.stringContaining('the same content stands at g/1.jpg, which came later') })
})

test.concurrent('a file that is written anew with the same content again and again leaves no more notes each time', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg')
  await using sync = await box.open()
  const notes: number[] = []
  for (let turn = 0; turn < 5; turn++) {
    copyFileSync(box.at('a.jpg'), box.at('saved.tmp'))
    renameSync(box.at('saved.tmp'), box.at('a.jpg'))
    await sync.look()
    const db = new Database(box.beside('state', 'ledger.db'), { readonly: true })
    notes.push(db.prepare("SELECT key FROM meta WHERE key LIKE 'rows-of-file:%'").all().length)
    db.close()
  }
  // The one before the last may stand where that look has not been yet.
  expect(notes).toEqual([1, 2, 3, 3, 3])
})

/** The row of `g` goes elsewhere as that is left; what is left waits to be sent, and is edited once the row's new place is removed. */
async function expectHeldUnsent(
  birthTimes: 'kept' | 'none',
  to: string,
  leaves: (box: DeletesBox) => void,
  edited: readonly string[],
): Promise<void> {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'g/1.jpg', 'g/2.jpg', 'g/3.jpg')
  await using sync = await box.open({ settings: ', regroup_settle: 200ms', birthTimes })
  const row = box.emulator.rows().find(({ title }) => title === 'g')?.data_hash
  box.emulator.setFaults({ match: { call: 'PUT bucket' }, do: { kind: 'status', status: 503 } })
  leaves(box)
  for (let looks = 0; looks < 3; looks++) await sync.confirm()
  expect(box.emulator.rows().find(({ title }) => title === to)?.data_hash).toBe(row)
  rmSync(box.at(to), { recursive: true })
  await sync.confirm()
  for (const name of edited) box.put(name, `${name}, edited`)
  for (let looks = 0; looks < 3; looks++) await sync.confirm()
  box.emulator.setFaults()
  for (let looks = 0; looks < 3; looks++) await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash }) => data_hash)).toContain(row)
  expect(sync.notes()).toEqual({ [to]: expect.stringContaining('what came was changed there since') })
}

test.concurrent.each(['kept', 'none'] as const)(
  'so it is where those are edited before they are sent, birth times being %s',
  async (birthTimes) => {
    const leaves = (box: DeletesBox): void => {
      cpSync(box.at('g'), box.at('g_orig'), { recursive: true })
      rmSync(box.at('g/3.jpg'))
    }
    await expectHeldUnsent(birthTimes, 'g_orig', leaves, ['g/1.jpg', 'g/2.jpg'])
  },
)

test.concurrent.each(['kept', 'none'] as const)(
  'so it is of a renamed group, when a copy of one of its frames stands in its place, and is edited before it is sent, birth times being %s',
  async (birthTimes) => {
    const leaves = (box: DeletesBox): void => {
      renameSync(box.at('g'), box.at('h'))
      mkdirSync(box.at('g'))
      copyFileSync(box.at('h/1.jpg'), box.at('g/1.jpg'))
    }
    await expectHeldUnsent(birthTimes, 'h', leaves, ['g/1.jpg'])
  },
)
