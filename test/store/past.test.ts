import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { checkLedger } from '../../src/store/checkLedger.ts'
import { forgetPast } from '../../src/sync/forgetPast.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'

const DAY_MS = 86_400_000
const LATER_MS = PLANTED_MS + 200 * DAY_MS

/** How many rows each table has. */
function sizes(box: LedgerBox): Readonly<Record<string, number>> {
  const db = new Database(box.path, { readonly: true })
  const tables = ['operations', 'frames', 'versions', 'batches', 'scans', 'history', 'candidates', 'meta']
  const found = tables.map((table) => [table, db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()])
  db.close()
  return Object.fromEntries(found)
}

function settle(box: LedgerBox, folder: { readonly id: number }, atMs: number): void {
  // A slice at a time; the second day forgets what was over on the first.
  for (let i = 0; i < 5; i++)
    for (const ms of [atMs, atMs + DAY_MS]) box.ledger.now(() => forgetPast(box.ledger, box.ledger.folders.get(folder.id), ms))
}

test('two years of files that come and go leave the hashes of their rows, the history, and nothing else', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const call = (versionId: number, verb: 'register' | 'group', atMs: number) =>
    ledger.operations.end(ledger.operations.intend(versionId, verb, atMs, null, null), 'done', atMs)
  const live = box.unit(folder, 'stays', { kind: 'image_group' })
  ledger.versions.setFrames(live.versionId ?? 0, [{ fileId: 1, name: '1.jpg', sizeBytes: 5 }])
  const perMonth = 40
  const grown: ReturnType<typeof sizes>[] = []
  for (let month = 0; month < 24; month++) {
    const atMs = PLANTED_MS + month * 30 * DAY_MS
    ledger.now(() => {
      for (let i = 0; i < perMonth; i++) {
        const id = ledger.versions.addComing(
          { unitId: live.unitId, remoteId: folder.remoteId, kind: 'image_group', title: 't', sizeBytes: 1 },
          0,
        )
        ledger.versions.setFrames(
          id,
          [1, 2, 3].map((n) => ({ fileId: n, name: `${n}.jpg`, sizeBytes: n })),
        )
        call(id, 'group', atMs)
        // Forgotten with its unit, once its row had gone.
        ledger.versions.setUnit(id, null)
        ledger.versions.setLive(id, `hash-of-${month}-${i}`, 't', false, atMs)
        const batch = ledger.candidates.addBatch(folder.id, 'digest', 'why', atMs)
        ledger.candidates.decide(batch, 'approved', atMs)
        ledger.history.add({
          atMs,
          folderId: folder.id,
          verb: 'deleted',
          dataHash: `hash-of-${month}-${i}`,
          key: 'k',
          files: 3,
          approved: false,
          detail: {},
        })
        ledger.versions.retire(id, 'gone', 'closed')
        // An object that is not in the bucket yet is asked for again and again.
        const attempt = ledger.versions.addComing(
          { unitId: live.unitId, remoteId: folder.remoteId, kind: 'image_group', title: 't', sizeBytes: 1 },
          0,
        )
        const asked = ledger.operations.intend(attempt, 'register', atMs, null, null)
        ledger.operations.end(asked, 'refused', atMs)
        ledger.versions.retire(attempt, 'stray', 'closed')
      }
    })
    ledger.now(() => {
      for (let quarter = 0; quarter < 120; quarter++) box.scan(folder, atMs + (quarter * DAY_MS) / 4)
    })
    settle(box, folder, atMs + 29 * DAY_MS)
    grown.push(sizes(box))
  }
  const [first, last] = [grown[5], grown.at(-1)]
  for (const table of ['operations', 'frames', 'batches', 'meta'] as const) expect([table, last?.[table]]).toEqual([table, first?.[table]])
  expect(last?.['versions']).toBe(1 + 24 * perMonth + 1)
  expect(last?.['history']).toBe(24 * perMonth)
  // One look of each day, and all of the last 90 days.
  expect(last?.['scans']).toBeLessThan(24 * 30 + 91 * 4)
  expect(ledger.versions.byHash(folder.remoteId, 'hash-of-0-0')).toMatchObject({ remote: 'gone', role: 'closed' })
  expect(ledger.history.verify().problems).toEqual([])
  expect(checkLedger(box.path, LATER_MS).flatMap(({ problems }) => problems)).toEqual([])
})

