import { expect, test } from 'vitest'
import { changes } from '../../src/app/changes.ts'
import { freezeClone, isClone } from '../../src/app/cloneGuard.ts'
import { openDisk } from '../../src/app/disk.ts'
import { readMachineId } from '../../src/app/machineId.ts'
import { queries } from '../../src/app/queries.ts'
import { writeAlive } from '../../src/disk/identity.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { localParts, NOW_MS } from '../support/localParts.ts'

const TOOLS = { log: { emit: () => undefined }, wallMs: () => NOW_MS }
const ANY = { folderId: null, key: null, sinceMs: null }

test('this machine has an id, always the same, that is not the confidential one', () => {
  const id = readMachineId()
  expect(readMachineId()).toBe(id)
  expect(id === null || /^[0-9a-f]{64}$/.test(id)).toBe(true)
})

test('a ledger belongs to the first machine that keeps it; on another one every folder is frozen, and its dataset read anew', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('in')
  ledger.remotes.markContacted(folder.remoteId)
  freezeClone(ledger, 'machine-a', TOOLS)
  freezeClone(ledger, 'machine-a', TOOLS)
  freezeClone(ledger, null, TOOLS)
  expect(ledger.folders.get(folder.id).state).toBe('ok')
  freezeClone(ledger, 'machine-b', TOOLS)
  expect(ledger.folders.get(folder.id)).toMatchObject({ state: 'frozen', why: expect.stringContaining('another machine') })
  expect(ledger.remotes.get(folder.remoteId).firstContact).toBe('again')
})

test('accepting a copied ledger makes it this machine’s, thaws its folders and starts their proofs anew', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('in')
  const { versionId } = box.unit(folder, 'a.jpg', { local: 'absent' })
  ledger.candidates.add(versionId ?? 0, 'absent', { id: box.scan(folder), atMs: PLANTED_MS }, PLANTED_MS)
  freezeClone(ledger, 'machine-a', TOOLS)
  freezeClone(ledger, 'machine-b', TOOLS)
  const parts = { ...localParts(box, [folder]), machineId: () => 'machine-b' }
  const { folders, settled } = await changes(parts).acceptLedger()
  expect(folders).toEqual([folder.path])
  expect(settled).toEqual(["the ledger is this machine's now", 'the proof for 1 missing unit starts anew'])
  expect(ledger.folders.get(folder.id).state).toBe('ok')
  expect(ledger.candidates.get(versionId ?? 0)?.firstScan).toBeNull()
  expect(isClone(ledger, 'machine-b')).toBe(false)
  expect(ledger.history.entries(ANY).map(({ verb }) => verb)).toEqual(['accepted'])
  expect(parts.poked).toEqual([null])
})

test('a rolled-back ledger counts as newer than its folders remember once it was accepted', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('in')
  const disk = openDisk(() => Promise.reject(new Error('no walk')))
  await disk.writeMarker(folder.path, { folderId: folder.uid, ledgerId: ledger.meta.ledgerId() }, 'never')
  await writeAlive(folder.path, { ledgerId: ledger.meta.ledgerId(), sequence: 500, atMs: NOW_MS, released: false })
  ledger.folders.setState(folder.id, 'frozen', 'it was rolled back', PLANTED_MS)
  const { settled } = await changes({ ...localParts(box, [folder]), machineId: () => null }).acceptLedger()
  expect(settled).toEqual(['the ledger counts as newer than what its folders remember (500, it had 0)'])
  expect(ledger.meta.sequence()).toBeGreaterThan(500)
  expect(ledger.folders.get(folder.id).state).toBe('ok')
})

test('a ledger that is accepted before any look found that it was put back reads its datasets anew', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('in')
  ledger.remotes.markContacted(folder.remoteId)
  const { folders } = await changes({ ...localParts(box, [folder]), machineId: () => null }).acceptLedger()
  expect(folders).toEqual([])
  expect(ledger.remotes.get(folder.remoteId).firstContact).toBe('again')
})

test('a copied ledger is not accepted while the other machine gives signs of life in a folder', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('in')
  await openDisk(() => Promise.reject(new Error('no walk'))).writeMarker(
    folder.path,
    { folderId: folder.uid, ledgerId: ledger.meta.ledgerId() },
    'never',
  )
  await writeAlive(folder.path, { ledgerId: ledger.meta.ledgerId(), sequence: 1, atMs: NOW_MS - 60_000, released: false })
  freezeClone(ledger, 'machine-a', TOOLS)
  freezeClone(ledger, 'machine-b', TOOLS)
  const parts = { ...localParts(box, [folder]), machineId: () => 'machine-b' }
  await expect(changes(parts).acceptLedger()).rejects.toMatchObject({ exitCode: 3, message: expect.stringContaining('another machine') })
  expect(ledger.folders.get(folder.id).state).toBe('frozen')
})

