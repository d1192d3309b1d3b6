import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeLock } from '../../src/store/lock.ts'
import { openLedger, prepareLedgerPlace } from '../../src/store/openLedger.ts'
import { scratchFolder } from '../support/scratchFolder.ts'

// As the main program does at its start.
let umask = 0
beforeEach(() => {
  umask = process.umask(0o077)
})
afterEach(() => void process.umask(umask))

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

test('the directory of the ledger is 0700, and each of its files 0600', () => {
  using place = scratchFolder()
  const file = join(place.path, 'state', 'deep', 'ledger.db')
  prepareLedgerPlace(file, [])
  const lock = takeLock(file)
  const ledger = openLedger(file, [], () => undefined)
  ledger.now(() => ledger.meta.write('a', 'b'))
  const directory = join(place.path, 'state', 'deep')
  expect(modeOf(directory)).toBe('700')
  expect(modeOf(join(place.path, 'state'))).toBe('700')
  const modes = Object.fromEntries(readdirSync(directory).map((name) => [name, modeOf(join(directory, name))]))
  expect(modes).toMatchObject({ 'ledger.db': '600', 'ledger.db-wal': '600', 'ledger.db-shm': '600', 'ledger.db.lock': '600' })
  ledger.close()
  lock?.release()
})

test('a ledger that others could read is closed to them when it is opened', () => {
  using place = scratchFolder()
  const file = join(place.path, 'ledger.db')
  openLedger(file, [], () => undefined).close()
  chmodSync(file, 0o644)
  openLedger(file, [], () => undefined).close()
  expect(modeOf(file)).toBe('600')
})

test('a ledger inside a watched folder is refused with exit 2, and nothing is made there', () => {
  using place = scratchFolder()
  const watched = place.mkdir('IN')
  for (const file of [join(watched, 'ledger.db'), join(watched, 'state', 'ledger.db')]) {
    for (const open of [() => prepareLedgerPlace(file, [watched]), () => openLedger(file, [watched], () => undefined)]) {
      expect(open).toThrow(expect.objectContaining({ exitCode: 2, message: expect.stringContaining('inside the watched folder') }))
    }
  }
  expect(readdirSync(watched)).toEqual([])
})

test('a link does not hide that the ledger lies in a watched folder', () => {
  using place = scratchFolder()
  const watched = place.mkdir('IN')
  mkdirSync(join(watched, 'state'))
  symlinkSync(join(watched, 'state'), join(place.path, 'looks-outside'))
  symlinkSync(watched, join(place.path, 'looks-like-another'))
  const linked = join(place.path, 'looks-outside', 'ledger.db')
  const [into, outOf] = [join(place.path, 'link.db'), join(watched, 'link.db')]
  symlinkSync(join(watched, 'ledger.db'), into)
  symlinkSync(join(place.path, 'ledger.db'), outOf)
  for (const link of [into, outOf]) expect(() => openLedger(link, [watched], () => undefined)).toThrow('inside the watched folder')
  expect(() => prepareLedgerPlace(linked, [watched])).toThrow('inside the watched folder')
  expect(() => prepareLedgerPlace(join(watched, 'ledger.db'), [join(place.path, 'looks-like-another')])).toThrow(
    'inside the watched folder',
  )
})

test('a folder whose name only begins like that of the ledger holds nothing of it', () => {
  using place = scratchFolder()
  place.mkdir('IN')
  const file = join(place.path, 'IN-state', 'ledger.db')
  prepareLedgerPlace(file, [join(place.path, 'IN')])
  expect(existsSync(join(place.path, 'IN-state'))).toBe(true)
})