test('what something still depends on is kept, however old it is', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const mode = box.scan(folder, PLANTED_MS + 1)
  const [changed, missed, first, second, plain, last] = [2, 3, 4, 5, 6, 7].map((n) => box.scan(folder, PLANTED_MS + n * 1_000)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  // Rows that wait, with their batch, their proof and their frames; one more whose file is missed.
  const held = box.unit(folder, 'held', { kind: 'image_group', local: 'absent' })
  const heldId = held.versionId ?? 0
  ledger.versions.setFrames(heldId, [{ fileId: 1, name: '1.jpg', sizeBytes: 5 }])
  ledger.candidates.add(heldId, 'absent', { id: first, atMs: PLANTED_MS }, PLANTED_MS)
  ledger.candidates.setSecond(heldId, second)
  const batch = ledger.candidates.addBatch(folder.id, 'digest', 'why', PLANTED_MS)
  ledger.candidates.setBatch(heldId, batch)
  ledger.candidates.addBatch(folder.id, 'digest', 'the newest one', PLANTED_MS)
  const edited = box.unit(folder, 'edited.jpg')
  ledger.versions.setChangedScan(edited.unitId, changed)
  ledger.meta.write(`changed-elsewhere:${edited.versionId}`, JSON.stringify({ scan: changed, why: 'because' }))
  ledger.meta.write('changed-elsewhere:999', JSON.stringify({ scan: changed, why: 'because' }))
  ledger.meta.write(`left-behind:${edited.versionId}`, String(changed))
  ledger.meta.write('left-behind:999', String(changed))
  ledger.meta.write(`approved-copies:${edited.versionId}`, '[1]')
  ledger.meta.write('approved-copies:999', '[1]')
  ledger.meta.write(`replaced-files:${edited.versionId}`, '[]')
  ledger.meta.write('replaced-files:999', '[]')
  ledger.meta.write(`replaced-away:${edited.versionId}`, '1')
  ledger.meta.write('replaced-away:999', '1')
  ledger.meta.write('rows-of-file:7:9', `[${edited.versionId},999]`)
  ledger.meta.write('rows-of-file:8:9', '[999]')
  ledger.meta.write(`shown-in-batch:${batch}`, '[1]')
  ledger.meta.write('shown-in-batch:999', '[1]')
  ledger.tree.setFileLocal(box.file(folder, 'missed.jpg'), 'absent', missed, null)
  // A lost answer of which a person was asked what it made, whatever its unit waits for now; and one that is still looked up.
  const attempt = (key: string, remote: 'stray' | 'registering') => {
    const { unitId } = box.unit(folder, key, { kind: 'image_group', work: 'waiting', current: null })
    const id = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind: 'image_group', title: key, sizeBytes: 1 }, 0)
    ledger.versions.setFrames(id, [{ fileId: 2, name: '1.jpg', sizeBytes: 6 }])
    ledger.versions.retire(id, remote, 'closed')
    return id
  }
  const lost = attempt('lost call', 'registering')
  const asked = attempt('asked', 'stray')
  const open = ledger.operations.intend(asked, 'group', PLANTED_MS, null, null)
  const over = attempt('over', 'stray')
  const removed = box.unit(folder, 'lost', { kind: 'image_group', current: 'missing' })
  ledger.versions.setFrames(removed.versionId ?? 0, [{ fileId: 3, name: '1.jpg', sizeBytes: 7 }])
  ledger.versions.setRole(removed.versionId ?? 0, 'closed')
  const newest = attempt('newest', 'stray')

  ledger.folders.setDeleteMode(folder.id, 'propagate', PLANTED_MS - 10_000)
  settle(box, folder, LATER_MS)

  expect([mode, changed, missed, first, second, last].map((id) => ledger.scans.get(id)?.id)).toEqual([
    mode,
    changed,
    missed,
    first,
    second,
    last,
  ])
  expect(ledger.scans.get(plain)).toBeNull()
  expect(ledger.candidates.batches(folder.id).map(({ id }) => id)).toEqual([batch])
  expect(ledger.versions.frames(heldId)).toHaveLength(1)
  expect(ledger.meta.read(`changed-elsewhere:${edited.versionId}`)).not.toBeNull()
  expect(ledger.meta.read('changed-elsewhere:999')).toBeNull()
  expect(ledger.meta.read(`left-behind:${edited.versionId}`)).not.toBeNull()
  expect(ledger.meta.read('left-behind:999')).toBeNull()
  expect(ledger.meta.read(`approved-copies:${edited.versionId}`)).not.toBeNull()
  expect(ledger.meta.read('approved-copies:999')).toBeNull()
  expect(ledger.meta.read(`replaced-files:${edited.versionId}`)).not.toBeNull()
  expect(ledger.meta.read('replaced-files:999')).toBeNull()
  expect(ledger.meta.read(`replaced-away:${edited.versionId}`)).not.toBeNull()
  expect(ledger.meta.read('replaced-away:999')).toBeNull()
  expect(ledger.meta.read('rows-of-file:7:9')).not.toBeNull()
  expect(ledger.meta.read('rows-of-file:8:9')).toBeNull()
  expect(ledger.meta.read(`shown-in-batch:${batch}`)).not.toBeNull()
  expect(ledger.meta.read('shown-in-batch:999')).toBeNull()
  // A row that comes back into the dataset has its frames.
  expect(ledger.versions.frames(removed.versionId ?? 0)).toHaveLength(1)
  expect([lost, asked, newest].map((id) => ledger.versions.get(id)?.remote)).toEqual(['registering', 'stray', 'stray'])
  expect(ledger.versions.frames(asked)).toHaveLength(1)
  expect(ledger.operations.openOf(asked).map(({ id }) => id)).toEqual([open])
  expect(ledger.versions.get(over)).toBeNull()
})

