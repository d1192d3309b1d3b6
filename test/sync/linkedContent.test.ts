import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { applyNote } from '../../src/sync/notes.ts'
import { groupContent } from '../../src/sync/plan/groupContent.ts'
import type { ForeignRow, Look } from '../../src/sync/records.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { policyOf, WHOLE_IMAGE } from '../support/planWorld.ts'

const SILENT = { emit: () => undefined }

/** A row of which the server tells no size. */
function rowOf(remoteId: number, title: string): ForeignRow {
  return { remoteId, dataHash: `row-of-${title}`, title, type: 'IMG_GROUP', sizeBytes: null, own: null }
}

function link(box: LedgerBox, folder: ReturnType<LedgerBox['folder']>, unitId: number, title: string, content: string): number {
  const { ledger } = box
  const row = rowOf(folder.remoteId, title)
  const tools = { ledger, log: SILENT, wallMs: () => PLANTED_MS }
  applyNote(tools, folder, policyOf({ groupIncomplete: 'skip' }), {
    kind: 'link',
    unitId,
    row,
    more: [],
    content,
    goesBy: 'rule',
    because: '',
  })
  return ledger.versions.byHash(folder.remoteId, row.dataHash)?.id ?? 0
}

test('each frame of a group that is linked is known by its hash, but for a damaged one that the row lacks', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const { unitId, fileIds } = box.unit(folder, 'g', { kind: 'image_group', current: null, frames: ['1.jpg', '2.jpg', '3.jpg'] })
  const damaged: Look = { kind: 'image', format: 'jpeg', mime: 'image/jpeg', whole: { kind: 'cut', why: 'no end' } }
  for (const [i, id] of fileIds.entries()) ledger.tree.setLook(id, i === 2 ? damaged : WHOLE_IMAGE)
  const id = link(box, folder, unitId, 'g', groupContent(['sha-g/1.jpg', 'sha-g/2.jpg']))
  expect(ledger.versions.frames(id).map(({ name, sha256 }) => [name, sha256])).toEqual([
    ['1.jpg', 'sha-g/1.jpg'],
    ['2.jpg', 'sha-g/2.jpg'],
  ])
})

test('a group that an older version linked learns the hashes of its frames while its files are what the row holds', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const linked = (key: string, content: string): number => {
    const { unitId, fileIds } = box.unit(folder, key, { kind: 'image_group', current: null, frames: ['2.jpg', '1.jpg'] })
    const id = link(box, folder, unitId, key, content)
    const frames = fileIds.map((fileId, i) => ({ fileId, name: `${2 - i}.jpg`, sizeBytes: 10 }))
    ledger.versions.setFrames(id, frames)
    return id
  }
  const same = linked('same', groupContent(['sha-same/1.jpg', 'sha-same/2.jpg']))
  const other = linked('other', groupContent(['sha-other/1.jpg', 'what stood at 2.jpg when it was linked']))
  using db = closing(new Database(box.path))
  db.pragma('user_version = 10')
  expect(migrate(db, box.path, readMigrations().slice(0, 11))).toEqual(['0011-linked-frames.sql'])
  const hashes = (id: number) => ledger.versions.frames(id).map(({ sha256 }) => sha256)
  expect(hashes(same)).toEqual(['sha-same/2.jpg', 'sha-same/1.jpg'])
  expect(hashes(other)).toEqual([null, null])
})

test('a row that an older version linked learns its size while its file is what it holds', () => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const same = box.unit(folder, 'same.jpg', { sizeBytes: 0 })
  const edited = box.unit(folder, 'edited.jpg', { sizeBytes: 0 })
  using db = closing(new Database(box.path))
  db.exec(`UPDATE files SET size_bytes = 77; UPDATE files SET sha256 = 'edited' WHERE name = 'edited.jpg'`)
  db.pragma('user_version = 11')
  expect(migrate(db, box.path, readMigrations().slice(0, 12))).toEqual(['0012-linked-sizes.sql'])
  expect([same, edited].map(({ versionId }) => box.ledger.versions.get(versionId ?? 0)?.sizeBytes)).toEqual([77, 0])
})

function closing(db: Database.Database): Database.Database & Disposable {
  return Object.assign(db, { [Symbol.dispose]: () => void db.close() })
}
