import { appendFileSync, cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { changes } from '../../../src/app/changes.ts'
import { openDisk } from '../../../src/app/disk.ts'
import { openLedger } from '../../../src/store/openLedger.ts'
import { type DeletesBox, deletesBox } from '../../support/deletesBox.ts'
import { localParts } from '../../support/localParts.ts'

const PATIENT = { timeout: 60_000, interval: 10 } as const

type Running = Awaited<ReturnType<DeletesBox['open']>>

function person({ ledger }: Pick<Running, 'ledger'>) {
  const disk = openDisk(() => Promise.reject(new Error('no walk')))
  return changes({ ...localParts({ ledger }, []), disk, wallMs: () => Date.now() })
}

function backUp(box: DeletesBox): void {
  cpSync(box.beside('state'), box.beside('backup'), { recursive: true })
}

function putStateBack(box: DeletesBox): void {
  rmSync(box.beside('state'), { recursive: true })
  cpSync(box.beside('backup'), box.beside('state'), { recursive: true })
}

/** A person keeps the row of a file that is removed. */
async function rejectGone(box: DeletesBox): Promise<void> {
  await using sync = await box.open({ deletes: ', mode: hold' })
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  await person(sync).reject({ id: sync.ledger.candidates.batches(1)[0]?.id ?? 0 })
}

/** The ledger of the backup; the folder remembers that one went on. */
function restore(box: DeletesBox): void {
  const alive = JSON.parse(readFileSync(box.at('.encord-sync/alive'), 'utf8'))
  writeFileSync(box.at('.encord-sync/alive'), JSON.stringify({ ...alive, sequence: alive.sequence + 60, released: true }))
  putStateBack(box)
}

test.concurrent.each([
  { what: 'a person rejected', accept: 'ledger' },
  { what: 'deletes.mode: hold kept', accept: 'ledger' },
  { what: 'a person rejected', accept: 'folder' },
] as const)(
  'what $what since the backup of a ledger stays once the $accept is accepted, and what goes later goes by itself',
  async (one) => {
    await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
    await (await box.open())[Symbol.asyncDispose]()
    backUp(box)
    {
      await using sync = await box.open({ deletes: ', mode: hold' })
      rmSync(box.at('a.jpg'))
      await sync.confirm()
      if (one.what === 'a person rejected') await person(sync).reject({ id: sync.ledger.candidates.batches(1)[0]?.id ?? 0 })
    }
    restore(box)
    await using sync = await box.open()
    await sync.look()
    expect(sync.ledger.folders.get(1).state).toBe('frozen')
    await (one.accept === 'ledger' ? person(sync).acceptLedger() : person(sync).acceptFolder({ folder: box.at() }))
    await sync.look()
    rmSync(box.at('b.jpg'))
    await sync.confirm()
    await sync.confirm()
    expect(sync.notes()).toEqual({ 'a.jpg': expect.stringMatching(/^it was gone.* before the ledger was accepted/) })
    expect(box.titles()).toEqual(['a.jpg', 'c.jpg'])
  },
)

test.concurrent.each([
  ['rejected a delete', (sync: Running) => person(sync).reject({ id: sync.ledger.candidates.batches(1)[0]?.id ?? 0 })],
  ['paused the folder', (sync: Running) => person(sync).pause({ folder: null, forMs: null })],
  ['accepted the ledger', (sync: Running) => person(sync).acceptLedger()],
])('a ledger that is put back to a moment before a person %s, with nothing else since, is frozen', async (_, act) => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  {
    await using sync = await box.open({ deletes: ', mode: hold' })
    rmSync(box.at('a.jpg'))
    await sync.confirm()
    await sync.confirm()
    // The folder knows how far the ledger is.
    await person(sync).pause({ folder: null, forMs: null })
    await person(sync).resume({ folder: null })
    backUp(box)
    await act(sync)
  }
  putStateBack(box)
  await using sync = await box.open()
  await sync.look()
  expect(sync.ledger.folders.get(1).state).toBe('frozen')
})

