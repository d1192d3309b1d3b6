import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { historyStore } from '../../src/store/history.ts'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { ledgerOver } from '../../src/store/openLedger.ts'
import type { HistoryEntry } from '../../src/sync/records.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'

const ENTRY: HistoryEntry = {
  atMs: PLANTED_MS,
  folderId: null,
  verb: 'registered',
  dataHash: 'h',
  key: 'a.jpg',
  files: 1,
  approved: false,
  detail: {},
}

/** A ledger with six entries, `h1` to `h6`. */
function sixEntries(): LedgerBox {
  const box = new LedgerBox()
  for (let i = 1; i <= 6; i++) box.ledger.history.add({ ...ENTRY, dataHash: `h${i}` })
  return box
}

/** Someone opens the ledger with another program, takes the triggers away and changes what they like. */
function tamper({ path }: LedgerBox, sql: string): void {
  const db = new Database(path)
  db.exec(`DROP TRIGGER history_no_update; DROP TRIGGER history_no_delete; ${sql}`)
  db.close()
}

test('a history that only grew is whole', () => {
  using box = sixEntries()
  expect(box.ledger.history.verify()).toEqual({ entries: 6, unchained: 0, problems: [] })
})

test('an entry that is written while the history is walked is not taken for a foreign one', () => {
  using box = sixEntries()
  const reader = new Database(box.path, { readonly: true })
  const { prepare } = reader
  // A service writes just after the newest entry was asked for.
  Object.assign(reader, {
    prepare(sql: string) {
      const statement = prepare.call(reader, sql) as Database.Statement<unknown[], unknown>
      if (!sql.includes('FROM meta')) return statement
      const { get } = statement
      return Object.assign(statement, {
        get(...args: unknown[]) {
          const row = get.apply(statement, args)
          if (args[0] === 'history_head') box.ledger.history.add({ ...ENTRY, dataHash: 'h7' })
          return row
        },
      })
    },
  })
  const { problems } = historyStore(reader).verify()
  reader.close()
  expect(problems).toEqual([])
  expect(box.ledger.history.verify()).toEqual({ entries: 7, unchained: 0, problems: [] })
})

test.each([
  ['a changed hash', `UPDATE history SET data_hash = 'other' WHERE seq = 3`, ['entry 3 is not what was written (registered)']],
  ['a changed time', 'UPDATE history SET at = at + 1 WHERE seq = 6', ['entry 6 is not what was written (registered)']],
  ['a changed reason', `UPDATE history SET detail = '{"because":"x"}' WHERE seq = 1`, ['entry 1 is not what was written (registered)']],
  ...['folder_id = 7', `verb = 'deleted'`, `key = 'b.jpg'`, 'files = 2', 'approved = 1'].map((change): [string, string, string[]] => [
    `a change, ${change}`,
    `UPDATE history SET ${change} WHERE seq = 3`,
    [`entry 3 is not what was written (${change.startsWith('verb') ? 'deleted' : 'registered'})`],
  ]),
  ['a removed entry', 'DELETE FROM history WHERE seq = 4', ['entry 4 is missing']],
  ['a removed beginning', 'DELETE FROM history WHERE seq <= 2', ['entries 1 to 2 are missing']],
  ['a removed end', 'DELETE FROM history WHERE seq >= 5', ['entries 5 to 6 are missing']],
  ['all entries removed', 'DELETE FROM history', ['entries 1 to 6 are missing']],
  [
    'two entries that changed places',
    'UPDATE history SET seq = 100 WHERE seq = 2; UPDATE history SET seq = 2 WHERE seq = 3; UPDATE history SET seq = 3 WHERE seq = 100',
    [2, 3, 4].map((seq) => `entry ${seq} is not what was written (registered)`),
  ],
  [
    'an entry of before the chain',
    `UPDATE history SET chain = 'unchained' WHERE seq = 6`,
    ['entry 6 is not what was written (registered)', 'the newest entry, 6, is not the one that was written last'],
  ],
  ['a lost note of the newest', `DELETE FROM meta WHERE key = 'history_head'`, ['the note of the newest entry is missing']],
])('%s is found and named', (_name, sql, problems) => {
  using box = sixEntries()
  tamper(box, sql)
  expect(box.ledger.history.verify().problems).toEqual(problems)
})

test('what was taken off the end stays missing when new entries follow', () => {
  using box = sixEntries()
  tamper(box, 'DELETE FROM history WHERE seq = 6')
  box.ledger.history.add(ENTRY)
  expect(box.ledger.history.verify().problems).toEqual(['entry 6 is missing'])
})

test('of a rewritten history only the first entries are named, and the rest are counted', () => {
  using box = new LedgerBox()
  box.ledger.now(() => {
    for (let i = 0; i < 50; i++) box.ledger.history.add(ENTRY)
  })
  tamper(box, `UPDATE history SET data_hash = 'other'`)
  const { problems } = box.ledger.history.verify()
  expect(problems).toHaveLength(21)
  expect(problems.at(-1)).toBe('and 30 more')
})

