import { copyFileSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { acceptFolder } from '../../src/app/acceptFolder.ts'
import { openDisk } from '../../src/app/disk.ts'
import { renewAlive, reviewState } from '../../src/sync/folderState.ts'
import type { Disk } from '../../src/sync/ports.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { LedgerBox } from '../support/ledgerBox.ts'
import { localParts, NOW_MS } from '../support/localParts.ts'
import { realClock } from '../support/realClock.ts'

/** Something is sent meanwhile. */
const goOn = ({ ledger }: LedgerBox): Promise<void> => ledger.commit(() => ledger.meta.write('something', 'sent'))

type Change = (disk: Disk) => Disk

const SAME: Change = (disk) => disk

/** A process that keeps a folder; another `open` of the same ledger and folder is the next one. */
function open(box: LedgerBox, folder: FolderRecord, change = SAME) {
  const { ledger } = box
  const disk = change(openDisk(() => Promise.reject(new Error('no walk'))))
  const tools = { ledger, disk, log: { emit: () => undefined }, clock: { ...realClock, wallMs: () => NOW_MS } }
  return {
    look: async () => (await reviewState(tools, folder.id, null)).state,
    async renew(released = false) {
      await goOn(box)
      await renewAlive(tools, folder.id, released)
    },
    accept: () => acceptFolder({ ...localParts(box, [folder]), disk }, ledger.folders.get(folder.id).path),
  }
}

/** A folder of the ledger on the disk, marker and all, where two signs of life were left; `snapshot` is the state directory after the first. */
async function keptFolder(box: LedgerBox, name = 'IN') {
  const folder = box.folder(name)
  const process = open(box, folder)
  const alive = join(folder.path, '.encord-sync/alive')
  await process.accept()
  await process.renew()
  copyFileSync(alive, join(box.base, `${name}-snapshot`))
  await process.renew()
  return { folder, process, alive, rollBack: () => copyFileSync(join(box.base, `${name}-snapshot`), alive) }
}

const sequenceOf = (path: string): number => JSON.parse(readFileSync(path, 'utf8')).sequence

test('a folder that was put back to a snapshot is restored, however often its memory is renewed, until a person accepts it', async () => {
  using box = new LedgerBox()
  const { folder, process, alive, rollBack } = await keptFolder(box)
  expect(await process.look()).toBe('ok')
  rollBack()
  const remembered = sequenceOf(alive)
  // What tells of it stays until it is written down.
  await process.renew()
  expect(sequenceOf(alive)).toBe(remembered)
  expect(await process.look()).toBe('restored')
  expect(box.ledger.folders.get(folder.id).why).toContain('put back to a snapshot')
  await process.renew()
  expect(sequenceOf(alive)).toBeGreaterThan(remembered)
  expect(await process.look()).toBe('restored')
  expect(await open(box, folder).look()).toBe('restored')
  expect((await process.accept()).state).toBe('ok')
  expect(await process.look()).toBe('ok')
})

test.each([
  ['a clean restart', async ({ process }) => await process.renew(true)],
  ['a crash', async () => undefined],
  [
    'a crash between the sign of life and the note of it',
    async ({ folder, alive }, box) => {
      const before = sequenceOf(alive)
      const process = open(box, folder, (disk) => ({
        ...disk,
        writeAlive: async (...sign) => {
          await disk.writeAlive(...sign)
          throw new Error('it dies')
        },
      }))
      await expect(process.renew()).rejects.toThrow('it dies')
      expect(sequenceOf(alive)).toBeGreaterThan(before)
    },
  ],
  [
    'being moved',
    async ({ folder }, { ledger }) => {
      renameSync(folder.path, `${folder.path}-moved`)
      ledger.folders.setPath(folder.id, `${folder.path}-moved`, `${folder.path}-moved`)
    },
  ],
  [
    'a person who accepts what an older one left',
    async ({ process, rollBack }) => {
      rollBack()
      await process.accept()
    },
  ],
  [
    'a time when it could not be written',
    async ({ folder }, box) => {
      const process = open(box, folder, (disk) => ({ ...disk, writeAlive: async () => undefined }))
      for (const _ of [1, 2]) await process.renew()
    },
  ],
  [
    'a time when the writes to it came late',
    async ({ folder }, box) => {
      const late: (() => Promise<void>)[] = []
      const process = open(box, folder, (disk) => ({
        ...disk,
        writeAlive: async (...sign) => void late.push(() => disk.writeAlive(...sign)),
      }))
      for (const _ of [1, 2]) await process.renew()
      for (const write of late) await write()
    },
  ],
  [
    'two signs of life at once',
    async ({ process }) => {
      await Promise.all([process.renew(), process.renew(), process.renew(true)])
    },
  ],
] satisfies [string, (kept: Awaited<ReturnType<typeof keptFolder>>, box: LedgerBox) => Promise<void>][])(
  'a folder is itself after %s, and beside another one of its ledger',
  async (_, happens) => {
    using box = new LedgerBox()
    const kept = await keptFolder(box)
    const other = await keptFolder(box, 'OTHER')
    await happens(kept, box)
    for (const _ of [1, 2]) {
      const next = open(box, kept.folder)
      expect(await next.look()).toBe('ok')
      await next.renew()
      expect(await next.look()).toBe('ok')
      expect(await open(box, other.folder).look()).toBe('ok')
    }
  },
)

test('a look that was under way while a sign of life was left tells nothing of it', async () => {
  using box = new LedgerBox()
  const { folder, process } = await keptFolder(box)
  const slow = open(box, folder, (disk) => ({
    ...disk,
    async identity(root) {
      const seen = await disk.identity(root)
      await process.renew()
      return seen
    },
  }))
  expect(await slow.look()).toBe('ok')
  expect(await process.look()).toBe('ok')
})

test('what is put back when its disk is another one is itself again once the first one is back', async () => {
  using box = new LedgerBox()
  const { folder, process } = await keptFolder(box)
  const { root } = box.ledger.folders.get(folder.id)
  if (root === null) throw new Error('the folder was not looked at')
  box.ledger.folders.setIdentity(folder.id, { ...root, ino: '1' }, 'written')
  expect(await process.look()).toBe('restored')
  await process.renew()
  box.ledger.folders.setIdentity(folder.id, root, 'written')
  expect(await process.look()).toBe('ok')
})