test.concurrent('so is one that was put back while the disk of its folder was away, however long it takes until that is back', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await (await box.open())[Symbol.asyncDispose]()
  backUp(box)
  await rejectGone(box)
  putStateBack(box)
  renameSync(box.at(), box.beside('away'))
  await using sync = await box.open()
  expect(sync.ledger.folders.get(1).state).toBe('absent')
  // A service does so each minute, to be seen to move.
  for (let minutes = 0; minutes < 200; minutes++) await sync.ledger.commit(() => undefined)
  renameSync(box.beside('away'), box.at())
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'c.jpg'])
  expect(sync.ledger.folders.get(1).state).toBe('frozen')
})

test.concurrent.each(['that another ledger kept meanwhile', 'without its marker, after its ledger was put back'])(
  'so does what a person rejected once a folder is accepted %s',
  async (which) => {
    await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
    {
      await using _sync = await box.open()
      // The next ledger finds its rows by them.
      await vi.waitFor(() => expect(box.emulator.rows().filter((row) => row.client_metadata !== null)).toHaveLength(3), PATIENT)
    }
    backUp(box)
    if (which === 'that another ledger kept meanwhile') rmSync(box.beside('state'), { recursive: true })
    {
      await using sync = await box.open({ deletes: ', mode: hold' })
      await person(sync).acceptFolder({ folder: box.at() })
      await sync.look()
      rmSync(box.at('a.jpg'))
      await sync.confirm()
      await person(sync).reject({ id: sync.ledger.candidates.batches(1)[0]?.id ?? 0 })
    }
    restore(box)
    if (which !== 'that another ledger kept meanwhile') rmSync(box.at('.encord-sync'), { recursive: true })
    await using sync = await box.open()
    await sync.look()
    expect(sync.ledger.folders.get(1).state).toBe('restored')
    await person(sync).acceptFolder({ folder: box.at() })
    await sync.look()
    rmSync(box.at('b.jpg'))
    await sync.confirm()
    await sync.confirm()
    expect(sync.notes()).toEqual({ 'a.jpg': expect.stringMatching(/^it was gone.* before the ledger was accepted/) })
    expect(box.titles()).toEqual(['a.jpg', 'c.jpg'])
  },
)

test.concurrent.each(['', ', also where the folder is accepted before any look'])(
  'a ledger that is put back after another one had the folder for a while is frozen%s',
  async (which) => {
    await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
    {
      await using _sync = await box.open()
      await vi.waitFor(() => expect(box.emulator.rows().filter((row) => row.client_metadata !== null)).toHaveLength(3), PATIENT)
    }
    backUp(box)
    await rejectGone(box)
    // Lost, and tried without.
    rmSync(box.beside('state'), { recursive: true })
    {
      await using sync = await box.open()
      box.put('d.jpg')
      await sync.look()
      expect(sync.ledger.folders.get(1).state).toBe('restored')
      await vi.waitFor(() => expect(box.titles()).toHaveLength(4), PATIENT)
    }
    putStateBack(box)
    if (which !== '') {
      const ledger = openLedger(box.beside('state/ledger.db'), [], () => undefined)
      expect(await person({ ledger }).acceptFolder({ folder: box.at() })).toMatchObject({
        state: 'frozen',
        next: 'encord-sync ledger accept',
      })
      ledger.close()
    }
    await using sync = await box.open()
    await sync.confirm()
    await sync.confirm()
    expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg'])
    expect(sync.ledger.folders.get(1)).toMatchObject({ state: 'frozen', why: expect.stringContaining('another ledger kept') })
    await person(sync).acceptLedger()
    await sync.look()
    rmSync(box.at('b.jpg'))
    await sync.confirm()
    await sync.confirm()
    expect(sync.notes()).toEqual({ 'a.jpg': expect.stringMatching(/^it was gone.* before the ledger was accepted/) })
    expect(box.titles()).toEqual(['a.jpg', 'c.jpg', 'd.jpg'])
  },
)

test.concurrent('a folder that never had a marker is accepted without a word on what is gone from others', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  box.put('z.jpg', 'z.jpg', 'TWO')
  writeFileSync(box.beside('TWO', '.encord-sync'), '')
  await using sync = await box.open({ folders: ['IN', 'TWO'] })
  await sync.look()
  expect(sync.ledger.folders.get(2).marker).toBe('unwritable')
  rmSync(box.at('a.jpg'))
  await sync.look('IN')
  rmSync(box.beside('TWO', '.encord-sync'))
  await person(sync).acceptFolder({ folder: box.beside('TWO') })
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()).toEqual({})
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg', 'z.jpg'])
})

