import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { FOLDER_STATES } from '../../src/model/folder.ts'
import {
  CANDIDATE_REASONS,
  FRAME_STEPS,
  LOCAL_FACTS,
  OPERATION_PHASES,
  OPERATION_VERBS,
  REMOTE_FACTS,
  UNIT_KINDS,
  UNIT_SHAPES,
  VERSION_ROLES,
  WORK_FACTS,
} from '../../src/model/unit.ts'
import { LedgerBox } from '../support/ledgerBox.ts'

/** The words a column may hold; those without an array in the model are types of sync's records. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  'batches.decision': ['approved', 'rejected'],
  'candidates.why': CANDIDATE_REASONS,
  'dirs.local': LOCAL_FACTS,
  'files.local': LOCAL_FACTS,
  'folders.delete_mode': ['propagate', 'hold', 'never'],
  'folders.marker': ['none', 'written', 'unwritable'],
  'folders.state': FOLDER_STATES,
  'frames.step': FRAME_STEPS,
  'operations.phase': OPERATION_PHASES,
  'operations.verb': OPERATION_VERBS,
  'remotes.first_contact': ['due', 'done'],
  'scans.result': ['complete', 'unsettled', 'partial'],
  'units.kind': UNIT_KINDS,
  'units.local': LOCAL_FACTS,
  'units.shape': UNIT_SHAPES,
  'units.unlinked': ['ask', 'none'],
  'units.work': WORK_FACTS,
  'versions.kind': UNIT_KINDS,
  'versions.remote': REMOTE_FACTS,
  'versions.role': VERSION_ROLES,
}

/** Everything in a new ledger, as SQLite tells it. */
function schemaOf(box: LedgerBox): { readonly name: string; readonly sql: string }[] {
  const db = new Database(box.path, { readonly: true })
  const rows = db.prepare('SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name').all()
  db.close()
  return rows as { name: string; sql: string }[]
}

test('every list of words in the schema is the list of the model', () => {
  using box = new LedgerBox()
  const found: Record<string, readonly string[]> = {}
  for (const { name, sql } of schemaOf(box)) {
    for (const [, column, list] of sql.matchAll(/^ +(\w+) +TEXT[^\n]*CHECK \(\1 IN \(([^)]*)\)\)/gm)) {
      found[`${name}.${column}`] = (list ?? '').split(',').map((word) => word.trim().slice(1, -1))
    }
  }
  expect(found).toEqual(WORDS)
})

test('no other list of words hides in the schema', () => {
  using box = new LedgerBox()
  const tables = schemaOf(box).filter(({ sql }) => sql.startsWith('CREATE TABLE'))
  const lists = tables.flatMap(({ sql }) => sql.match(/\bIN \(/g) ?? [])
  // Two more are rules over several columns of a version.
  expect(lists).toHaveLength(Object.keys(WORDS).length + 2)
})

test('a word outside its list is refused', () => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const { unitId } = box.unit(folder, 'a.jpg')
  expect(() => box.ledger.units.setLocal(unitId, 'lost' as 'absent')).toThrow('CHECK constraint failed')
  expect(box.ledger.units.get(unitId)?.local).toBe('present')
})

test('the schema of a new ledger is the dump that is kept beside this test', async () => {
  using box = new LedgerBox()
  const dump = schemaOf(box)
    .map(({ sql }) => `${sql};\n`)
    .join('\n')
  await expect(dump).toMatchFileSnapshot(join(import.meta.dirname, 'schema.sql'))
})

test('a unit has at most one current and one coming version, and a live row has a hash and no ticket', () => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const { versions } = box.ledger
  const planted = box.unit(folder, 'a.jpg', { coming: 'ticket' })
  const row = { unitId: planted.unitId, remoteId: folder.remoteId, kind: 'image', title: 'a.jpg', sizeBytes: 1 } as const
  expect(() => versions.addComing(row, 0)).toThrow('UNIQUE')
  expect(() => versions.addLive({ ...row, dataHash: 'other', part: 0, content: null, metadataDue: false }, 0)).toThrow('UNIQUE')
  const coming = versions.ofUnit(planted.unitId).find((version) => version.role === 'coming')
  expect(() => versions.setRemote(coming?.id ?? 0, 'gone')).toThrow('CHECK constraint failed')
  const bare = box.unit(folder, 'b.jpg', { current: null })
  const id = versions.addComing({ ...row, unitId: bare.unitId }, 0)
  expect(() => versions.setRemote(id, 'live')).toThrow('CHECK constraint failed')
})
