import { appendFileSync, cpSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { acceptFolder } from '../../../src/app/acceptFolder.ts'
import { approveBatch } from '../../../src/app/decideBatch.ts'
import { type DeletesBox, deletesBox } from '../../support/deletesBox.ts'
import { localParts } from '../../support/localParts.ts'
import { realClock } from '../../support/realClock.ts'

const NAMES = ['a.jpg', 'b.jpg', 'c.jpg'] as const
const PATIENT = { timeout: 60_000, interval: 10 } as const

type Note = { readonly folder: string; readonly path: string }

/** `hash note` of each row, once all of them carry our own. */
async function noted(box: DeletesBox, count: number): Promise<readonly { readonly hash: string; readonly note: Note }[]> {
  return await vi.waitFor(() => {
    const rows = box.emulator.rows().flatMap(({ data_hash: hash, client_metadata: metadata }) => {
      const note = (metadata as { readonly encord_sync?: Note } | null)?.encord_sync
      return note === undefined ? [] : [{ hash, note }]
    })
    expect(rows).toHaveLength(count)
    return rows
  }, PATIENT)
}

test.concurrent('rows that another machine made are linked, and go with a file of this one only by a person', async () => {
  await using box = await deletesBox(...NAMES)
  {
    await using _first = await box.open()
    await noted(box, 3)
  }
  const before = await noted(box, 3)
  renameSync(box.beside('state'), box.beside('state-of-another-machine'))
  for (const name of NAMES) box.put(name, name, 'M2')
  await using second = await box.open({ folders: ['M2'], settings: ', on_change: replace' })
  await vi.waitFor(() => expect(second.ledger.versions.liveOf(1)).toHaveLength(3), PATIENT)
  expect(box.titles()).toEqual(NAMES)
  rmSync(box.beside('M2', 'a.jpg'))
  box.put('b.jpg', 'edited', 'M2')
  await second.look()
  await vi.waitFor(() => expect(box.titles()).toHaveLength(4), PATIENT)
  await second.confirm()
  await second.confirm()
  expect(box.deletes()).toBe(0)
  expect(second.notes()).toEqual({
    'a.jpg': expect.stringMatching(/^another folder made this row/),
    'b.jpg': expect.stringMatching(/^another folder made this row/),
  })
  // Whose they are stays on them: the machine that made them finds them as its own, should it lose its ledger.
  const after = await noted(box, 4)
  for (const { hash, note } of before) expect(after.find((one) => one.hash === hash)?.note).toEqual(note)
  for (const { id, digest } of second.ledger.candidates.batches(1))
    approveBatch(localParts(second, [], { nowMs: realClock.wallMs() }), { id, digest })
  await second.confirm()
  await second.confirm()
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg'])
})

test.concurrent('so are those of a folder that was copied to another machine with its marker; what is new there is its own', async () => {
  await using box = await deletesBox(...NAMES)
  {
    await using _first = await box.open()
    await noted(box, 3)
  }
  renameSync(box.beside('state'), box.beside('state-of-another-machine'))
  cpSync(box.at(), box.beside('M2'), { recursive: true, preserveTimestamps: true })
  box.put('new.jpg', 'new', 'M2')
  await using second = await box.open({ folders: ['M2'] })
  // It sends before a person takes it for a folder of its own.
  await vi.waitFor(() => expect(second.ledger.versions.liveOf(1)).toHaveLength(4), PATIENT)
  await acceptFolder(localParts(second, second.ledger.folders.all(), { nowMs: realClock.wallMs() }), box.beside('M2'))
  await second.look()
  for (const name of ['a.jpg', 'new.jpg']) rmSync(box.beside('M2', name))
  await second.confirm()
  await second.confirm()
  expect(box.titles()).toEqual(NAMES)
  expect(second.notes()).toEqual({ 'a.jpg': expect.stringMatching(/^another folder made this row/) })
})

test.concurrent('after a lost ledger two folders with the same files find each their own rows', async () => {
  await using box = await deletesBox(...NAMES)
  for (const name of [...NAMES, 'd.jpg']) box.put(name, name, 'B')
  const ownersOf = (rows: readonly { readonly hash: string; readonly note: Note }[]) => new Map(rows.map(({ hash, note }) => [hash, note]))
  {
    await using _sync = await box.open({ folders: ['IN', 'B'] })
    await noted(box, 7)
  }
  const owners = ownersOf(await noted(box, 7))
  rmSync(box.beside('state'), { recursive: true })
  await using sync = await box.open({ folders: ['B', 'IN'] })
  const { ledger } = sync
  await vi.waitFor(() => expect(ledger.versions.liveOf(1)).toHaveLength(7), PATIENT)
  for (const folder of ledger.folders.all()) {
    await acceptFolder(localParts(sync, [folder], { nowMs: realClock.wallMs() }), folder.path)
    for (const { key, id } of ledger.units.list(folder.id)) {
      const hash = ledger.versions.ofUnit(id)[0]?.dataHash ?? ''
      expect(owners.get(hash)).toMatchObject({ folder: folder.uid, path: key })
    }
  }
  // What the first complete look finds gone may have gone under other rules, which were lost with the ledger.
  await sync.look()
  // They are this folder's own rows: what has no copy goes by itself.
  rmSync(box.beside('B', 'd.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect([...owners].filter(([hash]) => !box.emulator.rows().some((row) => row.data_hash === hash))).toMatchObject([
    [expect.any(String), { path: 'd.jpg' }],
  ])
})

test.concurrent('after a lost ledger a copy takes no row of a file that still stands where the note says', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg')
  for (const name of ['0/b.jpg', 'a-copy.jpg']) box.put(name, 'b.jpg')
  const settings = ', subdirectories: individual'
  {
    await using _sync = await box.open({ settings: `${settings}, ignore: ["0/", "a-*"]` })
    await noted(box, 2)
  }
  const [row] = (await noted(box, 2)).filter(({ note }) => note.path === 'b.jpg')
  rmSync(box.beside('state'), { recursive: true })
  // It is at rest, and read, after its copies.
  box.put('b.jpg')
  await using sync = await box.open({ settings })
  await vi.waitFor(() => expect(sync.ledger.versions.liveOf(1)).toHaveLength(4), PATIENT)
  expect(sync.ledger.versions.ofUnit(sync.ledger.units.byKey(1, 'file', 'b.jpg')?.id ?? 0)).toMatchObject([{ dataHash: row?.hash }])
  expect(box.titles()).toHaveLength(4)
})

