import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dirOf } from '../../src/model/file.ts'
import { LedgerBox } from '../support/ledgerBox.ts'

/** Nanoseconds of this century, of which a double keeps 16 digits of 19. */
const nanoseconds = fc.bigInt({ min: 1_000_000_000_000_000_000n, max: 4_000_000_000_000_000_000n }).map(String)
/** Inodes as 64-bit file systems give them. */
const inodes = fc.bigInt({ min: 0n, max: 18_446_744_073_709_551_615n }).map(String)
const stamps = fc.record({
  sizeBytes: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  mtimeNs: nanoseconds,
  ctimeNs: nanoseconds,
  ino: inodes,
  birthNs: fc.option(nanoseconds),
})

test('times in nanoseconds and inodes of 64 bits come back as they were, of files and directories', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const root = ledger.tree.dir(folder.id, '')?.id ?? 0
  let serial = 0
  fc.assert(
    fc.property(stamps, stamps, (first, second) => {
      const name = `f${++serial}.jpg`
      const id = ledger.tree.addFile({ folderId: folder.id, dirId: root, name, stamp: first, problem: null, unitId: null, scanId: 1 })
      expect(ledger.tree.file(id)?.stamp).toEqual(first)
      ledger.tree.seeFile(id, second, null, 'kept')
      expect(ledger.tree.fileAt(root, name)?.stamp).toEqual(second)
      const { sizeBytes: _, ...stamp } = first
      ledger.tree.ensureDir(folder.id, `d${serial}`, root, stamp, first.ctimeNs)
      expect(ledger.tree.dir(folder.id, `d${serial}`)).toMatchObject({ stamp, doneNs: first.ctimeNs })
    }),
  )
})

test('an inode above 2^63 and a time whose last digit counts find their file again', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const root = ledger.tree.dir(folder.id, '')?.id ?? 0
  const stamp = {
    sizeBytes: 7,
    mtimeNs: '1795612654682280631',
    ctimeNs: '1795612654682280632',
    ino: '18446744073709551615',
    birthNs: '1795612654682280630',
  }
  const id = ledger.tree.addFile({ folderId: folder.id, dirId: root, name: 'a.jpg', stamp, problem: null, unitId: null, scanId: 1 })
  expect(ledger.tree.sameIdentity(stamp, folder.remoteId).map((file) => file.id)).toEqual([id])
  // A double can't tell these from the ones above.
  expect(ledger.tree.sameIdentity({ ...stamp, ino: '18446744073709551614' }, folder.remoteId)).toEqual([])
  expect(ledger.tree.sameIdentity({ ...stamp, mtimeNs: '1795612654682280630' }, folder.remoteId)).toEqual([])
})

test('the root of a folder keeps its inode and birth time to the last digit', () => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const root = { ino: '9223372036854775809', birthNs: '1795612654682280631', fsType: 'ext4' }
  box.ledger.folders.setIdentity(folder.id, root, 'written')
  expect(box.ledger.folders.get(folder.id).root).toEqual(root)
})

test('files below a directory are those below it, whatever letters its name has', () => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const paths = ['a.jpg', 'a/1.jpg', 'a/b/2.jpg', 'ab/3.jpg', 'a*/4.jpg', 'a[b]/5.jpg', 'a?/c/6.jpg', 'A/7.jpg']
  for (const path of paths) box.file(folder, path)
  for (const dir of ['', 'a', 'a/b', 'ab', 'a*', 'a[b]', 'a?', 'A']) {
    const expected = paths.filter((path) => dir === '' || dirOf(path) === dir || path.startsWith(`${dir}/`))
    expect(box.ledger.tree.filesBelow(folder.id, dir).map((file) => file.path)).toEqual(expect.arrayContaining(expected))
    expect(box.ledger.tree.filesBelow(folder.id, dir)).toHaveLength(expected.length)
  }
})
