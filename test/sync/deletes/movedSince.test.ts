import { appendFileSync, cpSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { changes } from '../../../src/app/changes.ts'
import { openDisk } from '../../../src/app/disk.ts'
import { noteKept } from '../../../src/sync/keptRows.ts'
import { type DeletesBox, deletesBox } from '../../support/deletesBox.ts'
import { localParts } from '../../support/localParts.ts'
import { realClock } from '../../support/realClock.ts'

const PATIENT = { timeout: 60_000, interval: 10 } as const

type Running = Awaited<ReturnType<DeletesBox['open']>>

async function acceptLedger({ ledger }: Pick<Running, 'ledger'>): Promise<void> {
  const disk = openDisk(() => Promise.reject(new Error('no walk')))
  await changes({ ...localParts({ ledger }, []), disk, wallMs: () => Date.now() }).acceptLedger()
}

function backUp(box: DeletesBox): void {
  cpSync(box.beside('state'), box.beside('backup'), { recursive: true })
}

/** The ledger of the backup; the folder remembers that one went on. */
function restore(box: DeletesBox): void {
  const alive = JSON.parse(readFileSync(box.at('.encord-sync/alive'), 'utf8'))
  writeFileSync(box.at('.encord-sync/alive'), JSON.stringify({ ...alive, sequence: alive.sequence + 60, released: true }))
  rmSync(box.beside('state'), { recursive: true })
  cpSync(box.beside('backup'), box.beside('state'), { recursive: true })
}

type Note = { readonly path: string }

/** Waits until the rows' notes name just these paths. @returns the row of each of them by its path, the first one first */
async function noted(box: DeletesBox, ...paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  return await vi.waitFor(() => {
    const rows = box.emulator.rows().flatMap(({ data_hash: hash, client_metadata: metadata }): [string, string][] => {
      const note = (metadata as { readonly encord_sync?: Note } | null)?.encord_sync
      return note === undefined ? [] : [[note.path, hash]]
    })
    expect(rows.map(([path]) => path).sort()).toEqual(paths.toSorted())
    return new Map(rows.toReversed())
  }, PATIENT)
}

test.concurrent('a row that moved since a backup, and was replaced there, does not go with what was put back in its first place', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'x.jpg')
  const first = await box.open()
  const hash = (await noted(box, 'a.jpg', 'b.jpg', 'x.jpg')).get('x.jpg')
  await first[Symbol.asyncDispose]()
  cpSync(box.at('x.jpg'), box.beside('archive.jpg'))
  backUp(box)
  {
    await using sync = await box.open()
    renameSync(box.at('x.jpg'), box.at('y.jpg'))
    await sync.look()
    await noted(box, 'a.jpg', 'b.jpg', 'y.jpg')
    // An editor saves it as another file.
    cpSync(box.at('y.jpg'), box.beside('saved.jpg'))
    appendFileSync(box.beside('saved.jpg'), 'edited')
    renameSync(box.beside('saved.jpg'), box.at('y.jpg'))
    await sync.look()
    await noted(box, 'a.jpg', 'b.jpg', 'y.jpg', 'y.jpg')
    cpSync(box.beside('archive.jpg'), box.at('x.jpg'))
    await sync.look()
    await noted(box, 'a.jpg', 'b.jpg', 'x.jpg', 'y.jpg', 'y.jpg')
  }
  restore(box)
  await using sync = await box.open()
  await acceptLedger(sync)
  await sync.look()
  await vi.waitFor(() => expect(sync.ledger.remotes.get(1).firstContact).toBe('done'), PATIENT)
  await sync.look()
  rmSync(box.at('x.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'y.jpg', 'y.jpg'])
  expect(box.emulator.rows().map((row) => row.data_hash)).toContain(hash)
})

test.concurrent('nor is a file sent a second time whose row moved to it since, and of which a copy stands in its first place', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'x.jpg')
  const first = await box.open()
  await noted(box, 'a.jpg', 'b.jpg', 'x.jpg')
  await first[Symbol.asyncDispose]()
  backUp(box)
  {
    await using sync = await box.open()
    renameSync(box.at('x.jpg'), box.at('y.jpg'))
    await sync.look()
    await noted(box, 'a.jpg', 'b.jpg', 'y.jpg')
    utimesSync(box.at('y.jpg'), 1_700_000_000, 1_700_000_000)
    await sync.look()
    cpSync(box.at('y.jpg'), box.at('x.jpg'))
    await sync.look()
  }
  const rows = await noted(box, 'a.jpg', 'b.jpg', 'x.jpg', 'y.jpg')
  restore(box)
  await using sync = await box.open()
  const rowOf = (key: string) => sync.ledger.versions.ofUnit(sync.ledger.units.byKey(1, 'file', key)?.id ?? 0).at(-1)?.dataHash
  await vi.waitFor(() => expect(['x.jpg', 'y.jpg'].map(rowOf)).toEqual([rows.get('x.jpg'), rows.get('y.jpg')]), PATIENT)
  expect(box.titles()).toHaveLength(4)
})