test('entries from before there was a chain are kept by the migration and counted apart; new ones follow on them', () => {
  const [first] = readMigrations()
  if (first === undefined) throw new Error('no migration')
  const db = new Database(':memory:')
  migrate(db, ':memory:', [first])
  db.exec(
    `INSERT INTO history (at, verb, data_hash, detail) VALUES (1, 'registered', 'old-1', '{}'), (2, 'deleted', 'old-2', '{"why":"absent"}')`,
  )
  migrate(db, ':memory:')
  const { history } = ledgerOver(db)
  history.add(ENTRY)
  expect(history.entries({ folderId: null, key: null, sinceMs: null }).map(({ seq, dataHash }) => [seq, dataHash])).toEqual([
    [1, 'old-1'],
    [2, 'old-2'],
    [3, 'h'],
  ])
  expect(history.verify()).toEqual({ entries: 3, unchained: 2, problems: [] })
  expect(() => db.exec('DELETE FROM history')).toThrow('append-only')
  db.exec('DROP TRIGGER history_no_delete; DELETE FROM history WHERE seq = 2')
  expect(history.verify().problems).toEqual(['entry 2 is missing'])
  db.close()
})

test('a deletion carries the call that did it: when it was sent, its scans and its evidence', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const [first, second] = [box.scan(folder), box.scan(folder, PLANTED_MS + 60_000)]
  const { versionId, dataHash } = box.unit(folder, 'a.jpg', { local: 'absent' })
  ledger.candidates.add(versionId ?? 0, 'absent', { id: first, atMs: PLANTED_MS }, PLANTED_MS)
  ledger.candidates.setSecond(versionId ?? 0, second)
  const evidence = { firstScan: first, secondScan: second, proof: { paths: [{ path: 'a.jpg', errno: 'ENOENT' }] } }
  const id = ledger.operations.intend(versionId ?? 0, 'delete', PLANTED_MS + 61_000, null, JSON.stringify(evidence))
  ledger.operations.end(id, 'done', PLANTED_MS + 62_000)
  ledger.history.add({ ...ENTRY, atMs: PLANTED_MS + 62_000, folderId: folder.id, verb: 'deleted', dataHash, detail: { why: 'absent' } })
  const [entry] = ledger.history.entries({ folderId: folder.id, key: 'a.jpg', sinceMs: null })
  expect(entry?.detail).toEqual({
    why: 'absent',
    call: {
      operation: id,
      beganMs: PLANTED_MS + 61_000,
      evidence,
      scans: [
        { id: first, beganMs: PLANTED_MS - 1_000, endedMs: PLANTED_MS, result: 'complete' },
        { id: second, beganMs: PLANTED_MS + 59_000, endedMs: PLANTED_MS + 60_000, result: 'complete' },
      ],
    },
  })
  expect(ledger.history.deletedAtMs(dataHash ?? '')).toBe(PLANTED_MS + 62_000)
})

test('entries are asked for by time and by path; a directory means all below it, and not its neighbours', () => {
  using box = new LedgerBox()
  const { history } = box.ledger
  for (const [i, key] of ['site/a.jpg', 'site', 'site-b/a.jpg', 'site0'].entries()) history.add({ ...ENTRY, key, atMs: PLANTED_MS + i })
  const keys = (key: string | null, sinceMs: number | null) => history.entries({ folderId: null, key, sinceMs }).map((entry) => entry.key)
  expect(keys('site', null)).toEqual(['site/a.jpg', 'site'])
  expect(keys(null, PLANTED_MS + 2)).toEqual(['site-b/a.jpg', 'site0'])
})

test('an incident lasts from the first state that is not well to the first that is, and the next one starts anew', () => {
  using box = new LedgerBox()
  const { folders } = box.ledger
  const { id } = box.folder('IN')
  expect(folders.incident(id)).toBeNull()
  folders.setState(id, 'degraded', 'polling', 5)
  expect(folders.incident(id)).toBeNull()
  folders.setState(id, 'absent', 'ENOENT', 10)
  folders.setState(id, 'foreign', 'another disk', 20)
  expect(folders.incident(id)).toEqual({ state: 'foreign', fromMs: 10, toMs: null })
  folders.setState(id, 'ok', '', 30)
  folders.setState(id, 'degraded', 'polling', 35)
  expect(folders.incident(id)).toEqual({ state: 'foreign', fromMs: 10, toMs: 30 })
  folders.setState(id, 'frozen', 'rolled back', 40)
  expect(folders.incident(id)).toEqual({ state: 'frozen', fromMs: 40, toMs: null })
})

test('DELETEs of an incident are those whose call left during it, approved or not, whatever became of it', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const [first, second] = [box.scan(folder), box.scan(folder, PLANTED_MS + 60_000)]
  const sent = (key: string, beganMs: number, phase: 'done' | 'refused' | 'unknown' | 'not-applied'): void => {
    const { versionId, dataHash } = box.unit(folder, key, { local: 'absent' })
    ledger.candidates.add(versionId ?? 0, 'absent', { id: first, atMs: PLANTED_MS }, PLANTED_MS)
    ledger.candidates.setSecond(versionId ?? 0, second)
    ledger.operations.end(ledger.operations.intend(versionId ?? 0, 'delete', beganMs, null, '{}'), phase, beganMs + 5)
    if (phase === 'done') ledger.history.add({ ...ENTRY, folderId: folder.id, verb: 'deleted', dataHash, atMs: beganMs + 5 })
  }
  sent('before.jpg', PLANTED_MS + 98, 'done')
  sent('during.jpg', PLANTED_MS + 150, 'done')
  sent('refused.jpg', PLANTED_MS + 160, 'refused')
  sent('unknown.jpg', PLANTED_MS + 170, 'unknown')
  sent('never-left.jpg', PLANTED_MS + 180, 'not-applied')
  expect(ledger.history.deletesSent(folder.id, PLANTED_MS + 100, PLANTED_MS + 200)).toBe(3)
})
