import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import type { FolderState } from '../../src/model/folder.ts'
import { FOLDER_STATES } from '../../src/model/folder.ts'
import type { CandidateReason, LocalFact } from '../../src/model/unit.ts'
import type { FolderRecord, ScanRecord } from '../../src/sync/records.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'

const MINUTE_MS = 60_000

type World = {
  readonly why: CandidateReason
  readonly local: LocalFact
  readonly state: FolderState
  readonly mode: FolderRecord['deleteMode']
  readonly scans: readonly Partial<ScanRecord>[]
  /** Which of the scans the candidate names. */
  readonly first: number | null
  readonly second: number | null
  readonly batch: 'none' | 'undecided' | 'approved' | 'rejected'
  readonly candidate: boolean
  readonly evidence: string | null
}

/** Everything is proven: the file is gone by two whole, complete scans of an `ok` folder. */
const PROVEN: World = {
  why: 'absent',
  local: 'absent',
  state: 'ok',
  mode: 'propagate',
  scans: [{}, {}],
  first: 0,
  second: 1,
  batch: 'none',
  candidate: true,
  evidence: '{"paths":[]}',
}

/** Builds the world in a real ledger and tries to write down the intent of a DELETE. */
function intend(change: Partial<World>): 'written' | string {
  using box = new LedgerBox()
  const world = { ...PROVEN, ...change }
  const { ledger } = box
  const folder = box.folder('IN')
  const other = box.folder('OTHER')
  const { unitId, versionId } = box.unit(folder, 'a.jpg', { local: world.local })
  if (versionId === null) throw new Error('no version')
  const scanIds = world.scans.map((scan, index) => {
    const endedMs = PLANTED_MS + index * MINUTE_MS
    return ledger.scans.add({
      whole: true,
      beganMs: endedMs - 1_000,
      endedMs,
      process: 'p1',
      beganAfter: 0,
      result: 'complete',
      blind: [],
      busy: [],
      ...scan,
      folderId: scan.folderId === -1 ? other.id : folder.id,
    })
  })
  ledger.folders.setState(folder.id, world.state, '', PLANTED_MS)
  ledger.folders.setDeleteMode(folder.id, world.mode, PLANTED_MS)
  if (world.candidate) {
    const first = world.first === null ? null : { id: scanIds[world.first] ?? 0, atMs: PLANTED_MS }
    ledger.candidates.add(versionId, world.why, first, PLANTED_MS)
    if (world.second !== null) ledger.candidates.setSecond(versionId, scanIds[world.second] ?? 0)
    if (world.batch !== 'none') {
      const batch = ledger.candidates.addBatch(folder.id, 'digest', 'why', PLANTED_MS)
      ledger.candidates.setBatch(versionId, batch)
      if (world.batch !== 'undecided') ledger.candidates.decide(batch, world.batch, PLANTED_MS)
    }
  }
  ledger.units.setLocal(unitId, world.local)
  try {
    ledger.operations.intend(versionId, 'delete', PLANTED_MS, null, world.evidence)
  } catch (error) {
    expect(ledger.operations.open()).toEqual([])
    return error instanceof Error ? error.message : String(error)
  }
  return 'written'
}

describe('the ledger writes down the intent of a DELETE', () => {
  test.each<[string, Partial<World>]>([
    ['two whole complete scans of an ok folder lack the file', {}],
    ['the folder is watched by polling', { state: 'degraded' }],
    ['a person approved the batch it is in', { batch: 'approved' }],
    ['deletes are held by the config, and a person approved', { mode: 'hold', batch: 'approved' }],
    ['a superseded version, with the new content at the path in both scans', { why: 'superseded', local: 'present' }],
    ['a person asked for it by its hash, without any scan', { why: 'command', local: 'present', first: null, second: null }],
    ['a stray, approved by a person, without any scan', { why: 'stray', first: null, second: null, batch: 'approved' }],
    ['an older copy, with its scans, approved by a person', { why: 'copy', batch: 'approved' }],
    ['other scans lie between the two', { scans: [{}, { result: 'partial' }, { whole: false }, {}], second: 3 }],
  ])('%s', (_, change) => {
    expect(intend(change)).toBe('written')
  })
})