test.concurrent.each([
  { what: 'file', original: 'x.jpg', edited: 'x.jpg', copy: 'y.jpg' },
  { what: 'group', original: 'x', edited: 'x/1.jpg', copy: 'y' },
])(
  'the row of a $what that was edited since the backup, and is ignored now, does not go with a copy of it',
  async ({ original, edited, copy }) => {
    await using box = await deletesBox('a.jpg', 'b.jpg', ...(original === 'x' ? ['x/1.jpg', 'x/2.jpg'] : [original]))
    const settings = ', regroup_settle: 1s'
    const noted = (count: number) =>
      vi.waitFor(() => expect(box.emulator.rows().filter((row) => row.client_metadata !== null)).toHaveLength(count), PATIENT)
    {
      await using _sync = await box.open({ settings })
      await noted(3)
    }
    backUp(box)
    {
      await using sync = await box.open({ settings })
      box.put(edited, 'edited')
      await sync.look()
      await noted(4)
    }
    const hash = box.emulator.rows().at(-1)?.data_hash
    restore(box)
    cpSync(box.at(original), box.at(copy), { recursive: true })
    await using sync = await box.open({ settings: `${settings}, ignore: ["${original}"]` })
    await person(sync).acceptLedger()
    await sync.look()
    await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', original, copy].sort()), PATIENT)
    rmSync(box.at(copy), { recursive: true })
    await sync.confirm()
    await sync.confirm()
    expect(sync.notes()).toEqual({ [copy]: expect.stringMatching(/its own file may have stood/) })
    expect(box.emulator.rows().map((row) => row.data_hash)).toContain(hash)
  },
)

/** The last row of this title, once so many carry our note. */
async function notedRow(box: DeletesBox, title: string, count: number): Promise<string | undefined> {
  await vi.waitFor(() => expect(box.emulator.rows().filter((row) => row.client_metadata !== null)).toHaveLength(count), PATIENT)
  return box.emulator.rows().findLast((row) => row.title === title)?.data_hash
}

test.concurrent('nor does that of a file which was edited since the backup, copied, and edited once more in its place before any look', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'x.jpg')
  {
    await using _sync = await box.open()
    await notedRow(box, 'x.jpg', 3)
  }
  backUp(box)
  appendFileSync(box.at('x.jpg'), 'edited')
  const first = await box.open()
  const hash = await notedRow(box, 'x.jpg', 4)
  await first[Symbol.asyncDispose]()
  restore(box)
  cpSync(box.at('x.jpg'), box.at('y.jpg'))
  appendFileSync(box.at('x.jpg'), 'once more')
  await using sync = await box.open()
  await person(sync).acceptLedger()
  await sync.look()
  await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'x.jpg', 'x.jpg', 'y.jpg']), PATIENT)
  rmSync(box.at('y.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()).toMatchObject({ 'y.jpg': expect.stringMatching(/its own file may have stood/) })
  expect(box.emulator.rows().map((row) => row.data_hash)).toContain(hash)
})

test.concurrent('nor does that of a file which had been refused before the backup, and was sent since, once it is edited', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg')
  {
    await using sync = await box.open()
    await notedRow(box, 'a.jpg', 2)
    box.emulator.setFaults({ match: { call: 'GET signedimagesurl' }, do: { kind: 'error', word: 'FILE_TYPE_NOT_SUPPORTED_ERROR' } })
    box.put('x.jpg')
    // Of no size that is known: nobody has read it.
    appendFileSync(box.at('x.jpg'), 'longer')
    await sync.look()
    await vi.waitFor(() => expect(sync.ledger.units.byKey(1, 'file', 'x.jpg')?.work).toBe('rejected'), PATIENT)
  }
  backUp(box)
  box.emulator.setFaults()
  {
    await using sync = await box.open()
    await person(sync).retry({ paths: [box.at('x.jpg')], asIs: false })
  }
  const second = await box.open()
  const hash = await notedRow(box, 'x.jpg', 3)
  await second[Symbol.asyncDispose]()
  restore(box)
  cpSync(box.at('x.jpg'), box.at('y.jpg'))
  await using sync = await box.open()
  await person(sync).acceptLedger()
  await sync.look()
  await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'y.jpg']), PATIENT)
  appendFileSync(box.at('x.jpg'), 'edited')
  await sync.look()
  await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'x.jpg', 'y.jpg']), PATIENT)
  rmSync(box.at('y.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()).toEqual({ 'y.jpg': expect.stringMatching(/its own file may have stood/) })
  expect(box.emulator.rows().map((row) => row.data_hash)).toContain(hash)
})

