import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { checkLedger } from '../../src/store/checkLedger.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'

const DAY_MS = 86_400_000

/** What is found, by the name of the check. */
function problemsOf(box: LedgerBox, nowMs = PLANTED_MS): Readonly<Record<string, readonly string[]>> {
  const checks = checkLedger(box.path, nowMs)
  return Object.fromEntries(checks.filter(({ problems }) => problems.length > 0).map(({ name, problems }) => [name, problems]))
}

/** With another program, past every rule that the schema holds. */
function tamper({ path }: LedgerBox, sql: string): void {
  const db = new Database(path)
  db.unsafeMode()
  db.pragma('foreign_keys = OFF')
  db.pragma('ignore_check_constraints = ON')
  db.exec(sql)
  db.close()
}

function filledBox(): LedgerBox {
  const box = new LedgerBox()
  const folder = box.folder('IN')
  box.unit(folder, 'a.jpg')
  box.unit(folder, 'run', { kind: 'image_group' })
  box.scan(folder)
  box.ledger.history.add({
    atMs: PLANTED_MS,
    folderId: folder.id,
    verb: 'registered',
    dataHash: 'h',
    key: 'a.jpg',
    files: 1,
    approved: false,
    detail: {},
  })
  return box
}

test('a ledger that was only written by encord-sync is sound, also while it is in use', () => {
  using box = filledBox()
  expect(problemsOf(box)).toEqual({})
  expect(checkLedger(box.path, PLANTED_MS).length).toBeGreaterThan(8)
})

test('the signed URLs of a group are in the ledger only until it is registered, or given up', () => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const urls = (versionId: number): unknown[] => box.ledger.versions.frames(versionId).map(({ ticket }) => ticket)
  const begun = (key: string): number => {
    const { unitId, fileIds } = box.unit(folder, key, { kind: 'image_group', current: null })
    const id = box.ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind: 'image_group', title: key, sizeBytes: 20 }, 0)
    box.ledger.versions.setFrames(
      id,
      fileIds.map((fileId, i) => ({ fileId, name: `f${i}.jpg`, sizeBytes: 10 })),
    )
    for (const ord of fileIds.keys()) box.ledger.versions.setFrameTicket(id, ord, `${key}-${ord}`, '{"signed_url":"https://x"}', PLANTED_MS)
    return id
  }
  const [registered, givenUp] = [begun('run'), begun('walk')]
  expect([...urls(registered), ...urls(givenUp)]).toEqual(Array.from({ length: 4 }, () => '{"signed_url":"https://x"}'))
  box.ledger.versions.setLive(registered, 'row', 'run', false, PLANTED_MS)
  box.ledger.versions.retire(givenUp, 'stray', 'closed')
  expect([...urls(registered), ...urls(givenUp)]).toEqual([null, null, null, null])
})

test.each([
  ['references', `UPDATE files SET unit_id = 999 WHERE name = 'a.jpg'`, /^files \d+ names a row of units that is not there$/],
  ['history', `DROP TRIGGER history_no_delete; DELETE FROM history`, /^entry 1 is missing$/],
  ['rows-have-hashes', `UPDATE versions SET data_hash = NULL WHERE title = 'a.jpg'`, /^version 1 \(a\.jpg\) has no data_hash$/],
  [
    'deletes-are-journaled',
    `UPDATE versions SET remote = 'deleting' WHERE title = 'a.jpg'`,
    /^version 1 \(a\.jpg\) is being deleted without a call$/,
  ],
  [
    'deletes-have-evidence',
    `DROP TRIGGER delete_needs_evidence; INSERT INTO operations (version_id, verb, phase, began) VALUES (1, 'delete', 'done', 1)`,
    /^operation 1 has no evidence$/,
  ],
  [
    'candidates-are-rows',
    `UPDATE versions SET remote = 'gone' WHERE id = 1; INSERT INTO candidates (version_id, why, made) VALUES (1, 'absent', 1)`,
    /^version 1 \(a\.jpg\) waits to be deleted and is gone$/,
  ],
  [
    'signed-urls-end',
    `INSERT INTO frames (version_id, ord, name, size_bytes, ticket, step) VALUES (2, 0, 'f', 1, '{}', 'staged')`,
    /^version 2 \(run\) keeps signed URLs of its frames$/,
  ],
])('%s: what breaks it is found and named', (name, sql, problem) => {
  using box = filledBox()
  tamper(box, sql)
  expect(problemsOf(box)[name]).toEqual([expect.stringMatching(problem)])
})

test('a call without an outcome is named after a day, and not before', () => {
  using box = filledBox()
  const { ledger } = box
  ledger.operations.intend(1, 'title', PLANTED_MS, null, null)
  expect(problemsOf(box, PLANTED_MS + DAY_MS)).toEqual({})
  expect(problemsOf(box, PLANTED_MS + DAY_MS + 1)['calls-end']).toEqual([
    expect.stringMatching(/^operation 1 \(title\) is open since 2023-/),
  ])
})

test('an index that lost an entry is found', () => {
  using box = filledBox()
  tamper(
    box,
    `PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'files_sha') WHERE name = 'files_size'`,
  )
  expect(Object.keys(problemsOf(box))).toEqual(['pages'])
})

test('where no ledger is, that is what is wrong', () => {
  using box = new LedgerBox()
  const file = join(box.base, 'none.db')
  expect(checkLedger(file, PLANTED_MS)).toEqual([{ name: 'file', about: 'there is a ledger', problems: [`nothing is at ${file}`] }])
})
