import { execFileSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type FolderIdentity, readIdentity, sameRoot, writeAlive, writeMarker } from '../../src/disk/identity.ts'
import { keepsDirectoryTimes } from '../../src/disk/probe.ts'
import { asOrdinaryUser } from '../support/ordinaryUser.ts'
import { realClock } from '../support/realClock.ts'
import { scratchFolder } from '../support/scratchFolder.ts'

const marker = { folderId: 'folder-1', ledgerId: 'ledger-1' }
const alive = { ledgerId: 'ledger-1', sequence: 41, atMs: 1_700_000_000_123, released: false }

async function found(root: string): Promise<Extract<FolderIdentity, { kind: 'found' }>> {
  const identity = await readIdentity(root)
  if (identity.kind !== 'found') throw new Error(identity.errno)
  return identity
}

describe('the identity of a folder', () => {
  test('is its root directory, its file system and, once written, its marker and sign of life', async () => {
    using box = scratchFolder()
    const before = await found(box.path)
    expect(before).toMatchObject({ marker: null, alive: null, root: { ino: String(lstatSync(box.path, { bigint: true }).ino) } })
    expect(await writeMarker(box.path, marker)).toEqual({ kind: 'written' })
    expect(await writeAlive(box.path, alive)).toEqual({ kind: 'written' })
    expect(await writeAlive(box.path, { ...alive, sequence: 42, released: true })).toEqual({ kind: 'written' })
    const after = await found(box.path)
    expect(after).toMatchObject({ marker, alive: { ...alive, sequence: 42, released: true } })
    expect(sameRoot(before.root, after.root)).toBe(true)
    expect(readdirSync(`${box.path}/.encord-sync`).sort()).toEqual(['alive', 'folder.json'])
  })

  test('a marker is never written over, also when many try at once', async () => {
    using box = scratchFolder()
    const results = await Promise.all([1, 2, 3, 4].map((n) => writeMarker(box.path, { ...marker, ledgerId: `ledger-${n}` })))
    expect(results.filter(({ kind }) => kind === 'written')).toHaveLength(1)
    const first = (await found(box.path)).marker
    expect(await writeMarker(box.path, { folderId: 'other', ledgerId: 'other' })).toEqual({ kind: 'exists' })
    expect((await found(box.path)).marker).toEqual(first)
  })

  test('what processes left that died as they wrote goes after a day; what another machine is writing stays', async () => {
    using box = scratchFolder()
    const [old, , other] = ['alive.4711-1.tmp', 'alive.4712-1.tmp', 'note.4711-1.tmp'].map((name) =>
      box.write(`.encord-sync/${name}`, 'half'),
    )
    const before = new Date(realClock.wallMs() - 2 * 86_400_000)
    for (const path of [old, other]) utimesSync(path ?? '', before, before)
    expect(await writeAlive(box.path, { ledgerId: 'l', sequence: 1, atMs: 1, released: false })).toEqual({ kind: 'written' })
    expect(readdirSync(`${box.path}/.encord-sync`).sort()).toEqual(['alive', 'alive.4712-1.tmp', 'note.4711-1.tmp'])
  })

  test('a copy made by cp -a carries the marker and has another root', async () => {
    using box = scratchFolder()
    box.write('folder/a.jpg')
    await writeMarker(`${box.path}/folder`, marker)
    execFileSync('cp', ['-a', 'folder', 'copy'], { cwd: box.path })
    const [folder, copy] = [await found(`${box.path}/folder`), await found(`${box.path}/copy`)]
    expect(copy.marker).toEqual(folder.marker)
    expect(sameRoot(folder.root, copy.root)).toBe(false)
  })

  test('a marker tells into which directory it was written; one of before does not', async () => {
    using box = scratchFolder()
    const { root } = await found(box.path)
    await writeMarker(box.path, { ...marker, root })
    expect((await found(box.path)).marker).toEqual({ ...marker, root })
    box.write('.encord-sync/folder.json', '{"version":1,"folder_id":"folder-1","ledger_id":"ledger-1"}')
    expect((await found(box.path)).marker).toEqual(marker)
  })

  test('another birth time or file system is another root; a birth time that nobody kept is no difference', () => {
    const root = { ino: '7', birthNs: '1700000000000000000', fsType: 'ef53 ext4' }
    expect(sameRoot(root, { ...root, birthNs: '1700000000000000001' })).toBe(false)
    expect(sameRoot(root, { ...root, fsType: '1021994 tmpfs' })).toBe(false)
    expect(sameRoot(root, { ...root, birthNs: null })).toBe(true)
  })

  test.each([
    ['is cut', '{"version":1,"folder_id":"f'],
    ['is empty', ''],
    ['lacks an id', '{"version":1,"folder_id":"f"}'],
    ['names half a directory', '{"version":1,"folder_id":"f","ledger_id":"l","root":{"ino":"7"}}'],
    ['is no object', '[1]'],
    ['is null', 'null'],
    ['is huge', ' '.repeat(100_000)],
  ])('a marker that %s is unreadable, which is not the same as missing', async (_what, text) => {
    using box = scratchFolder()
    box.write('.encord-sync/folder.json', text)
    box.write('.encord-sync/alive', text)
    expect(await found(box.path)).toMatchObject({ marker: 'unreadable', alive: null })
  })

  test('a FIFO or a link in place of the marker is unreadable, and nobody waits for it', async () => {
    using box = scratchFolder()
    using elsewhere = scratchFolder()
    await writeMarker(elsewhere.path, marker)
    box.mkdir('.encord-sync')
    execFileSync('mkfifo', [`${box.path}/.encord-sync/folder.json`])
    expect((await found(box.path)).marker).toBe('unreadable')
    rmSync(`${box.path}/.encord-sync`, { recursive: true })
    symlinkSync(`${elsewhere.path}/.encord-sync`, `${box.path}/.encord-sync`)
    expect((await found(box.path)).marker).toBe('unreadable')
    expect(await writeMarker(box.path, marker)).toEqual({ kind: 'unwritable', errno: 'ENOTDIR' })
  })

  test('a folder that cannot be written has no marker and says so', async () => {
    using box = scratchFolder()
    mkdirSync(`${box.path}/folder`)
    chmodSync(`${box.path}/folder`, 0o555)
    chmodSync(box.path, 0o755)
    await asOrdinaryUser(async () => {
      expect(await writeMarker(`${box.path}/folder`, marker)).toEqual({ kind: 'unwritable', errno: 'EACCES' })
      expect(await writeAlive(`${box.path}/folder`, alive)).toEqual({ kind: 'unwritable', errno: 'EACCES' })
      expect((await found(`${box.path}/folder`)).marker).toBeNull()
      expect(await keepsDirectoryTimes(`${box.path}/folder`, realClock)).toBe('unknown')
    })
    expect(readdirSync(`${box.path}/folder`)).toEqual([])
  })

  test('a path with nothing, a file or a link is an absent folder', async () => {
    using box = scratchFolder()
    box.write('file')
    symlinkSync('.', `${box.path}/link`)
    expect(await readIdentity(`${box.path}/gone`)).toEqual({ kind: 'absent', errno: 'ENOENT' })
    expect(await readIdentity(`${box.path}/file`)).toEqual({ kind: 'absent', errno: 'ENOTDIR' })
    expect(await readIdentity(`${box.path}/link`)).toEqual({ kind: 'absent', errno: 'ELOOP' })
  })

  test('the files are for everyone to read: another user’s service has to see whose folder it is', async () => {
    using box = scratchFolder()
    await writeMarker(box.path, marker)
    expect(lstatSync(`${box.path}/.encord-sync/folder.json`).mode & 0o444).toBe(0o444)
    expect(JSON.parse(readFileSync(`${box.path}/.encord-sync/folder.json`, 'utf8'))).toEqual({
      version: 1,
      folder_id: 'folder-1',
      ledger_id: 'ledger-1',
    })
  })
})

describe('the probe of directory times', () => {
  test('finds that a removed name moves the times of its directory on, and leaves nothing behind', async () => {
    using box = scratchFolder()
    await writeMarker(box.path, marker)
    expect(await keepsDirectoryTimes(box.path, realClock)).toBe(true)
    expect(readdirSync(`${box.path}/.encord-sync`)).toEqual(['folder.json'])
  })

  test('says nothing where there is no place of ours to try it in', async () => {
    using box = scratchFolder()
    expect(await keepsDirectoryTimes(box.path, realClock)).toBe('unknown')
    expect(readdirSync(box.path)).toEqual([])
  })
})
