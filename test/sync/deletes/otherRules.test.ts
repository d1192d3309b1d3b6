import { copyFileSync, renameSync, rmSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { deletesBox } from '../../support/deletesBox.ts'

const REPLACE = ', on_change: replace'
/** For what comes by itself: generous where the machine is busy. */
const PATIENT = { timeout: 60_000, interval: 10 } as const

test.concurrent.each([
  { rule: 'on_change: keep', settings: ', on_change: keep', by: 'rename' },
  { rule: 'on_change: keep', settings: ', on_change: keep', by: 'copy' },
  { rule: 'on_change: hold', settings: ', on_change: hold', by: 'rename' },
  { rule: 'deletes.mode: never', settings: REPLACE, deletes: ', mode: never', by: 'rename' },
])(
  'an older row of a folder with $rule is held when its file moves to one that replaces, by $by',
  async ({ rule, settings, deletes = '', by }) => {
    await using box = await deletesBox('a.jpg', 'b.jpg')
    box.put('other.jpg', 'other', 'TWO')
    await using sync = await box.open({
      folders: ['IN', 'TWO'],
      settings: (folder) => (folder === 'IN' ? settings : REPLACE),
      deletes: (folder) => (folder === 'IN' ? deletes : ''),
    })
    box.put('a.jpg', 'a, changed')
    await sync.look('IN')
    if (by === 'rename') renameSync(box.at('a.jpg'), box.beside('TWO', 'a.jpg'))
    else {
      copyFileSync(box.at('a.jpg'), box.beside('TWO', 'a.jpg'))
      rmSync(box.at('a.jpg'))
      await sync.look('IN')
    }
    await sync.look('TWO')
    await sync.confirm()
    await sync.confirm()
    expect(box.titles()).toEqual(['a.jpg', 'a.jpg', 'b.jpg', 'other.jpg'])
    expect(sync.units(2)).toContain('a.jpg present')
    expect(sync.notes(2)['a.jpg']).toContain(`(${rule})`)
  },
)

test.concurrent('a row whose file changed in a folder that keeps is held when it is replaced in another one', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg')
  box.put('other.jpg', 'other', 'TWO')
  await using sync = await box.open({
    folders: ['IN', 'TWO'],
    settings: (folder) => (folder === 'IN' ? ', on_change: keep' : REPLACE),
  })
  box.put('a.jpg', 'a, changed')
  const first = sync.look('IN')
  const unitId = sync.ledger.units.byKey(1, 'file', 'a.jpg')?.id ?? 0
  await vi.waitFor(() => expect(sync.ledger.versions.ofUnit(unitId)[0]?.changedScan).not.toBeNull(), PATIENT)
  renameSync(box.at('a.jpg'), box.beside('TWO', 'a.jpg'))
  await Promise.all([first, sync.look()])
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['a.jpg', 'a.jpg', 'b.jpg', 'other.jpg'])
  expect(sync.notes(2)['a.jpg']).toContain(`it was replaced in ${box.beside('IN')} (on_change: keep)`)
})

test.concurrent('an older row that waits for a person waits in the folder that its file moved to', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg')
  box.put('other.jpg', 'other', 'TWO')
  await using sync = await box.open({ folders: ['IN', 'TWO'] })
  box.put('a.jpg', 'a, changed')
  await sync.confirm()
  await sync.confirm()
  const [held] = sync.ledger.candidates.batches(1)
  expect(held?.why).toContain('on_change: hold')
  renameSync(box.at('a.jpg'), box.beside('TWO', 'a.jpg'))
  await sync.look()
  expect(sync.ledger.candidates.batches(1)).toEqual([])
  expect(sync.ledger.candidates.batches(2)).toMatchObject([{ why: held?.why, digest: held?.digest }])
})

test.concurrent('an older row goes with its file where both folders replace', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg')
  box.put('other.jpg', 'other', 'TWO')
  await using sync = await box.open({ folders: ['IN', 'TWO'], settings: REPLACE })
  box.put('a.jpg', 'a, changed')
  await sync.look('IN')
  renameSync(box.at('a.jpg'), box.beside('TWO', 'a.jpg'))
  await sync.look('TWO')
  await sync.confirm()
  await sync.confirm()
  expect(box.titles()).toEqual(['a.jpg', 'b.jpg', 'other.jpg'])
})

test.concurrent('a group is never given a row of a sequence in another folder, where nothing but titles tells them apart', async () => {
  await using box = await deletesBox()
  box.put('run/1.jpg')
  copyFileSync(new URL('../../media/fixtures/plain.png', import.meta.url), box.at('run/2.png'))
  box.put('run-2/1.jpg', 'another', 'TWO')
  box.emulator.setFaults(
    { match: { call: 'POST imagegroup', bodyIncludes: '"run"', times: 1 }, do: { kind: 'cut', when: 'after' } },
    { match: { call: 'POST imagegroup', bodyIncludes: '"run-2"', times: 1 }, do: { kind: 'cut', when: 'before' } },
    { match: { call: 'GET datarow' }, do: { kind: 'error', word: 'OPERATION_NOT_ALLOWED' } },
  )
  const settings = (folder: string) => (folder === 'IN' ? ', subdirectories: sequence' : '')
  await using sync = await box.open({ folders: ['IN', 'TWO'], settings })
  await sync.look()
  expect(sync.ledger.units.list(2)).toMatchObject([{ key: 'run-2', work: 'unlinked' }])
})
