import { renameSync, rmSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { acceptFolder } from '../../../src/app/acceptFolder.ts'
import { adoptUnits } from '../../../src/app/adoptUnits.ts'
import { approveBatch } from '../../../src/app/decideBatch.ts'
import { type DeletesBox, deletesBox } from '../../support/deletesBox.ts'
import { localParts } from '../../support/localParts.ts'
import { realClock } from '../../support/realClock.ts'

vi.setConfig({ testTimeout: 120_000 })
const PATIENT = { timeout: 30_000, interval: 10 } as const
const M2 = { folders: ['M2'], settings: ', on_change: replace, regroup_settle: 1s' } as const
const SAYS = expect.stringMatching(/^this row was linked by its name/)

type Sync = Awaited<ReturnType<DeletesBox['open']>>

/** Rows of another client that carry no note, and that nothing here knows of. */
async function madeByHand(box: DeletesBox): Promise<ReadonlySet<string>> {
  box.emulator.setFaults({ match: { call: ['GET datarow', 'POST datarow'] }, do: { kind: 'error', word: 'OPERATION_NOT_ALLOWED' } })
  {
    await using _other = await box.open()
  }
  box.emulator.setFaults()
  renameSync(box.beside('state'), box.beside('state-of-another-client'))
  return new Set(box.emulator.rows().map((row) => row.data_hash))
}

const partsOf = (sync: Sync) => localParts(sync, sync.ledger.folders.all(), { nowMs: realClock.wallMs() })

const left = (box: DeletesBox, rows: ReadonlySet<string>): number => box.emulator.rows().filter((row) => rows.has(row.data_hash)).length

test.concurrent('a row without a note that a person linked goes only by a person, also by the next ledger', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'site-a/run/1.jpg', 'site-a/run/2.jpg')
  const theirs = await madeByHand(box)
  // Other pictures, of the same names and sizes.
  for (const name of ['a.jpg', 'b.jpg', 'site-b/run/7.jpg', 'own.jpg']) box.put(name, `${name} of M2`, 'M2')
  {
    await using sync = await box.open(M2)
    expect((await adoptUnits(partsOf(sync), { none: false, path: null })).linked).toHaveLength(3)
    await sync.look()
    box.put('b.jpg', 'edited', 'M2')
    for (const name of ['own.jpg', 'site-b']) rmSync(box.beside('M2', name), { recursive: true })
    await sync.confirm()
    await sync.confirm()
    expect(sync.notes()).toEqual({ 'b.jpg': SAYS, 'site-b/run': SAYS })
    expect(left(box, theirs)).toBe(3)
    expect(box.titles()).not.toContain('own.jpg')
    // The row of what is still there carries our note by now.
    await vi.waitFor(() => expect(box.emulator.rows().some((row) => isNoted(row.client_metadata))).toBe(true), PATIENT)
  }
  rmSync(box.beside('state'), { recursive: true })
  await using sync = await box.open(M2)
  for (const { path } of sync.ledger.folders.all()) await acceptFolder(partsOf(sync), path)
  await sync.look()
  rmSync(box.beside('M2', 'a.jpg'))
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()).toEqual({ 'a.jpg': SAYS })
  expect(left(box, theirs)).toBe(3)
  for (const { id, digest } of sync.ledger.candidates.batches(1)) approveBatch(partsOf(sync), { id, digest })
  await sync.confirm()
  await sync.confirm()
  expect(left(box, theirs)).toBe(2)
})

test.concurrent('a row that a person linked by its name is found by the next ledger, also where its file was renamed meanwhile', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'run/1.jpg', 'run/2.jpg')
  const adopted = await madeByHand(box)
  {
    await using sync = await box.open()
    await acceptFolder(partsOf(sync), box.at())
    await sync.confirm()
    expect((await adoptUnits(partsOf(sync), { none: false, path: null })).linked).toHaveLength(3)
  }
  {
    await using sync = await box.open()
    await sync.look()
    await vi.waitFor(() => expect(notes(box)).toHaveLength(3), PATIENT)
    const [{ uid } = { uid: '' }] = sync.ledger.folders.all()
    for (const note of notes(box)) expect(note).toMatchObject({ folder: uid, linked: 'by-name' })
  }
  rmSync(box.beside('state'), { recursive: true })
  renameSync(box.at('a.jpg'), box.at('renamed.jpg'))
  renameSync(box.at('run'), box.at('renamed'))
  await using sync = await box.open()
  await acceptFolder(partsOf(sync), box.at())
  await vi.waitFor(async () => {
    await sync.look()
    expect(sync.ledger.units.list(1).map(({ key, work }) => `${key} ${work}`)).toEqual(['b.jpg none', 'renamed none', 'renamed.jpg none'])
  }, PATIENT)
  expect(new Set(box.emulator.rows().map((row) => row.data_hash))).toEqual(adopted)
  for (const name of ['renamed.jpg', 'renamed']) rmSync(box.at(name), { recursive: true })
  await sync.confirm()
  await sync.confirm()
  expect(sync.notes()).toEqual({ 'renamed.jpg': SAYS, renamed: SAYS })
})

function notes(box: DeletesBox): readonly unknown[] {
  return box.emulator.rows().flatMap(({ client_metadata: metadata }) => {
    const note = (metadata as { readonly encord_sync?: unknown } | null)?.encord_sync
    return note === undefined ? [] : [note]
  })
}

function isNoted(metadata: unknown): boolean {
  return (metadata as { readonly encord_sync?: { readonly path?: string } } | null)?.encord_sync?.path === 'a.jpg'
}