test('what was closed less than a day ago may be in somebody’s hands, and what is recent is remembered', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const { unitId, versionId } = box.unit(folder, 'a.jpg')
  const forget = (ms: number) => ledger.now(() => forgetPast(ledger, ledger.folders.get(folder.id), ms))
  forget(PLANTED_MS)
  const stray = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind: 'image', title: 'a', sizeBytes: 1 }, 0)
  ledger.versions.retire(stray, 'stray', 'closed')
  box.unit(folder, 'b.jpg')
  const done = ledger.operations.intend(versionId ?? 0, 'register', PLANTED_MS, null, null)
  ledger.operations.end(done, 'done', PLANTED_MS)
  ledger.operations.end(ledger.operations.intend(versionId ?? 0, 'register', PLANTED_MS, null, null), 'done', PLANTED_MS)
  forget(PLANTED_MS + DAY_MS)
  expect(ledger.versions.get(stray)).not.toBeNull()
  forget(PLANTED_MS + 2 * DAY_MS)
  expect(ledger.versions.get(stray)).toBeNull()
  expect(sizes(box)['operations']).toBe(2)
  // A clock that was ahead does not end it.
  forget(PLANTED_MS + 400 * DAY_MS)
  expect(sizes(box)['operations']).toBe(1)
  forget(PLANTED_MS + 3 * DAY_MS)
  expect(JSON.parse(ledger.meta.read(`forgotten:${folder.id}`) ?? '{}')).toMatchObject({ atMs: PLANTED_MS + 3 * DAY_MS })
})
