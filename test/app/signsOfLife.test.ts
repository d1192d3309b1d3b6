import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDisk } from '../../src/app/disk.ts'
import { type Alive, writeAlive } from '../../src/disk/identity.ts'
import { judgeIdentity } from '../../src/sync/plan/folderIdentity.ts'

const LEDGER = { id: 'ledger-1', sequence: 100, left: null }

function sign(sequence: number, more: Partial<Alive> = {}): Alive {
  return { ledgerId: LEDGER.id, sequence, atMs: 1_700_000_000_000 + sequence, released: false, ...more }
}

/** A folder, and what a process of ours makes of who keeps it. */
function keptFolder() {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'encord-sync-')))
  const root = join(base, 'in')
  mkdirSync(root)
  const disk = openDisk(() => Promise.reject(new Error('no walk')))
  return {
    base,
    root,
    disk,
    async verdict(): Promise<string> {
      const seen = await disk.identity(root)
      const known = { uid: 'folder-1', root: seen.kind === 'there' ? seen.root : null, marker: 'none' } as const
      return judgeIdentity(known, seen, LEDGER, 1_700_000_000_000).state
    },
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  }
}

test('the sign of life that a start finds may be that of a process that died; one that comes later is that of a copy of the ledger', async () => {
  using folder = keptFolder()
  await writeAlive(folder.root, sign(90))
  expect(await folder.verdict()).toBe('ok')
  expect(await folder.verdict()).toBe('ok')
  await writeAlive(folder.root, sign(91))
  expect(await folder.verdict()).toBe('foreign')
  await writeAlive(folder.root, sign(92, { released: true }))
  expect(await folder.verdict()).toBe('ok')
})

test('what this process left itself is its own, also on a directory that comes back; what replaces it is not', async () => {
  using folder = keptFolder()
  expect(await folder.verdict()).toBe('ok')
  for (const sequence of [95, 96, 97]) await folder.disk.writeAlive(folder.root, sign(sequence))
  expect(await folder.verdict()).toBe('ok')
  await writeAlive(folder.root, sign(95))
  expect(await folder.verdict()).toBe('ok')
  await writeAlive(folder.root, sign(95, { atMs: 1_700_000_000_000 }))
  expect(await folder.verdict()).toBe('foreign')
  // Another directory in its place was not kept by this process: whoever did may have died.
  renameSync(folder.root, join(folder.base, 'away'))
  mkdirSync(folder.root)
  await writeAlive(folder.root, sign(50))
  expect(await folder.verdict()).toBe('ok')
})
