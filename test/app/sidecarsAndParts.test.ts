import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { changes } from '../../src/app/changes.ts'
import { queries } from '../../src/app/queries.ts'
import { stateOf } from '../../src/model/unit.ts'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { localParts } from '../support/localParts.ts'
import { scratchFolder } from '../support/scratchFolder.ts'

/** A sequence of two rows, and the id of the second. */
function plantSequence(box: LedgerBox, folder: FolderRecord): { readonly unitId: number; readonly partId: number } {
  const { unitId } = box.unit(folder, 'run', { kind: 'image_group', sha256: 'sha-run' })
  const { ledger } = box
  const row = { unitId, remoteId: folder.remoteId, kind: 'image_group', title: 'run-2', sizeBytes: 0, content: 'sha-run' } as const
  const partId = ledger.now(() => ledger.versions.addLive({ ...row, dataHash: 'hash-part', part: 1, metadataDue: false }, PLANTED_MS))
  return { unitId, partId }
}

test('a sequence of which someone removed one row says so, and is sent whole by retry', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const { unitId, partId } = plantSequence(box, folder)
  const { ledger } = box
  const parts = localParts(box, [folder])
  expect((await queries(parts).status()).folders[0]?.counts).toMatchObject({ seen: 1, synced: 1 })
  ledger.now(() => ledger.versions.setRemote(partId, 'missing'))
  expect((await queries(parts).status()).folders[0]?.counts).toMatchObject({ seen: 1, synced: 0, setAside: 1 })
  expect((await queries(parts).why({ path: 'run' })).unit).toMatchObject({ state: 'remote-missing', dataHash: 'hash-part' })
  await changes(parts).retry({ paths: ['run'], asIs: false })
  expect(ledger.versions.ofUnit(unitId).map(({ part, role, remote }) => `${part} ${role} ${remote}`)).toEqual([
    '0 superseded live',
    '1 closed missing',
  ])
  expect(ledger.candidates.ofFolder(folder.id).map(({ why }) => why)).toEqual(['superseded'])
  expect(stateOf(ledger.facts.summaries(folder.id, 'run')[0]?.facts ?? ({} as never))).toBe('waiting')
})

test('metadata beside a unit is counted with it; alone, or of no use, it is set aside', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.unit(folder, 'a.jpg')
  box.unit(folder, 'g', { kind: 'image_group' })
  for (const path of ['a.jpg.metadata.json', 'g/.metadata.json']) box.file(folder, path, { problem: 'sidecar' })
  const parts = localParts(box, [folder])
  expect((await queries(parts).status()).folders[0]?.counts).toMatchObject({ seen: 2, synced: 2, setAside: 0 })
  expect(await queries(parts).units({ path: null })).toHaveLength(2)
  box.file(folder, 'nobody.jpg.metadata.json', { problem: 'sidecar' })
  box.file(folder, 'g/f1.jpg.metadata.json', { problem: 'sidecar' })
  box.file(folder, 'b.jpg.metadata.json', { problem: 'metadata not used: it is not JSON' })
  expect((await queries(parts).status()).folders[0]?.counts).toMatchObject({ seen: 5, synced: 2, setAside: 3 })
})

test('why says what became of metadata, at its own path and at its unit', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const { versionId } = box.unit(folder, 'a.jpg')
  box.file(folder, 'a.jpg.metadata.json', { problem: 'sidecar' })
  const why = async (path: string) => (await queries(localParts(box, [folder])).why({ path })).metadata
  expect(await why('a.jpg')).toMatchObject({ path: 'a.jpg.metadata.json', state: 'sent' })
  box.ledger.now(() => box.ledger.versions.setMetadataDue(versionId ?? -1, true))
  expect(await why('a.jpg.metadata.json')).toMatchObject({ state: 'due' })
  box.ledger.now(() => box.ledger.remotes.setDatarow(folder.remoteId, 'refused'))
  expect(await why('a.jpg')).toMatchObject({ state: 'not-used', why: expect.stringMatching(/datarow/) })
  box.unit(folder, 'b.jpg')
  box.file(folder, 'b.jpg.metadata.json', { problem: 'metadata not used: it is not JSON' })
  expect(await why('b.jpg')).toEqual({ path: 'b.jpg.metadata.json', state: 'not-used', why: 'it is not JSON' })
})

test('rows whose metadata was left alone by an older version get it after the update', () => {
  using place = scratchFolder()
  const db = new Database(join(place.path, 'ledger.db'))
  migrate(db, 'ledger.db', readMigrations().slice(0, 2))
  const stamp = `'0', '0', '1'`
  db.exec(`
    INSERT INTO remotes (id, domain, dataset) VALUES (1, 'd', 's');
    INSERT INTO folders (id, uid, path, remote_id, state, since) VALUES (1, 'u', '/in', 1, 'ok', 0);
    INSERT INTO dirs (id, folder_id, path, mtime_ns, ctime_ns, ino, local) VALUES (1, 1, '', ${stamp}, 'present'), (2, 1, 'g', ${stamp}, 'present');`)
  const names = ['a.jpg.metadata.json', 'c.jpg.metadata.json', 'a.jpg.encord.json', 'b.JPG.METADATA.JSON']
  const addFile = db.prepare(
    `INSERT INTO files (folder_id, dir_id, name, size_bytes, mtime_ns, ctime_ns, ino, local, problem, first_scan) VALUES (1, ?, ?, 9, ${stamp}, 'present', 'sidecar', 1)`,
  )
  for (const name of names) addFile.run(1, name)
  addFile.run(2, '.metadata.json')
  for (const [id, shape, key] of [
    [1, 'file', 'a.jpg'],
    [2, 'file', 'b.JPG'],
    [3, 'dir', 'g'],
  ] as const) {
    db.prepare(
      `INSERT INTO units (id, folder_id, shape, key, kind, local, work, since) VALUES (?, 1, ?, ?, 'image', 'present', 'none', 0)`,
    ).run(id, shape, key)
    db.prepare(
      `INSERT INTO versions (unit_id, remote_id, kind, data_hash, title, remote, role) VALUES (?, 1, 'image', ?, 't', 'live', 'current')`,
    ).run(id, `h${id}`)
  }
  migrate(db, 'ledger.db')
  const due = db.prepare<[], { unit_id: number }>('SELECT unit_id FROM versions WHERE metadata_due = 1 ORDER BY unit_id').all()
  expect(due.map((row) => row.unit_id)).toEqual([1, 3])
  const problems = db
    .prepare<[], { name: string; problem: string }>(`SELECT name, problem FROM files WHERE problem <> 'sidecar' ORDER BY id`)
    .all()
  expect(problems.map(({ name, problem }) => `${name} ${problem}`)).toEqual([
    'a.jpg.encord.json labels',
    'b.JPG.METADATA.JSON unknown-type',
  ])
  db.close()
})