test.concurrent('an approval of before the backup lets no row go whose file was back since', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  const deletes = ', mode: hold'
  {
    await using sync = await box.open({ deletes })
    rmSync(box.at('a.jpg'))
    await sync.confirm()
    await sync.setPaused(true)
    await sync.approve()
  }
  backUp(box)
  box.put('a.jpg')
  {
    await using sync = await box.open({ deletes })
    await sync.setPaused(false)
    await sync.look()
    expect(sync.notes()).toEqual({})
    rmSync(box.at('a.jpg'))
    await sync.confirm()
  }
  restore(box)
  await using sync = await box.open({ deletes })
  await sync.look()
  expect(sync.ledger.folders.get(1).state).toBe('frozen')
  const { settled } = await person(sync).acceptLedger()
  expect(settled).toContain('1 approved row waits for a decision again')
  await sync.setPaused(false)
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'c.jpg'])
  await sync.approve()
  await sync.look()
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg'])
})

test.concurrent('the limit counts what was deleted since the backup of a ledger that was put back', async () => {
  const names = [...'abcdefgh'].map((one) => `${one}.jpg`)
  await using box = await deletesBox(...names)
  const limit = 'count: 2, percent: 100, per: 24h'
  await (await box.open({ limit }))[Symbol.asyncDispose]()
  backUp(box)
  {
    await using sync = await box.open({ limit })
    for (const name of names.slice(0, 2)) rmSync(box.at(name))
    await sync.confirm()
    await sync.confirm()
    expect(box.titles()).toHaveLength(6)
  }
  restore(box)
  await using sync = await box.open({ limit })
  await sync.look()
  expect(sync.ledger.folders.get(1).state).toBe('frozen')
  await person(sync).acceptLedger()
  await sync.look()
  for (const name of names.slice(2, 4)) rmSync(box.at(name))
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toHaveLength(6)
  expect(sync.notes()).toEqual({
    'c.jpg': expect.stringContaining('exceed the limit'),
    'd.jpg': expect.stringContaining('exceed the limit'),
  })
})

test.concurrent('a ledger that one folder tells to be an older one lets no row of any other go until it is accepted', async () => {
  await using box = await deletesBox('a.jpg')
  const folders = ['IN', 'SILENT']
  for (const name of ['b.jpg', 'c.jpg', 'd.jpg']) box.put(name, name, 'SILENT')
  await (await box.open({ folders }))[Symbol.asyncDispose]()
  // No sign of life can be left there.
  rmSync(box.beside('SILENT', '.encord-sync', 'alive'))
  mkdirSync(box.beside('SILENT', '.encord-sync', 'alive', 'full'), { recursive: true })
  backUp(box)
  {
    await using sync = await box.open({ folders, deletes: ', mode: hold' })
    rmSync(box.beside('SILENT', 'b.jpg'))
    await sync.confirm()
    await person(sync).reject({ id: sync.ledger.candidates.batches(2)[0]?.id ?? 0 })
  }
  restore(box)
  await using sync = await box.open({ folders })
  await sync.confirm()
  await sync.confirm()
  expect(sync.ledger.folders.all().map(({ state }) => state)).toEqual(['frozen', 'frozen'])
  expect(box.deletes()).toBe(0)
  await person(sync).acceptLedger()
  await sync.look()
  rmSync(box.beside('SILENT', 'c.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes(2)).toEqual({ 'b.jpg': expect.stringMatching(/^it was gone.* before the ledger was accepted/) })
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'd.jpg'])
})
