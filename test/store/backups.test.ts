import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { UserError } from '../../src/model/error.ts'
import { backUpFile, backupPath, backupsDirectory, backupsOf, pruneBackups } from '../../src/store/backups.ts'
import { checkLedger } from '../../src/store/checkLedger.ts'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { openLedger, openLedgerReadOnly } from '../../src/store/openLedger.ts'
import { type Migrated, openSafely } from '../../src/store/openSafely.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { type ScratchFolder, scratchFolder } from '../support/scratchFolder.ts'

const DAY_MS = 86_400_000

/** A ledger as the first version made it, with one row of history. */
function oldLedger(place: ScratchFolder): string {
  mkdirSync(join(place.path, 'state'))
  const file = join(place.path, 'state', 'ledger.db')
  const db = new Database(file)
  db.pragma('journal_mode = WAL')
  migrate(db, file, readMigrations().slice(0, 1))
  db.exec(
    `INSERT INTO meta VALUES ('ledger_id', 'old-id'), ('sequence', '7'); INSERT INTO history (at, verb, data_hash) VALUES (1, 'registered', 'h')`,
  )
  db.close()
  return file
}

function thrown(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

test('a copy is one file for its owner alone, holds everything, and is made while the ledger is written', async () => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  box.unit(folder, 'a.jpg')
  const target = join(box.base, 'copy.db')
  const copying = backUpFile(box.path, target)
  box.unit(folder, 'b.jpg')
  const { sizeBytes } = await copying
  expect(statSync(target)).toMatchObject({ size: sizeBytes })
  expect(statSync(target).mode & 0o777).toBe(0o600)
  expect(readdirSync(box.base).filter((name) => name.startsWith('copy.db'))).toEqual(['copy.db'])
  const copy = openLedgerReadOnly(target)
  // One moment of it: the second unit came later.
  expect(copy?.units.list(folder.id).map(({ key }) => key)).toEqual(['a.jpg'])
  copy?.close()
})

test('a copy never takes the place of a file', async () => {
  using box = new LedgerBox()
  const target = join(box.base, 'precious')
  writeFileSync(target, 'mine')
  await expect(backUpFile(box.path, target)).rejects.toMatchObject({ exitCode: 2 })
  expect(readFileSync(target, 'utf8')).toBe('mine')
})

test('a copy of a damaged ledger fails, and leaves nothing behind', async () => {
  using place = scratchFolder()
  const file = place.write('ledger.db', 'x'.repeat(8_192))
  await expect(backUpFile(file, join(place.path, 'copy.db'))).rejects.toThrow(/not a database/)
  expect(readdirSync(place.path)).toEqual(['ledger.db'])
})

test('seven copies that were made by themselves are kept, and all that a person made', async () => {
  using box = new LedgerBox()
  await backUpFile(box.path, backupPath(box.path, 'command', PLANTED_MS))
  for (let day = 1; day <= 9; day++)
    await backUpFile(box.path, backupPath(box.path, day === 3 ? 'migration' : 'daily', PLANTED_MS + day * DAY_MS))
  pruneBackups(box.path, PLANTED_MS + 9 * DAY_MS)
  expect(backupsOf(box.path).map(({ cause, atMs }) => [cause, (atMs - PLANTED_MS) / DAY_MS])).toEqual([
    ...[9, 8, 7, 6, 5, 4].map((day) => ['daily', day]),
    ['migration', 3],
    ['command', 0],
  ])
})

test('what is left of copies whose process died goes with the next one, but for one that a person may be making', async () => {
  using box = new LedgerBox()
  const directory = backupsDirectory(box.path)
  mkdirSync(directory, { recursive: true })
  const left = (day: number, cause: string, end: string): string => {
    const name = `ledger-2026-01-${String(day).padStart(2, '0')}T00-00-00Z-${cause}.db${end}`
    writeFileSync(join(directory, name), 'half')
    return name
  }
  left(1, 'daily', '.partial')
  left(1, 'daily', '.partial-journal')
  left(2, 'migration', '.partial')
  left(1, 'command', '.partial')
  const kept = [left(9, 'command', '.partial'), left(8, 'command', ''), left(9, 'daily', ''), 'other-2026-01-01T00-00-00Z-daily.db.partial']
  writeFileSync(join(directory, kept[3] ?? ''), 'half')
  pruneBackups(box.path, Date.parse('2026-01-09T00:00:00Z'))
  expect(readdirSync(directory).sort()).toEqual(kept.sort())
})