test.concurrent.each([
  { what: 'file', original: 'x.jpg', copy: 'y.jpg', settings: ', ignore: ["x.jpg"]' },
  { what: 'group', original: 'g', copy: 'h', settings: ', ignore: ["g/"]' },
])(
  'the row of a $what that an ignore rule keeps from a ledger that was lost does not go with a copy of it',
  async ({ original, copy, settings }) => {
    await using box = await deletesBox('a.jpg', 'b.jpg', ...(original === 'g' ? ['g/1.jpg', 'g/2.jpg'] : [original]))
    {
      await using _sync = await box.open()
      await noted(box, 3)
    }
    const row = (await noted(box, 3)).find(({ note }) => note.path === original)
    rmSync(box.beside('state'), { recursive: true })
    cpSync(box.at(original), box.at(copy), { recursive: true })
    await using sync = await box.open({ settings })
    await vi.waitFor(() => expect(sync.ledger.versions.liveOf(1)).toHaveLength(3), PATIENT)
    await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', copy].sort()), PATIENT)
    await acceptFolder(localParts(sync, sync.ledger.folders.all(), { nowMs: realClock.wallMs() }), box.at())
    await sync.look()
    rmSync(box.at(copy), { recursive: true })
    await sync.confirm()
    await sync.confirm()
    expect(box.titles()).toEqual(['a.jpg', 'b.jpg', copy].sort())
    expect(sync.notes()).toEqual({ [copy]: expect.stringMatching(/its own file may have stood/) })
    expect(box.emulator.rows().map(({ data_hash: hash }) => hash)).toContain(row?.hash)
  },
)

test.concurrent.each([
  { what: 'file', original: 'x.jpg', edited: 'x.jpg', copy: 'y.jpg' },
  { what: 'group', original: 'x', edited: 'x/1.jpg', copy: 'y' },
])('nor does that of a $what which was copied, and edited in its place, before the next ledger', async ({ original, edited, copy }) => {
  await using box = await deletesBox('a.jpg', 'b.jpg', ...(original === 'x' ? ['x/1.jpg'] : [original]))
  {
    await using _sync = await box.open()
    await noted(box, 3)
  }
  const row = (await noted(box, 3)).find(({ note }) => note.path === original)
  rmSync(box.beside('state'), { recursive: true })
  cpSync(box.at(original), box.at(copy), { recursive: true })
  appendFileSync(box.at(edited), 'edited')
  await using sync = await box.open()
  await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', original, copy].sort()), PATIENT)
  await acceptFolder(localParts(sync, sync.ledger.folders.all(), { nowMs: realClock.wallMs() }), box.at())
  await sync.look()
  rmSync(box.at(copy), { recursive: true })
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()).toEqual({ [copy]: expect.stringMatching(/its own file may have stood/) })
  expect(box.emulator.rows().map(({ data_hash: hash }) => hash)).toContain(row?.hash)
})

