import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { LOCAL_FACTS, REMOTE_FACTS, WORK_FACTS } from '../../src/model/unit.ts'
import { backupPath } from '../../src/store/backups.ts'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { ledgerOver } from '../../src/store/openLedger.ts'
import { openSafely } from '../../src/store/openSafely.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { scratchFolder } from '../support/scratchFolder.ts'

type Schema = readonly { readonly name: string; readonly type: string; readonly sql: string | null }[]
type Rows = Readonly<Record<string, readonly unknown[]>>

/** Columns of later schemas. */
const LATER = [
  { table: 'versions', column: 'changed_scan', type: 'INTEGER' },
  { table: 'versions', column: 'read_after', type: 'INTEGER NOT NULL DEFAULT 0' },
  { table: 'scans', column: 'began_after', type: 'INTEGER NOT NULL DEFAULT 0' },
  { table: 'folders', column: 'written_as', type: 'TEXT' },
  { table: 'foreign_rows', column: 'asked', type: 'INTEGER NOT NULL DEFAULT 0' },
  { table: 'remotes', column: 'forgot', type: 'INTEGER NOT NULL DEFAULT 0' },
  { table: 'remotes', column: 'first_look', type: 'INTEGER' },
  { table: 'foreign_rows', column: 'own_linked', type: 'TEXT' },
] as const

/** Indexes that later schemas made or left out. */
const LATER_INDEXES = readMigrations()
  .slice(4)
  .flatMap(({ sql }) => [...sql.matchAll(/^(?:CREATE|DROP) INDEX (\w+)/gm)].map(([, name]) => name ?? ''))

