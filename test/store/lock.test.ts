import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { lockedError, takeLock } from '../../src/store/lock.ts'
import { openLedger, openLedgerReadOnly } from '../../src/store/openLedger.ts'
import { scratchFolder } from '../support/scratchFolder.ts'

const HOLDER = new URL('../support/lockHolder.ts', import.meta.url).pathname

/** Starts a second process that wants the lock, and waits for what it says. */
async function secondProcess(ledgerPath: string): Promise<{ readonly says: string; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, ['--import', 'tsx', HOLDER, ledgerPath], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(child.stdout, 'data')
  return { says: String(line).trim(), child }
}

test('a second process is refused while the first one holds the lock, and readers of the ledger are not', async () => {
  using place = scratchFolder()
  const path = join(place.path, 'ledger.db')
  const lock = takeLock(path)
  const ledger = openLedger(path, [], () => undefined)
  const second = await secondProcess(path)
  expect(second.says).toBe('refused')
  const reader = openLedgerReadOnly(path)
  expect(reader?.meta.ledgerId()).toBe(ledger.meta.ledgerId())
  reader?.close()
  ledger.close()
  lock?.release()
})

test('the lock is refused while another process holds it, and free at once after that process is killed', async () => {
  using place = scratchFolder()
  const path = join(place.path, 'ledger.db')
  const { says, child } = await secondProcess(path)
  expect(says).toBe('held')
  expect(takeLock(path)).toBeNull()
  child.kill('SIGKILL')
  await once(child, 'exit')
  const lock = takeLock(path)
  expect(lock).not.toBeNull()
  lock?.release()
})

test('the lock outlives whatever this process opens and closes beside it', async () => {
  using place = scratchFolder()
  const path = join(place.path, 'ledger.db')
  const lock = takeLock(path)
  openLedger(path, [], () => undefined).close()
  readFileSync(path)
  closeSync(openSync(path, 'r'))
  new Database(path, { readonly: true }).close()
  expect(takeLock(path)).toBeNull()
  expect((await secondProcess(path)).says).toBe('refused')
  lock?.release()
})

test('a released lock can be taken again, and a held one is told as exit 75', () => {
  using place = scratchFolder()
  const path = join(place.path, 'ledger.db')
  takeLock(path)?.release()
  const again = takeLock(path)
  expect(again).not.toBeNull()
  again?.release()
  expect(lockedError(path)).toMatchObject({ exitCode: 75, message: expect.stringContaining(path) })
})

test('a lock whose file was taken away is held again, unless somebody came in by then', () => {
  using place = scratchFolder()
  const path = join(place.path, 'ledger.db')
  const lock = takeLock(path)
  lock?.keep()
  rmSync(`${path}.lock`)
  lock?.keep()
  expect(takeLock(path)).toBeNull()
  rmSync(`${path}.lock`)
  const other = takeLock(path)
  expect(other).not.toBeNull()
  expect(() => lock?.keep()).toThrow(expect.objectContaining({ exitCode: 75 }))
  for (const one of [lock, other]) one?.release()
})

test('a link to the ledger is another name of it: it has one lock, also before it is made', () => {
  using place = scratchFolder()
  const path = join(place.path, 'ledger.db')
  const link = join(place.path, 'link.db')
  symlinkSync('ledger.db', link)
  const lock = takeLock(link)
  expect(takeLock(path)).toBeNull()
  openLedger(link, [], () => undefined).close()
  expect(takeLock(path)).toBeNull()
  expect(takeLock(link)).toBeNull()
  lock?.release()
  const own = takeLock(path)
  expect(takeLock(link)).toBeNull()
  own?.release()
})