test.concurrent('a group that left something in its directory while the ledger was lost is not sent a second time', async () => {
  await using box = await deletesBox('a.jpg', 'g/1.jpg', 'g/2.jpg')
  {
    await using _sync = await box.open()
    await noted(box, 2)
  }
  const hashes = box.emulator.rows().map(({ data_hash: hash }) => hash)
  rmSync(box.beside('state'), { recursive: true })
  mkdirSync(box.at('h'))
  for (const name of ['1.jpg', '2.jpg']) renameSync(box.at(`g/${name}`), box.at(`h/${name}`))
  box.put('g/.1.jpg')
  await using sync = await box.open()
  await vi.waitFor(() => expect(sync.ledger.versions.liveOf(1)).toHaveLength(2), PATIENT)
  await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'h']), PATIENT)
  expect(box.emulator.rows().map(({ data_hash: hash }) => hash)).toEqual(hashes)
})

test.concurrent('a ledger that was put back finds the row of a file that moved to another folder, also where the former one is looked at last', async () => {
  await using box = await deletesBox('a.jpg')
  box.put('b.jpg', 'b.jpg', 'B')
  const options = { folders: ['IN', 'B'] }
  {
    await using sync = await box.open(options)
    await noted(box, 2)
    box.emulator.setFaults({ match: { call: 'GET signedimagesurl' }, do: { kind: 'status', status: 503, when: 'before' } })
    box.put('x.jpg', 'x.jpg', 'B')
    await sync.look()
    // It was read, and nothing of it was sent.
    const isRead = () => sync.ledger.tree.filesBelow(2, '').some(({ path, sha256 }) => path === 'x.jpg' && sha256 !== null)
    await vi.waitFor(() => expect(isRead()).toBe(true), PATIENT)
  }
  cpSync(box.beside('state'), box.beside('backup'), { recursive: true })
  box.emulator.setFaults()
  {
    await using _sync = await box.open(options)
    await noted(box, 3)
  }
  const row = (await noted(box, 3)).find(({ note }) => note.path === 'x.jpg')
  rmSync(box.beside('state'), { recursive: true })
  renameSync(box.beside('backup'), box.beside('state'))
  renameSync(box.beside('B', 'x.jpg'), box.at('y.jpg'))
  box.beforeWalks(async (folder) => {
    if (folder === 'B') await realClock.sleep(5_000)
  })
  await using sync = await box.open(options)
  await vi.waitFor(() => expect(sync.ledger.versions.liveOf(1)).toHaveLength(3), PATIENT)
  await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'y.jpg']), PATIENT)
  expect(box.emulator.rows().map(({ data_hash: hash }) => hash)).toContain(row?.hash)
})

test.concurrent('a row that was found in another folder is found there by the next ledger too, whatever came to its path in the former one', async () => {
  await using box = await deletesBox('a.jpg')
  for (const name of ['b.jpg', 'x.jpg']) box.put(name, name, 'B')
  const options = { folders: ['IN', 'B'] }
  {
    await using _sync = await box.open(options)
    await noted(box, 3)
  }
  const row = (await noted(box, 3)).find(({ note }) => note.path === 'x.jpg')
  rmSync(box.beside('state'), { recursive: true })
  renameSync(box.beside('B', 'x.jpg'), box.at('y.jpg'))
  {
    await using sync = await box.open(options)
    await vi.waitFor(() => expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'y.jpg']), PATIENT)
    cpSync(box.at('y.jpg'), box.beside('B', 'y.jpg'))
    await sync.look()
    await noted(box, 4)
  }
  rmSync(box.beside('state'), { recursive: true })
  await using sync = await box.open(options)
  await vi.waitFor(() => expect(sync.ledger.versions.liveOf(1)).toHaveLength(4), PATIENT)
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'y.jpg', 'y.jpg'])
  for (const { id } of sync.ledger.folders.all())
    await acceptFolder(localParts(sync, sync.ledger.folders.all(), { nowMs: realClock.wallMs() }), sync.ledger.folders.get(id).path)
  await sync.look()
  const unitId = sync.ledger.units.byKey(1, 'file', 'y.jpg')?.id ?? 0
  expect(sync.ledger.versions.ofUnit(unitId)).toMatchObject([{ dataHash: row?.hash }])
  for (const file of [box.at('y.jpg'), box.beside('B', 'y.jpg')]) rmSync(file)
  await sync.confirm()
  await sync.confirm()
  expect(box.emulator.rows().map(({ data_hash: hash }) => hash)).toContain(row?.hash)
})
