import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { UserError } from '../../src/model/error.ts'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { openLedger, openLedgerReadOnly } from '../../src/store/openLedger.ts'
import { type ScratchFolder, scratchFolder } from '../support/scratchFolder.ts'

function migrationsIn(place: ScratchFolder, files: Readonly<Record<string, string>>): URL {
  for (const [name, sql] of Object.entries(files)) place.write(`migrations/${name}`, sql)
  return pathToFileURL(`${join(place.path, 'migrations')}/`)
}

function thrown(action: () => unknown): UserError {
  try {
    action()
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

test('migrations follow each other without a gap', () => {
  expect(readMigrations().map(({ number }) => number)).toEqual(readMigrations().map((_, index) => index + 1))
  using place = scratchFolder()
  const url = migrationsIn(place, { '0001-a.sql': 'CREATE TABLE a (x)', '0003-c.sql': 'CREATE TABLE c (x)' })
  expect(() => readMigrations(url)).toThrow('migration 0003-c.sql does not follow number 1')
})

test('two migrations with one number are refused', () => {
  using place = scratchFolder()
  const url = migrationsIn(place, { '0001-a.sql': '', '0001-b.sql': '' })
  expect(() => readMigrations(url)).toThrow('0001-b.sql')
})

test('only what is missing runs, in order, and its names are told', () => {
  using place = scratchFolder()
  const url = migrationsIn(place, { '0001-a.sql': 'CREATE TABLE a (x);', '0002-b.sql': 'ALTER TABLE a ADD COLUMN y;' })
  const [first] = readMigrations(url)
  if (first === undefined) throw new Error('no migration')
  const db = new Database(join(place.path, 'ledger.db'))
  expect(migrate(db, 'ledger.db', [first])).toEqual(['0001-a.sql'])
  expect(migrate(db, 'ledger.db', readMigrations(url))).toEqual(['0002-b.sql'])
  expect(migrate(db, 'ledger.db', readMigrations(url))).toEqual([])
  expect(db.pragma('user_version', { simple: true })).toBe(2)
  db.close()
})

test('a migration that fails half way leaves the ledger at the one before, with nothing of its own', () => {
  using place = scratchFolder()
  const url = migrationsIn(place, {
    '0001-a.sql': 'CREATE TABLE a (x);',
    '0002-b.sql': 'CREATE TABLE b (x); INSERT INTO a VALUES (1); SELECT * FROM nowhere;',
  })
  const db = new Database(join(place.path, 'ledger.db'))
  expect(() => migrate(db, 'ledger.db', readMigrations(url))).toThrow('nowhere')
  expect(db.pragma('user_version', { simple: true })).toBe(1)
  expect(db.prepare(`SELECT name FROM sqlite_master`).pluck().all()).toEqual(['a'])
  expect(db.prepare('SELECT count(*) FROM a').pluck().get()).toBe(0)
  db.close()
})

test('a ledger of a newer version is refused with exit 2, to write and to read, and not a byte of it changes', () => {
  using place = scratchFolder()
  const file = join(place.path, 'ledger.db')
  const db = new Database(file)
  db.exec('CREATE TABLE of_the_future (x); INSERT INTO of_the_future VALUES (1)')
  db.pragma(`user_version = ${readMigrations().length + 1}`)
  db.close()
  const before = readFileSync(file)
  for (const open of [() => openLedger(file, [], () => undefined), () => openLedgerReadOnly(file)]) {
    const error = thrown(open)
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(`schema ${readMigrations().length + 1}`)
    expect(error.next).toContain('newer encord-sync')
  }
  expect(readFileSync(file).equals(before)).toBe(true)
  expect(readdirSync(place.path)).toEqual(['ledger.db'])
})

test('a new ledger tells which migrations made it, an old one none, and both keep one id', () => {
  using place = scratchFolder()
  mkdirSync(join(place.path, 'state'))
  const file = join(place.path, 'state', 'ledger.db')
  const names: string[] = []
  const first = openLedger(file, [], (name) => names.push(name))
  const id = first.meta.ledgerId()
  first.close()
  expect(names).toEqual(readMigrations().map(({ name }) => name))
  const second = openLedger(file, [], (name) => names.push(name))
  expect(second.meta.ledgerId()).toBe(id)
  expect(names).toHaveLength(readMigrations().length)
  second.close()
})

test('a reader finds no ledger where there is none, or only an empty file', () => {
  using place = scratchFolder()
  expect(openLedgerReadOnly(join(place.path, 'none.db'))).toBeNull()
  writeFileSync(join(place.path, 'empty.db'), '')
  expect(openLedgerReadOnly(join(place.path, 'empty.db'))).toBeNull()
})