test('a folder that is away keeps its own state when the ledger is accepted, and is thawed all the same', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('in')
  freezeClone(ledger, 'machine-a', TOOLS)
  freezeClone(ledger, 'machine-b', TOOLS)
  ledger.folders.setState(folder.id, 'absent', 'ENOENT', PLANTED_MS)
  const { folders } = await changes({ ...localParts(box, [folder]), machineId: () => 'machine-b' }).acceptLedger()
  expect(folders).toEqual([folder.path])
  expect(ledger.folders.get(folder.id).state).toBe('absent')
  expect(ledger.meta.read(`frozen:${folder.id}`)).toBe('')
})

test('`folders accept` of the last frozen folder accepts a copied ledger as a whole', async () => {
  using box = new LedgerBox()
  const [a, b] = [box.folder('a'), box.folder('b')]
  freezeClone(box.ledger, 'machine-a', TOOLS)
  freezeClone(box.ledger, 'machine-b', TOOLS)
  const { acceptFolder } = changes({ ...localParts(box, [a, b]), machineId: () => 'machine-b' })
  await acceptFolder({ folder: a.path })
  expect(isClone(box.ledger, 'machine-b')).toBe(true)
  await acceptFolder({ folder: b.path })
  expect(isClone(box.ledger, 'machine-b')).toBe(false)
})

test('accepting where nothing is frozen changes no folder', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  expect(await changes({ ...localParts(box, [folder]), machineId: () => 'm' }).acceptLedger()).toEqual({ folders: [], settled: [] })
  expect(box.ledger.history.entries(ANY)).toEqual([])
})

test('status says for how many rows a DELETE was sent during the last incident', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('in')
  const { status } = queries(localParts(box, [folder]))
  expect((await status()).folders[0]?.incident).toBeNull()
  ledger.folders.setState(folder.id, 'absent', 'ENOENT', PLANTED_MS + 1_000)
  const entry = { folderId: folder.id, verb: 'deleted', dataHash: 'h', key: 'a.jpg', files: 1, approved: true, detail: {} } as const
  ledger.history.add({ ...entry, atMs: PLANTED_MS })
  ledger.history.add({ ...entry, atMs: PLANTED_MS + 2_000 })
  expect((await status()).folders[0]?.incident).toEqual({ state: 'absent', fromMs: PLANTED_MS + 1_000, toMs: null, deletesSent: 1 })
  ledger.folders.setState(folder.id, 'ok', '', PLANTED_MS + 3_000)
  ledger.history.add({ ...entry, atMs: PLANTED_MS + 4_000 })
  expect((await status()).folders[0]?.incident).toEqual({
    state: 'absent',
    fromMs: PLANTED_MS + 1_000,
    toMs: PLANTED_MS + 3_000,
    deletesSent: 1,
  })
})

test('a pause hides nothing that is wrong with a folder, before or after', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('in')
  const { status } = queries(localParts(box, [folder]))
  ledger.folders.setState(folder.id, 'absent', 'the folder is not there (ENOENT)', PLANTED_MS + 1_000)
  ledger.folders.setPaused(folder.id, { untilMs: null }, PLANTED_MS + 2_000)
  expect((await status()).folders[0]).toMatchObject({ state: 'absent', why: 'the folder is not there (ENOENT) (and it is paused)' })
  expect((await status()).exitCode).toBe(3)
  ledger.folders.setState(folder.id, 'ok', '', PLANTED_MS + 3_000)
  expect((await status()).folders[0]).toMatchObject({ state: 'paused', incident: { state: 'absent', toMs: PLANTED_MS + 3_000 } })
})

test('history tells each change with its folder, its path and why; a path in no folder is refused', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.unit(folder, 'site/a.jpg')
  const entry = { atMs: PLANTED_MS, folderId: folder.id, dataHash: 'h', files: 1, approved: false } as const
  const { history } = box.ledger
  history.add({ ...entry, verb: 'registered', key: 'site/a.jpg', detail: { title: 'site/a.jpg' } })
  history.add({ ...entry, verb: 'renamed', key: 'b.jpg', detail: { was: 'b', title: 'b.jpg' } })
  history.add({ ...entry, verb: 'deleted', key: 'site/a.jpg', detail: { why: 'absent' }, approved: true })
  const api = queries(localParts(box, [folder]))
  expect((await api.history({ path: `${folder.path}/site`, sinceMs: null })).map(({ verb, path, why }) => [verb, path, why])).toEqual([
    ['registered', 'site/a.jpg', 'as "site/a.jpg"'],
    ['deleted', 'site/a.jpg', 'its file was gone, approved by a person'],
  ])
  expect(await api.history({ path: null, sinceMs: null })).toMatchObject([
    { seq: 1, folder: folder.path },
    { seq: 2, why: 'title "b" became "b.jpg"' },
    { seq: 3 },
  ])
  await expect(api.history({ path: '/nowhere', sinceMs: null })).rejects.toMatchObject({ exitCode: 2 })
})