test('a ledger of an older version is copied before it is migrated, and only then', async () => {
  using place = scratchFolder()
  const file = oldLedger(place)
  const told: Migrated[] = []
  const open = () => openSafely(file, [], { wallMs: () => PLANTED_MS, onMigrated: (migrated) => told.push(migrated) })
  const ledger = await open()
  expect(ledger.meta.ledgerId()).toBe('old-id')
  ledger.close()
  ;(await open()).close()
  expect(told).toEqual([{ from: 1, to: readMigrations().length, backup: backupPath(file, 'migration', PLANTED_MS) }])
  const copy = new Database(told[0]?.backup ?? '', { readonly: true })
  expect(copy.pragma('user_version', { simple: true })).toBe(1)
  expect(copy.prepare('SELECT data_hash FROM history').pluck().all()).toEqual(['h'])
  copy.close()
})

test('a new ledger is made without a copy', async () => {
  using place = scratchFolder()
  const told: Migrated[] = []
  const file = join(place.path, 'ledger.db')
  const ledger = await openSafely(file, [], { wallMs: () => PLANTED_MS, onMigrated: (migrated) => told.push(migrated) })
  ledger.close()
  expect(told).toEqual([{ from: 0, to: readMigrations().length, backup: null }])
  expect(existsSync(backupsDirectory(file))).toBe(false)
})

test('a copy that can not be made stops the migration', async () => {
  using place = scratchFolder()
  const file = oldLedger(place)
  writeFileSync(backupsDirectory(file), 'a file where the directory should be')
  await expect(openSafely(file, [], { wallMs: () => PLANTED_MS, onMigrated: () => undefined })).rejects.toThrow()
  const db = new Database(file, { readonly: true })
  expect(db.pragma('user_version', { simple: true })).toBe(1)
  db.close()
})

test('commands that only read see a ledger of an older version as what it will be, and leave it as it is', () => {
  using place = scratchFolder()
  const file = oldLedger(place)
  const before = readFileSync(file)
  const ledger = openLedgerReadOnly(file)
  expect(ledger?.history.verify()).toEqual({ entries: 1, unchained: 1, problems: [] })
  expect(ledger?.path).toBe(file)
  ledger?.close()
  expect(readFileSync(file).equals(before)).toBe(true)
})

/** A ledger whose file was overwritten in its middle, with a good copy, and a newer one that is damaged as well. */
async function damagedLedger(place: ScratchFolder): Promise<{ readonly file: string; readonly good: string }> {
  mkdirSync(join(place.path, 'it is here'))
  const file = join(place.path, 'it is here', 'ledger.db')
  const ledger = openLedger(file, [], () => undefined)
  ledger.remotes.ensure('http://127.0.0.1:9', 'the dataset')
  const good = (await backUpFile(file, backupPath(file, 'daily', PLANTED_MS))).file
  ledger.close()
  writeFileSync(backupPath(file, 'daily', PLANTED_MS + DAY_MS), 'this copy is damaged too')
  writeFileSync(file, readFileSync(file).fill(0x55, 4_096 * 2, 4_096 * 12))
  return { file, good }
}

test('a damaged ledger is refused with exit 3, by writers and by the check, and not a byte of it changes', async () => {
  using place = scratchFolder()
  const { file } = await damagedLedger(place)
  const before = readFileSync(file)
  expect(thrown(() => openLedger(file, [], () => undefined))).toMatchObject({
    name: 'UserError',
    exitCode: 3,
    notDone: 'nothing was read or sent',
  })
  expect(checkLedger(file, PLANTED_MS)[0]?.problems.length).toBeGreaterThan(0)
  expect(readFileSync(file).equals(before)).toBe(true)
})

test('the newest good copy is offered by name, and the one command that is offered puts it in place', async () => {
  using place = scratchFolder()
  const { file, good } = await damagedLedger(place)
  // A log of SQLite that must not be replayed over the copy.
  writeFileSync(`${file}-wal`, 'left over')
  const error = thrown(() => openLedger(file, [], () => undefined)) as UserError
  expect(error.message).toContain(`the newest good backup is ${good}`)
  execFileSync('/bin/sh', ['-c', error.next], { cwd: place.path })
  expect(readdirSync(join(place.path, 'it is here')).sort()).toEqual(['backups', 'damaged', 'ledger.db'])
  const ledger = openLedger(file, [], () => undefined)
  expect(ledger.remotes.find('http://127.0.0.1:9', 'the dataset')).not.toBeNull()
  ledger.close()
})

test('what is no database at all is refused the same way, to write and to read, and without a copy only set aside', () => {
  using place = scratchFolder()
  const file = place.write('ledger.db', 'x'.repeat(8_192))
  for (const open of [() => openLedger(file, [], () => undefined), () => openLedgerReadOnly(file)]) {
    const error = thrown(open) as UserError
    expect(error).toMatchObject({ name: 'UserError', exitCode: 3 })
    expect(error.message).toContain('there is no good backup')
    expect(error.next).toMatch(/mv ledger\.db\* damaged\/$/)
  }
  expect(readFileSync(file, 'utf8')).toBe('x'.repeat(8_192))
})