test.concurrent('nor one that is back in its first place, while the note on its row still names another: it is followed there again', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'x.jpg')
  const first = await box.open()
  await noted(box, 'a.jpg', 'b.jpg', 'x.jpg')
  await first[Symbol.asyncDispose]()
  backUp(box)
  {
    await using sync = await box.open()
    renameSync(box.at('x.jpg'), box.at('y.jpg'))
    await sync.look()
    await noted(box, 'a.jpg', 'b.jpg', 'y.jpg')
    box.emulator.setFaults({ match: { call: 'POST datarow' }, do: { kind: 'error', word: 'OPERATION_NOT_ALLOWED' } })
    renameSync(box.at('y.jpg'), box.at('x.jpg'))
    await sync.look()
  }
  box.emulator.setFaults()
  const rows = await noted(box, 'a.jpg', 'b.jpg', 'y.jpg')
  restore(box)
  await using sync = await box.open()
  const rowOf = (key: string) => sync.ledger.versions.ofUnit(sync.ledger.units.byKey(1, 'file', key)?.id ?? 0).at(-1)
  await vi.waitFor(() => expect(rowOf('x.jpg')).toMatchObject({ role: 'current', dataHash: rows.get('y.jpg') }), PATIENT)
  expect(sync.ledger.units.byKey(1, 'file', 'x.jpg')).toMatchObject({ work: 'none' })
  expect(box.titles()).toHaveLength(3)
})

test.concurrent('nor one whose row moved to it since from another folder, where another file stands by now', async () => {
  await using box = await deletesBox('a.jpg', 'x.jpg')
  box.put('b.jpg', 'b.jpg', 'B')
  const options = { folders: ['IN', 'B'] }
  const first = await box.open(options)
  await noted(box, 'a.jpg', 'b.jpg', 'x.jpg')
  await first[Symbol.asyncDispose]()
  backUp(box)
  {
    await using sync = await box.open(options)
    renameSync(box.at('x.jpg'), box.beside('B', 'y.jpg'))
    await sync.look()
    await noted(box, 'a.jpg', 'b.jpg', 'y.jpg')
    box.put('x.jpg', 'another')
    await sync.look()
  }
  const rows = await noted(box, 'a.jpg', 'b.jpg', 'x.jpg', 'y.jpg')
  restore(box)
  box.beforeWalks(async (folder) => {
    if (folder === 'B') await realClock.sleep(5_000)
  })
  await using sync = await box.open(options)
  const rowOf = (folderId: number, key: string) =>
    sync.ledger.versions.ofUnit(sync.ledger.units.byKey(folderId, 'file', key)?.id ?? 0).at(-1)?.dataHash
  await vi.waitFor(() => expect([rowOf(1, 'x.jpg'), rowOf(2, 'y.jpg')]).toEqual([rows.get('x.jpg'), rows.get('y.jpg')]), PATIENT)
  expect(box.titles()).toHaveLength(4)
})

test.concurrent('nor is a group whose place another one took since, also where a person had kept its row', async () => {
  await using box = await deletesBox('a.jpg', 'd/1.jpg', 'd/2.jpg', 'e/1.jpg', 'e/2.jpg')
  const options = { settings: ', regroup_settle: 1s' }
  const first = await box.open(options)
  const before = await noted(box, 'a.jpg', 'd', 'e')
  const kept = first.ledger.versions.byHash(1, before.get('e') ?? '')
  first.ledger.now(() => noteKept(first.ledger, kept?.id ?? 0, Date.now()))
  await first[Symbol.asyncDispose]()
  backUp(box)
  {
    await using sync = await box.open(options)
    renameSync(box.at('e'), box.at('f'))
    await sync.look()
    await noted(box, 'a.jpg', 'd', 'f')
    renameSync(box.at('d'), box.at('e'))
    await sync.look()
    await noted(box, 'a.jpg', 'e', 'f')
  }
  restore(box)
  await using sync = await box.open(options)
  const rowOf = (key: string) => sync.ledger.versions.ofUnit(sync.ledger.units.byKey(1, 'dir', key)?.id ?? 0).at(-1)?.dataHash
  await vi.waitFor(() => expect(['e', 'f'].map(rowOf)).toEqual(['d', 'e'].map((key) => before.get(key))), PATIENT)
  expect(box.titles()).toHaveLength(3)
})
