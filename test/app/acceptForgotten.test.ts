import { expect, test } from 'vitest'
import { acceptFolder } from '../../src/app/acceptFolder.ts'
import { freezeClone } from '../../src/app/cloneGuard.ts'
import { openDisk } from '../../src/app/disk.ts'
import { readIdentity, writeAlive } from '../../src/disk/identity.ts'
import { reviewState } from '../../src/sync/folderState.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { localParts, NOW_MS } from '../support/localParts.ts'

const REMEMBERED = 500

async function rolledBack(box: LedgerBox, state: 'foreign' | 'frozen') {
  const folder = box.folder('in')
  const ledgerId = box.ledger.meta.ledgerId()
  await openDisk(() => Promise.reject(new Error('no walk'))).writeMarker(folder.path, { folderId: folder.uid, ledgerId }, 'never')
  await writeAlive(folder.path, { ledgerId, sequence: REMEMBERED, atMs: PLANTED_MS, released: true })
  box.ledger.folders.setState(folder.id, state, 'as it was last seen', PLANTED_MS)
  box.ledger.remotes.markContacted(folder.remoteId)
  return folder
}

async function remembered(path: string): Promise<number | undefined> {
  const seen = await readIdentity(path)
  return seen.kind === 'found' ? seen.alive?.sequence : undefined
}

test('a disk that came back while its folder was accepted keeps what it remembers, and the ledger that forgot it is frozen', async () => {
  using box = new LedgerBox()
  const folder = await rolledBack(box, 'foreign')
  const { state, settled, next } = await acceptFolder(localParts(box, [folder]), folder.path)
  expect([state, next]).toEqual(['frozen', 'encord-sync ledger accept'])
  expect(settled).toContainEqual(expect.stringMatching(/deletes stay frozen: the ledger is older/))
  expect(box.ledger.folders.get(folder.id)).toMatchObject({ state: 'frozen', why: expect.stringContaining('rolled back') })
  expect(box.ledger.remotes.get(folder.remoteId).firstContact).toBe('again')
  expect(await remembered(folder.path)).toBe(REMEMBERED)
})

test('a ledger that one folder found rolled back reads every dataset first: a folder that cannot be written remembers nothing', async () => {
  using box = new LedgerBox()
  const folder = await rolledBack(box, 'frozen')
  const other = box.folder('readonly', 'bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee')
  box.ledger.remotes.markContacted(other.remoteId)
  box.ledger.folders.setState(folder.id, 'ok', '', PLANTED_MS)
  const { ledger, disk, log, clock } = localParts(box, [folder, other])
  expect(await reviewState({ ledger, disk, log, clock }, folder.id, null)).toMatchObject({ state: 'frozen' })
  expect(box.ledger.remotes.get(other.remoteId).firstContact).toBe('again')
})

test('a folder that was shown as frozen is accepted along with its ledger', async () => {
  using box = new LedgerBox()
  const folder = await rolledBack(box, 'frozen')
  expect(await acceptFolder(localParts(box, [folder]), folder.path)).toMatchObject({ state: 'ok' })
  expect(await remembered(folder.path)).toBeLessThan(REMEMBERED)
})

test('a folder that was shown as restored stays frozen when its ledger came from another machine', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const tools = { log: { emit: () => undefined }, wallMs: () => NOW_MS }
  freezeClone(box.ledger, 'machine-a', tools)
  freezeClone(box.ledger, 'machine-b', tools)
  box.ledger.folders.setState(folder.id, 'restored', 'its marker is missing', PLANTED_MS)
  const parts = { ...localParts(box, [folder]), machineId: () => 'machine-b' }
  expect(await acceptFolder(parts, folder.path)).toMatchObject({ state: 'frozen' })
  expect(await acceptFolder(parts, folder.path)).toMatchObject({ state: 'ok' })
})

test('the dataset is read anew for every folder that is accepted: it may know what the ledger forgot', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.ledger.remotes.markContacted(folder.remoteId)
  box.ledger.folders.setState(folder.id, 'foreign', 'no marker', PLANTED_MS)
  await acceptFolder(localParts(box, [folder]), folder.path)
  expect(box.ledger.remotes.get(folder.remoteId).firstContact).toBe('again')
})

test('a directory that comes in the place of the one that is being accepted is not taken for it', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.ledger.folders.setState(folder.id, 'foreign', 'no marker', PLANTED_MS)
  const parts = localParts(box, [folder])
  let looks = 0
  const disk = {
    ...parts.disk,
    identity: async (path: string) => {
      const seen = await parts.disk.identity(path)
      looks += 1
      return seen.kind === 'there' && looks > 1 ? { ...seen, root: { ...seen.root, ino: `${seen.root.ino}1` } } : seen
    },
  }
  await expect(acceptFolder({ ...parts, disk }, folder.path)).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringContaining('another directory'),
  })
  expect(box.ledger.folders.get(folder.id)).toMatchObject({ state: 'foreign', root: folder.root })
})
