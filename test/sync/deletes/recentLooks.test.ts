import { copyFileSync, renameSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test, vi } from 'vitest'
import { LookFailed } from '../../../src/model/error.ts'
import { looksFrom } from '../../../src/sync/oldLooks.ts'
import { type DeletesBox, deletesBox } from '../../support/deletesBox.ts'
import { realClock } from '../../support/realClock.ts'

vi.setConfig({ testTimeout: 120_000 })

type Running = Awaited<ReturnType<DeletesBox['open']>>

const BOTH = { folders: ['IN', 'TWO'] }
const GRACE_OVER_MS = 1_100

async function boxOfTwo(): Promise<DeletesBox> {
  const box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  box.put('z.jpg', 'z', 'TWO')
  return box
}

/** The file leaves the folder, for a place where nobody looks. */
function takeAway(box: DeletesBox): void {
  copyFileSync(box.at('a.jpg'), box.beside('kept.jpg'))
  rmSync(box.at('a.jpg'))
}

/** The file left, and a first look at each folder found it nowhere. */
async function leaveUnfound(box: DeletesBox, sync: Running): Promise<void> {
  takeAway(box)
  await sync.look('IN')
  await sync.look('TWO')
  expect(box.deletes()).toBe(0)
}

/** It is put down in the other folder, and its grace passes. */
async function putDownElsewhere(box: DeletesBox): Promise<void> {
  renameSync(box.beside('kept.jpg'), box.beside('TWO', 'a.jpg'))
  await realClock.sleep(GRACE_OVER_MS)
}

/** All is proven, and the server cannot be reached. */
async function proveWithoutServer(box: DeletesBox, sync: Running): Promise<void> {
  box.emulator.setFaults({ match: { call: 'GET dataset' }, do: { kind: 'status', status: 503, when: 'before' } })
  takeAway(box)
  await sync.confirm()
  await sync.look()
  expect(box.deletes()).toBe(0)
}

/** Walks of the other folder wait until the row of the first one was judged without them. */
function holdWalksOf(box: DeletesBox, name: string): void {
  let isWalked = false
  box.onEvent((event, { folder }) => {
    if (event === 'folder.scanned' && String(folder).endsWith('IN')) isWalked = true
  })
  box.beforeWalks(async (folder) => {
    if (folder !== name) return
    await vi.waitUntil(() => isWalked, { timeout: 30_000 })
    // Long enough for a row that goes by old looks to go.
    await realClock.sleep(500)
  })
}

test('no row goes by looks of half an hour ago where the clock leapt while the other folder was walked: a walk is no longer than it took', async () => {
  await using box = await boxOfTwo()
  await using sync = await box.open(BOTH)
  await proveWithoutServer(box, sync)
  const db = new Database(box.beside('state', 'ledger.db'))
  db.exec('UPDATE scans SET began = began - 1800000, ended = ended - 1800000; UPDATE folders SET mode_since = mode_since - 3600000')
  // A machine that keeps no time while it is off begins in 1970.
  db.exec('UPDATE scans SET began = 0 WHERE id = (SELECT max(id) FROM scans WHERE folder_id = 2)')
  db.close()
  renameSync(box.beside('kept.jpg'), box.beside('TWO', 'a.jpg'))
  box.emulator.setFaults()
  await vi.waitUntil(() => box.deletes() > 0 || Object.keys(sync.notes()).length === 0, { timeout: 60_000 })
  expect([box.titles().includes('a.jpg'), box.deletes()]).toEqual([true, 0])
})

test('a row goes by itself once the other folder was looked at after the second scan, which is asked for once', async () => {
  await using box = await boxOfTwo()
  await using sync = await box.open(BOTH)
  box.events.length = 0
  rmSync(box.at('a.jpg'))
  await sync.look('IN')
  await vi.waitUntil(() => box.deletes() > 0, { timeout: 60_000 })
  expect(box.titles()).toEqual(['b.jpg', 'c.jpg', 'z.jpg'])
  const told = box.events.flatMap(({ name, fields }) =>
    name === 'folder.scanned' ? basename(String(fields['folder'])) : name === 'delete.sent' ? name : [],
  )
  const beforeCall = told.slice(0, told.indexOf('delete.sent'))
  expect(beforeCall.slice(beforeCall.lastIndexOf('IN'))).toEqual(['IN', 'TWO'])
})

test('what came to another folder, unheard, after the look at that is found there before its row goes', async () => {
  await using box = await boxOfTwo()
  await using sync = await box.open(BOTH)
  await leaveUnfound(box, sync)
  await putDownElsewhere(box)
  await sync.look('IN')
  await sync.look()
  expect([box.titles(), box.deletes()]).toEqual([['a.jpg', 'b.jpg', 'c.jpg', 'z.jpg'], 0])
})

test('what came to another folder between two passes is found there before its row goes', async () => {
  await using box = await boxOfTwo()
  {
    await using sync = await box.open(BOTH)
    await leaveUnfound(box, sync)
  }
  await putDownElsewhere(box)
  holdWalksOf(box, 'TWO')
  await using sync = await box.open(BOTH)
  await sync.look()
  expect([box.titles(), box.deletes()]).toEqual([['a.jpg', 'b.jpg', 'c.jpg', 'z.jpg'], 0])
})

