import { appendFileSync, renameSync, rmSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { type DeletesBox, deletesBox } from '../../support/deletesBox.ts'

vi.setConfig({ testTimeout: 120_000 })

type Running = Awaited<ReturnType<DeletesBox['open']>>

/** The row of the file that is gone, or of what it held before, is approved while the folder is paused. */
async function approvePaused(sync: Running, meanwhile: () => void): Promise<void> {
  await sync.setPaused(true)
  await sync.approve()
  meanwhile()
  await sync.setPaused(false)
  await sync.confirm()
  await sync.confirm()
}

const shown = ({ ledger }: Running) => ledger.candidates.batches(1).flatMap(({ decision, why }) => (decision === null ? why : []))
const FOUND = expect.stringContaining('after this was approved')

test('what was approved, and whose content comes into a group before it goes, leaves the list and goes by a further approval', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open({ deletes: ', mode: hold' })
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  await approvePaused(sync, () => box.put('g/1.jpg', 'a.jpg'))
  expect([box.titles(), shown(sync)]).toEqual([['a.jpg', 'b.jpg', 'c.jpg', 'g'], [FOUND]])
  await sync.approve()
  await sync.look()
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg', 'g'])
})

test('so does an older row whose content is put beside its newer file', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  const older = box.emulator.rows().find((row) => row.title === 'a.jpg')?.data_hash
  box.put('a.jpg', 'edited')
  await sync.confirm()
  await sync.confirm()
  await approvePaused(sync, () => box.put('old.jpg', 'a.jpg'))
  expect(shown(sync)).toEqual([FOUND])
  expect(box.emulator.rows().map((row) => row.data_hash)).toContain(older)
  await sync.approve()
  await sync.look()
  expect(box.emulator.rows().map((row) => row.data_hash)).not.toContain(older)
})

test('so does one whose very file is put back under another name, edited', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open({ deletes: ', mode: hold' })
  renameSync(box.at('a.jpg'), box.beside('away.jpg'))
  await sync.confirm()
  await approvePaused(sync, () => {
    renameSync(box.beside('away.jpg'), box.at('z.jpg'))
    appendFileSync(box.at('z.jpg'), 'edited')
  })
  expect([box.titles(), shown(sync)]).toEqual([['a.jpg', 'b.jpg', 'c.jpg', 'z.jpg'], [FOUND]])
  await sync.approve()
  await sync.look()
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg', 'z.jpg'])
})

test('an older row that was approved with its file gone waits for a person again once the file is back with other content', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  const older = box.emulator.rows().find((row) => row.title === 'a.jpg')?.data_hash
  box.put('a.jpg', 'edited')
  await sync.confirm()
  await sync.confirm()
  rmSync(box.at('a.jpg'))
  await sync.confirm()
  await sync.confirm()
  await approvePaused(sync, () => box.put('a.jpg', 'third'))
  expect(shown(sync)).toEqual([expect.stringContaining('a newer version took its place')])
  expect(box.emulator.rows().map((row) => row.data_hash)).toContain(older)
  await sync.approve()
  await sync.look()
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'c.jpg'])
  expect(box.emulator.rows().map((row) => row.data_hash)).not.toContain(older)
})