/** A ledger of schema 3, with a unit and a row in every state, a candidate with its scans, calls and a history. */
function oldLedger(): { readonly file: string; readonly schema: Schema; readonly rows: Rows; end(): void } {
  const place = scratchFolder()
  const file = join(place.path, 'ledger.db')
  const db = new Database(file)
  db.pragma('journal_mode = WAL')
  migrate(db, file, readMigrations().slice(0, 3))
  const schema = schemaOf(db)
  // The stores speak of what later schemas added.
  for (const { table, column, type } of LATER) db.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`)
  const ledger = ledgerOver(db)
  using box = new LedgerBox(ledger)
  const folder = box.folder('IN')
  const scan = box.scan(folder)
  for (const local of LOCAL_FACTS) for (const work of WORK_FACTS) box.unit(folder, `${local}-${work}.jpg`, { local, work, why: 'because' })
  for (const remote of REMOTE_FACTS) box.unit(folder, `row-${remote}.mp4`, { kind: 'video', current: remote, coming: 'ticket' })
  const group = box.unit(folder, 'site-a/run', { kind: 'image_group', frames: ['1.jpg', '2.jpg'] })
  const gone = box.unit(folder, 'gone.jpg', { local: 'absent' })
  const [groupVersion, goneVersion] = [group.versionId ?? 0, gone.versionId ?? 0]
  ledger.versions.setFrames(
    groupVersion,
    group.fileIds.map((fileId, i) => ({ fileId, name: `${i + 1}.jpg`, sizeBytes: 10 })),
  )
  const at = { id: scan, atMs: PLANTED_MS }
  ledger.candidates.add(goneVersion, 'absent', at, PLANTED_MS)
  ledger.candidates.setSecond(goneVersion, box.scan(folder, PLANTED_MS + 60_000))
  ledger.operations.intend(goneVersion, 'delete', PLANTED_MS, null, '{"paths":[]}')
  ledger.operations.end(ledger.operations.intend(groupVersion, 'group', PLANTED_MS, 5, null), 'done', PLANTED_MS)
  const registered = { verb: 'registered', dataHash: 'h', key: 'a.jpg', files: 1, approved: false, detail: {} } as const
  ledger.history.add({ atMs: PLANTED_MS, folderId: folder.id, ...registered })
  for (const { table, column } of LATER) db.exec(`ALTER TABLE ${table} DROP COLUMN ${column}`)
  const before = { schema, rows: rowsOf(db) }
  db.close()
  return { file, ...before, end: () => place[Symbol.dispose]() }
}

function schemaOf(db: Database.Database): Schema {
  return db.prepare('SELECT name, type, sql FROM sqlite_master ORDER BY name').all() as Schema
}

function rowsOf(db: Database.Database): Rows {
  const names = schemaOf(db).filter(({ type }) => type === 'table')
  return Object.fromEntries(names.map(({ name }) => [name, db.prepare(`SELECT * FROM ${name}`).safeIntegers().all()]))
}

test('a ledger of before DICOM series is copied and made anew: every row, index and trigger is what it was, but for the longer lists of words', async () => {
  const old = oldLedger()
  const told: unknown[] = []
  const ledger = await openSafely(old.file, [], { wallMs: () => PLANTED_MS, onMigrated: (migrated) => told.push(migrated) })
  ledger.close()
  expect(told).toEqual([{ from: 3, to: readMigrations().length, backup: backupPath(old.file, 'migration', PLANTED_MS) }])
  const db = new Database(old.file)
  for (const name of LATER_INDEXES) db.exec(`DROP INDEX IF EXISTS ${name}`)
  for (const { table, column } of LATER) db.exec(`ALTER TABLE ${table} DROP COLUMN ${column}`)
  const { meta: _before, ...rowsBefore } = old.rows
  const { meta: _after, ...rowsAfter } = rowsOf(db)
  expect(rowsAfter).toEqual(rowsBefore)
  const widened = old.schema.map((one) =>
    one.type === 'table' && (one.name === 'units' || one.name === 'versions')
      ? {
          ...one,
          sql: (one.sql ?? '')
            .replace("'image', 'image_group')", "'image', 'image_group', 'dicom_series')")
            .replace("'file', 'dir')", "'file', 'dir', 'series')"),
        }
      : one,
  )
  const isSame = ({ name }: { readonly name: string }): boolean => !LATER_INDEXES.includes(name)
  expect(schemaOf(db).filter(isSame)).toEqual(widened.filter(isSame))
  expect(db.pragma('foreign_key_check')).toEqual([])
  // The copy is the ledger of before.
  const copy = new Database(backupPath(old.file, 'migration', PLANTED_MS), { readonly: true })
  expect(copy.pragma('user_version', { simple: true })).toBe(3)
  expect(rowsOf(copy)).toEqual(old.rows)
  copy.close()
  db.close()
  old.end()
})

test('after it references and the trigger hold as before', async () => {
  const old = oldLedger()
  const ledger = await openSafely(old.file, [], { wallMs: () => PLANTED_MS, onMigrated: () => undefined })
  const [folder] = ledger.folders.all()
  if (folder === undefined) throw new Error('no folder')
  const unitId = ledger.units.ensure(folder.id, 'series', 'ct/1.2.3', 'dicom_series', PLANTED_MS)
  expect(ledger.units.get(unitId)).toMatchObject({ shape: 'series', kind: 'dicom_series' })
  expect(() => ledger.units.ensure(999, 'series', 'x', 'dicom_series', PLANTED_MS)).toThrow('FOREIGN KEY')
  const row = { unitId, remoteId: folder.remoteId, kind: 'dicom_series', title: 'ct', sizeBytes: 1 } as const
  const live = ledger.versions.addLive({ ...row, dataHash: 'series', part: 0, content: null, metadataDue: false }, PLANTED_MS)
  expect(() => ledger.operations.intend(live, 'delete', PLANTED_MS, null, '{}')).toThrow('no evidence')
  ledger.close()
  old.end()
})

test('a migration that would leave a reference to nothing is not made, and references are held again', () => {
  using place = scratchFolder()
  place.write(
    'migrations/0001-a.sql',
    'CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a INTEGER REFERENCES a); INSERT INTO a VALUES (1);',
  )
  place.write(
    'migrations/0002-b.sql',
    '-- rebuilds tables\nINSERT INTO b VALUES (1); DROP TABLE a; CREATE TABLE a (id INTEGER PRIMARY KEY);',
  )
  const db = new Database(join(place.path, 'ledger.db'))
  db.pragma('foreign_keys = ON')
  const all = readMigrations(pathToFileURL(`${join(place.path, 'migrations')}/`))
  expect(() => migrate(db, 'ledger.db', all)).toThrow('0002-b.sql would leave 1 references to nothing')
  expect(db.pragma('user_version', { simple: true })).toBe(1)
  expect(db.prepare('SELECT count(*) FROM a').pluck().get()).toBe(1)
  expect(() => db.exec('INSERT INTO b VALUES (7)')).toThrow('FOREIGN KEY')
  db.close()
})