test('a proof that was whole before a stop is none until all folders were looked at again', async () => {
  await using box = await boxOfTwo()
  {
    await using sync = await box.open(BOTH)
    await proveWithoutServer(box, sync)
  }
  box.emulator.setFaults()
  renameSync(box.beside('kept.jpg'), box.beside('TWO', 'a.jpg'))
  holdWalksOf(box, 'TWO')
  await using sync = await box.open(BOTH)
  await sync.look()
  expect([box.titles(), box.deletes()]).toEqual([['a.jpg', 'b.jpg', 'c.jpg', 'z.jpg'], 0])
})

test('what was seen before a start lets no row go, of any folder, whatever is walked first', async () => {
  await using box = await boxOfTwo()
  const before = await (async () => {
    await using sync = await box.open(BOTH)
    return sync.ledger.scans.newest()
  })()
  expect(before).toBeGreaterThan(0)
  await using sync = await box.open(BOTH)
  expect(sync.ledger.folders.all().map(({ id }) => looksFrom(sync.ledger, id))).toEqual([before, before])
})

test('nor is it while the first look after a start fails', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  {
    await using sync = await box.open()
    await proveWithoutServer(box, sync)
  }
  box.emulator.setFaults()
  renameSync(box.beside('kept.jpg'), box.at('sorted.jpg'))
  let isFirst = true
  box.beforeWalks(async () => {
    if (!isFirst) return
    isFirst = false
    throw new LookFailed('EMFILE: too many open files')
  })
  await using sync = await box.open()
  await sync.look()
  expect(box.events.map(({ name }) => name)).toContain('scan.failed')
  expect([box.titles(), box.deletes()]).toEqual([['b.jpg', 'c.jpg', 'sorted.jpg'], 0])
})

test('nor is one from before a look that failed: what it was to look for is found first', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  await proveWithoutServer(box, sync)
  box.beforeWalks(() => Promise.reject(new LookFailed('EMFILE: too many open files')))
  renameSync(box.beside('kept.jpg'), box.at('sorted.jpg'))
  const hinted = sync.hint('')
  await vi.waitUntil(() => box.events.some(({ name }) => name === 'scan.failed'), { timeout: 30_000 })
  box.emulator.setFaults()
  await vi.waitUntil(() => box.deletes() > 0 || sync.notes()['a.jpg']?.includes('looked at once more'), { timeout: 30_000 })
  box.beforeWalks(async () => undefined)
  await hinted
  await sync.look()
  expect([box.titles(), box.deletes()]).toEqual([['b.jpg', 'c.jpg', 'sorted.jpg'], 0])
})

test('nor is one from before a pause', async () => {
  await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
  await using sync = await box.open()
  takeAway(box)
  await sync.look()
  await sync.setPaused(true)
  await realClock.sleep(GRACE_OVER_MS)
  await sync.look()
  renameSync(box.beside('kept.jpg'), box.at('sorted.jpg'))
  await sync.setPaused(false)
  expect([box.titles(), box.deletes()]).toEqual([['b.jpg', 'c.jpg', 'sorted.jpg'], 0])
})

test('nor is one from before the disk of another folder was away', async () => {
  await using box = await boxOfTwo()
  await using sync = await box.open(BOTH)
  await proveWithoutServer(box, sync)
  renameSync(box.beside('TWO'), box.beside('AWAY'))
  await sync.look()
  expect(sync.notes()['a.jpg']).toContain('which is absent')
  renameSync(box.beside('kept.jpg'), box.beside('AWAY', 'a.jpg'))
  renameSync(box.beside('AWAY'), box.beside('TWO'))
  box.emulator.setFaults()
  holdWalksOf(box, 'TWO')
  const back = sync.look('TWO')
  await vi.waitUntil(() => sync.ledger.folders.get(2).state === 'ok')
  await sync.look('IN')
  await back
  expect([box.titles(), box.deletes()]).toEqual([['a.jpg', 'b.jpg', 'c.jpg', 'z.jpg'], 0])
})

test('what a person approved goes only once the other folders were looked at: what came there keeps its row', async () => {
  await using box = await boxOfTwo()
  await using sync = await box.open({ ...BOTH, limit: 'count: 1, percent: 100, per: 24h' })
  const row = box.emulator.rows().find(({ title }) => title === 'a.jpg')?.data_hash
  takeAway(box)
  rmSync(box.at('b.jpg'))
  await sync.confirm()
  await sync.look('TWO')
  renameSync(box.beside('kept.jpg'), box.beside('TWO', 'a.jpg'))
  await sync.approve()
  await sync.look()
  expect([box.titles(), box.deletes()]).toEqual([['a.jpg', 'c.jpg', 'z.jpg'], 1])
  expect(box.emulator.rows().map((one) => one.data_hash)).toContain(row)
})
