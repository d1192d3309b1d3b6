import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Ledger } from '../../src/store/openLedger.ts'
import { deletesBox } from '../support/deletesBox.ts'
import { LedgerBox } from '../support/ledgerBox.ts'

function dirs(ledger: Ledger, folderId = 1): readonly string[] {
  return ledger.tree
    .allDirs(folderId)
    .map(({ path, local }) => `${path} ${local}`)
    .sort()
}

test('directories that came and went are forgotten with the last of their rows, and not before', async () => {
  await using box = await deletesBox('keep/a.jpg', 'day-1/run/b.mp4', 'day-1/run/deep/c.mp4')
  await using running = await box.open()
  const { ledger, look, confirm, units } = running
  rmSync(box.at('day-1'), { recursive: true })
  await look()
  expect(dirs(ledger)).toEqual([' present', 'day-1 absent', 'day-1/run present', 'day-1/run/deep present', 'keep present'])
  await confirm()
  await look()
  expect(box.titles()).toEqual(['keep'])
  expect(dirs(ledger)).toEqual([' present', 'keep present'])
  // What comes to the same place is as new as anywhere else.
  box.put('day-1/run/d.mp4')
  await look()
  expect(dirs(ledger)).toEqual([' present', 'day-1 present', 'day-1/run present', 'keep present'])
  expect(units()).toEqual(['day-1/run/d.mp4 present', 'keep present'])
})

test('of what is gone, the way to each file that is remembered stays; what is only out of sight stays too', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const stamp = { mtimeNs: '1', ctimeNs: '1', ino: '1', birthNs: null }
  const add = (path: string, parent: string): number =>
    ledger.tree.ensureDir(folder.id, path, ledger.tree.dir(folder.id, parent)?.id ?? null, stamp, null)
  box.unit(folder, 'there/a.jpg')
  box.unit(folder, 'gone/held/b.jpg', { local: 'absent' })
  add('gone/empty', 'gone')
  add('gone/empty/below', 'gone/empty')
  const unseen = add('unseen', '')
  const other = box.folder('OTHER')
  ledger.tree.ensureDir(other.id, 'gone', ledger.tree.dir(other.id, '')?.id ?? null, stamp, null)
  ledger.tree.setDirLocal(ledger.tree.dir(other.id, 'gone')?.id ?? 0, 'absent', null)
  ledger.tree.setDirLocal(ledger.tree.dir(folder.id, 'gone')?.id ?? 0, 'absent', null)
  ledger.tree.setDirLocal(unseen, 'unseen', 'EACCES')

  const below = ['gone/empty', 'gone/empty/below'].map((path) => ledger.tree.dir(folder.id, path)?.id)
  expect(ledger.tree.forgetGoneDirs(folder.id).sort()).toEqual(below.sort())
  expect(dirs(ledger, folder.id)).toEqual([' present', 'gone absent', 'gone/held present', 'there present', 'unseen unseen'])
  expect(dirs(ledger, other.id)).toEqual([' present', 'gone absent'])
})

test('what lies below a directory is neither its namesakes nor what stands beside it', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  for (const path of ['a/1.jpg', 'a/b/2.jpg', 'a-b/3.jpg', 'a0/4.jpg', 'a*/5.jpg', '[a]/6.jpg', '7.jpg', 'A/8.jpg']) box.file(folder, path)
  const below = (dir: string) => ledger.tree.filesBelow(folder.id, dir).map(({ path }) => path)
  expect(below('a').sort()).toEqual(['a/1.jpg', 'a/b/2.jpg'])
  expect(below('a*')).toEqual(['a*/5.jpg'])
  expect(below('[a]')).toEqual(['[a]/6.jpg'])
  expect(below('nowhere')).toEqual([])
  expect(below('')).toHaveLength(8)
})
