import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { takeLock } from '../../src/store/lock.ts'
import { CommandBox } from '../support/commandBox.ts'
import { PLANTED_MS } from '../support/ledgerBox.ts'

function boxWithHistory(): CommandBox {
  const box = new CommandBox()
  const folder = box.folder('in')
  box.configure([folder])
  const { dataHash } = box.unit(folder, 'a.jpg')
  const entry = { folderId: folder.id, verb: 'registered', dataHash, files: 1, approved: false, detail: { title: 'a.jpg' } } as const
  box.ledger.history.add({ ...entry, atMs: PLANTED_MS, key: 'a.jpg' })
  box.ledger.history.add({ ...entry, atMs: PLANTED_MS + 3_000_000, key: 'b.jpg' })
  return box
}

test('history is a table, or JSON with all that was written down, cut by --since', async () => {
  using box = boxWithHistory()
  const { code, stdout } = await box.run('history')
  expect(code).toBe(0)
  expect(stdout.split('\n')[1]).toMatch(/^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d {2}registered {2}a\.jpg {2}hash-1 {2}as "a\.jpg"$/)
  const recent = await box.run('history', '--since', '30m', '--json')
  expect(JSON.parse(recent.stdout)).toMatchObject([{ seq: 2, path: 'b.jpg', detail: { title: 'a.jpg' } }])
  expect(await box.run('history', '--since', '1y')).toMatchObject({ code: 2, stderr: expect.stringContaining('--since 1y') })
})

test('history --verify is exit 0 for a whole chain and exit 3 with the entry that was changed', async () => {
  using box = boxWithHistory()
  expect(await box.run('history', '--verify')).toMatchObject({ code: 0, stdout: '2 entries, as written\n' })
  const db = new Database(box.path)
  db.exec(`DROP TRIGGER history_no_update; UPDATE history SET data_hash = 'other' WHERE seq = 1`)
  db.close()
  const found = await box.run('history', '--verify', '--json')
  expect(found.code).toBe(3)
  expect(JSON.parse(found.stdout)).toEqual({ entries: 2, unchained: 0, problems: ['entry 1 is not what was written (registered)'] })
  expect((await box.run('ledger', 'check')).code).toBe(3)
})

test('ledger check lists what it looked at, also while the service holds the ledger', async () => {
  using box = boxWithHistory()
  const lock = takeLock(box.path)
  const { code, stdout } = await box.run('ledger', 'check')
  expect(code).toBe(0)
  expect(stdout).toContain('  sound\n')
  expect(stdout).toContain('  yes  the history is as it was written')
  lock?.release()
})

test('ledger backup writes a copy beside the ledger or where it is told, and never over a file', async () => {
  using box = boxWithHistory()
  const own = await box.run('ledger', 'backup', '--json')
  expect(own.code).toBe(0)
  const { file } = JSON.parse(own.stdout) as { file: string }
  expect(file).toMatch(/\/state\/backups\/ledger-2023-[\dTZ-]+-command\.db$/)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect((await box.run('ledger', 'backup', 'copy.db')).code).toBe(0)
  expect(statSync(join(box.base, 'copy.db')).size).toBeGreaterThan(0)
  expect(await box.run('ledger', 'backup', 'copy.db')).toMatchObject({ code: 2, stderr: expect.stringContaining('already') })
})

test('ledger accept says what it settled, and status names it for a frozen folder', async () => {
  using box = boxWithHistory()
  const [folder] = box.ledger.folders.all()
  box.ledger.folders.setState(folder?.id ?? 0, 'frozen', 'it was rolled back', PLANTED_MS)
  const status = await box.run('status')
  expect(status).toMatchObject({ code: 3, stdout: expect.stringMatching(/^ {4}encord-sync --config \S+ ledger accept$/m) })
  expect(status.stdout).toContain('  not well since 1h ago; 0 DELETEs were sent since then')
  expect(await box.run('ledger', 'accept')).toMatchObject({ code: 0, stdout: `${folder?.path}  accepted\n` })
  expect((await box.run('status')).stdout).toContain('  last incident: frozen, for 1h, over just now; 0 DELETEs were sent during it')
  expect(await box.run('ledger', 'accept')).toMatchObject({ code: 0, stdout: 'nothing was frozen\n' })
})

test('every command says that a damaged ledger is damaged, exit 3, and what to type', async () => {
  using box = boxWithHistory()
  expect((await box.run('ledger', 'backup')).code).toBe(0)
  const damaged = join(box.base, 'state', 'ledger.db')
  box.ledger.close()
  writeFileSync(damaged, readFileSync(damaged).fill(0x55, 0, 4_096))
  for (const words of [['status'], ['pause'], ['plan'], ['ledger', 'accept'], ['ledger', 'backup']]) {
    const { code, stderr } = await box.run(...words)
    expect([words.join(' '), code]).toEqual([words.join(' '), 3])
    expect(stderr).toContain('is damaged')
    expect(stderr).toMatch(/next: cd \S+ && mkdir -p damaged && mv ledger\.db\* damaged\/ && cp \S+-command\.db ledger\.db/)
  }
  expect((await box.run('ledger', 'check')).code).toBe(3)
})
