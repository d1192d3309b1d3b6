import { expect, test } from 'vitest'
import { outdateLooks } from '../../src/sync/oldLooks.ts'
import { placeOf } from '../../src/sync/placeOf.ts'
import type { ForeignRow } from '../../src/sync/records.ts'
import { LedgerBox } from '../support/ledgerBox.ts'
import { policyOf } from '../support/planWorld.ts'

/** A unit of the folder IN, and where the row of `path` in a folder is, for a ledger that knows no unit of that path. */
function asked(box: LedgerBox, uid: string, path: string, names: readonly string[] | null) {
  const { ledger } = box
  const folder = ledger.folders.byUid('uid-IN') ?? box.folder('IN')
  const shape = path.includes('.') ? 'file' : 'dir'
  const { unitId } = box.unit(folder, `new-${ledger.units.list(folder.id).length}-${path}`, {
    current: null,
    kind: shape === 'dir' ? 'image_group' : 'image',
  })
  const unit = ledger.units.get(unitId)
  if (unit === null) throw new Error('no unit')
  const own = { folder: uid, path, sha256: 'sha', linked: null }
  const row: ForeignRow = { remoteId: folder.remoteId, dataHash: 'row', title: path, type: 'IMAGE', sizeBytes: 10, own }
  return placeOf({ ledger, disk: { namesIn: () => names }, policy: policyOf() }, unit, folder.remoteId, row)
}

test('what no look tells of may stand at its place if the disk says so, or nobody can look there', () => {
  using box = new LedgerBox()
  expect(asked(box, 'uid-IN', 'a.jpg', ['a.jpg'])).toBe('doubtful')
  expect(asked(box, 'uid-IN', 'b.jpg', null)).toBe('doubtful')
  expect(asked(box, 'uid-IN', 'c.jpg', [])).toBe('vacated')
  expect(asked(box, 'uid-IN', 'g', ['notes.txt', '1.jpg'])).toBe('doubtful')
  expect(asked(box, 'uid-IN', 'h', null)).toBe('doubtful')
  expect(asked(box, 'uid-IN', 'i', ['notes.txt', 'film.mp4'])).toBe('vacated')
})

test('a file that is a part of another unit by now stands at its place with its content, and may do so with any other', () => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const { unitId } = box.unit(folder, 'g', { kind: 'image_group', frames: [] })
  for (const [name, sha256, sizeBytes] of [
    ['same', 'sha', 10],
    ['other', 'else', 10],
    ['unread', null, 10],
    ['longer', null, 11],
  ] as const)
    box.file(folder, `g/${name}.jpg`, { unitId, sha256, sizeBytes })
  const places = ['same', 'other', 'unread', 'longer'].map((name) => asked(box, 'uid-IN', `g/${name}.jpg`, [`${name}.jpg`]))
  expect(places).toEqual(['there', 'doubtful', 'doubtful', 'doubtful'])
})

test.each(['excluded', 'present'] as const)(
  'what is %s stands at its place with the content that the ledger knows, and may do so with any other',
  (local) => {
    using box = new LedgerBox()
    const folder = box.folder('IN')
    for (const [key, sha256] of [
      ['same.jpg', 'sha'],
      ['other.jpg', 'else'],
    ] as const)
      box.unit(folder, key, { current: null, sha256, local })
    expect(['same.jpg', 'other.jpg'].map((key) => asked(box, 'uid-IN', key, []))).toEqual(['there', 'doubtful'])
  },
)

test('nothing stands at the place of what is gone', () => {
  using box = new LedgerBox()
  box.unit(box.folder('IN'), 'a.jpg', { current: null, sha256: 'else', local: 'absent' })
  expect(asked(box, 'uid-IN', 'a.jpg', [])).toBe('vacated')
})

test('what the ledger knows of another folder is asked for again where that was not looked at since a start', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const other = box.folder('B')
  box.unit(other, 'a.jpg', { current: null, sha256: 'sha' })
  const where = () => [asked(box, 'uid-B', 'a.jpg', []), asked(box, 'uid-B', 'b.jpg', [])]
  expect(where()).toEqual(['unseen', 'unseen'])
  box.scan(other)
  expect(where()).toEqual(['there', 'vacated'])
  ledger.now(() => outdateLooks(ledger, other.id))
  expect(where()).toEqual(['unknown', 'unknown'])
  box.scan(other)
  expect(where()).toEqual(['there', 'vacated'])
})

test('a folder that left the config while it was away is waited for no more', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const other = box.folder('B')
  box.unit(other, 'a.jpg', { current: null, sha256: 'sha', local: 'excluded' })
  ledger.folders.setState(other.id, 'absent', 'its disk is away', 0)
  const where = () => [asked(box, 'uid-B', 'a.jpg', []), asked(box, 'uid-B', 'b.jpg', null)]
  expect(where()).toEqual(['unseen', 'unseen'])
  ledger.folders.unconfigure(other.id)
  expect(where()).toEqual(['there', 'vacated'])
})