describe('the ledger refuses the intent of a DELETE', () => {
  test.each<[string, Partial<World>]>([
    ['the version is no candidate', { candidate: false }],
    ['there is no evidence', { evidence: null }],
    ['there was no scan', { first: null, second: null }],
    ['there was one scan', { second: null }],
    ['one scan is counted twice', { second: 0 }],
    ['the second scan came before the first', { first: 1, second: 0 }],
    ['the first scan was of another folder', { scans: [{ folderId: -1 }, {}] }],
    ['the second scan was of another folder', { scans: [{}, { folderId: -1 }] }],
    ['both scans were of another folder', { scans: [{ folderId: -1 }, { folderId: -1 }] }],
    ['the second scan began before the first had ended', { scans: [{}, { beganMs: PLANTED_MS - 1 }] }],
    ['the first scan looked at some directories only', { scans: [{ whole: false }, {}] }],
    ['the second scan looked at some directories only', { scans: [{}, { whole: false }] }],
    ['the first scan could not see a place', { scans: [{ result: 'partial' }, {}] }],
    ['the second scan could not see a place', { scans: [{}, { result: 'partial' }] }],
    ['the first scan never rested', { scans: [{ result: 'unsettled' }, {}] }],
    ['the second scan never rested', { scans: [{}, { result: 'unsettled' }] }],
    ['the file is back', { local: 'present' }],
    ['its place cannot be seen', { local: 'unseen' }],
    ['an ignore rule covers it', { local: 'excluded' }],
    ['a superseded version whose new content is gone too', { why: 'superseded', local: 'absent' }],
    ['a superseded version with one scan', { why: 'superseded', local: 'present', second: null }],
    ['nobody decided about its batch', { batch: 'undecided' }],
    ['a person rejected its batch', { batch: 'rejected' }],
    ['a person rejected it, and a command asks all the same', { why: 'command', batch: 'rejected' }],
    ['deletes are switched off', { mode: 'never' }],
    ['deletes are switched off, and a person approved', { mode: 'never', batch: 'approved' }],
    ['a person approved, but there was one scan', { batch: 'approved', second: null }],
    ['a stray that nobody approved', { why: 'stray' }],
    ['a copy that nobody approved', { why: 'copy' }],
  ])('%s', (_, change) => {
    expect(intend(change)).toBe('no evidence')
  })

  test.each(FOLDER_STATES.filter((state) => state !== 'ok' && state !== 'degraded'))('the folder is %s', (state) => {
    expect(intend({ state })).toBe('no evidence')
    expect(intend({ state, batch: 'approved' })).toBe('no evidence')
  })
})

test('no other operation turns into a DELETE, and no evidence is changed afterwards', () => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const { versionId } = box.unit(folder, 'a.jpg')
  const id = box.ledger.operations.intend(versionId ?? 0, 'title', PLANTED_MS, null, null)
  const db = new Database(box.path)
  expect(() => db.prepare(`UPDATE operations SET verb = 'delete', evidence = '{}' WHERE id = ?`).run(id)).toThrow(
    'never changes what it is',
  )
  expect(() => db.prepare(`UPDATE operations SET evidence = '{}' WHERE id = ?`).run(id)).toThrow('never changes what it is')
  expect(() => db.prepare('UPDATE operations SET version_id = version_id WHERE id = ?').run(id)).toThrow('never changes what it is')
  expect(() =>
    db
      .prepare(
        `INSERT OR REPLACE INTO operations (id, version_id, verb, phase, began, evidence) VALUES (?, ?, 'delete', 'intent', 0, '{}')`,
      )
      .run(id, versionId),
  ).toThrow('no evidence')
  db.close()
  expect(box.ledger.operations.open()).toMatchObject([{ verb: 'title', evidence: null }])
})

test('a row that is gone is never deleted again, and one open DELETE is enough', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const { versionId } = box.unit(folder, 'a.jpg', { local: 'absent' })
  const id = versionId ?? 0
  const first = box.scan(folder)
  const second = box.scan(folder, PLANTED_MS + MINUTE_MS)
  ledger.candidates.add(id, 'absent', { id: first, atMs: PLANTED_MS }, PLANTED_MS)
  ledger.candidates.setSecond(id, second)
  ledger.operations.intend(id, 'delete', PLANTED_MS, null, '{}')
  expect(() => ledger.operations.intend(id, 'delete', PLANTED_MS, null, '{}')).toThrow('UNIQUE')
  const [open] = ledger.operations.openOf(id)
  ledger.operations.end(open?.id ?? 0, 'done', PLANTED_MS)
  ledger.versions.setRemote(id, 'gone')
  expect(() => ledger.operations.intend(id, 'delete', PLANTED_MS, null, '{}')).toThrow('no evidence')
})

test('proof that starts anew takes the second scan away', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const { versionId } = box.unit(folder, 'a.jpg', { local: 'absent' })
  const id = versionId ?? 0
  const scans = [0, 1, 2].map((minute) => box.scan(folder, PLANTED_MS + minute * MINUTE_MS))
  ledger.candidates.add(id, 'absent', { id: scans[0] ?? 0, atMs: PLANTED_MS }, PLANTED_MS)
  ledger.candidates.setSecond(id, scans[1] ?? 0)
  ledger.candidates.setFirst(id, { id: scans[2] ?? 0, atMs: PLANTED_MS + 2 * MINUTE_MS })
  expect(ledger.candidates.get(id)).toMatchObject({ firstScan: scans[2], secondScan: null })
  expect(() => ledger.operations.intend(id, 'delete', PLANTED_MS, null, '{}')).toThrow('no evidence')
})
