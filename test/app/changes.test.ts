import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { changes } from '../../src/app/changes.ts'
import { queries } from '../../src/app/queries.ts'
import { localMinute } from '../../src/model/localTime.ts'
import { stateOf } from '../../src/model/unit.ts'
import { reviewCandidates } from '../../src/sync/candidates.ts'
import { openLooks } from '../../src/sync/looks.ts'
import type { FolderRecord, ForeignRow } from '../../src/sync/records.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { localParts, NOW_MS } from '../support/localParts.ts'

const userError = (exitCode: number, message: RegExp) =>
  expect.objectContaining({ name: 'UserError', exitCode, message: expect.stringMatching(message) })

function historyOf({ path }: LedgerBox): readonly string[] {
  const db = new Database(path, { readonly: true })
  const verbs = db.prepare<[], { verb: string }>('SELECT verb FROM history ORDER BY seq').all()
  db.close()
  return verbs.map(({ verb }) => verb)
}

function stateAt({ ledger }: LedgerBox, folder: FolderRecord, key: string): string {
  const found = ledger.facts.summaries(folder.id, key)[0]
  return found === undefined ? 'none' : stateOf(found.facts)
}

test('retry without paths opens failed and rejected units, and starts their attempts anew', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const failed = box.unit(folder, 'failed.jpg', { current: null })
  box.ledger.units.setWork(failed.unitId, 'failed', 'HTTP 503', PLANTED_MS, 4, NOW_MS + 60_000)
  box.unit(folder, 'rejected.jpg', { work: 'rejected', why: 'looks cut off: no end', current: null })
  box.unit(folder, 'fine.jpg')
  box.unit(folder, 'lost.jpg', { current: 'missing' })
  const parts = localParts(box, [folder])
  const { units } = await changes(parts).retry({ paths: [], asIs: false })
  expect(units).toEqual([`${folder.path}/failed.jpg`, `${folder.path}/rejected.jpg`])
  expect(box.ledger.units.get(failed.unitId)).toMatchObject({ work: 'waiting', attempts: 0, retryAtMs: null, asIs: false })
  expect(parts.poked).toEqual([folder.id])
})

test('a row that someone else removed is sent again only when its path is named', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const { versionId } = box.unit(folder, 'lost.jpg', { current: 'missing' })
  const { retry } = changes(localParts(box, [folder]))
  expect((await retry({ paths: [], asIs: false })).units).toEqual([])
  expect(stateAt(box, folder, 'lost.jpg')).toBe('remote-missing')
  expect((await retry({ paths: ['lost.jpg'], asIs: false })).units).toEqual([`${folder.path}/lost.jpg`])
  expect(stateAt(box, folder, 'lost.jpg')).toBe('waiting')
  expect(box.ledger.versions.get(versionId ?? 0)?.role).toBe('closed')
})

test('a service lists the dataset before a missing row is sent again: one that is there is not', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const { versionId } = box.unit(folder, 'lost.jpg', { current: 'missing' })
  const readDataset = async (): Promise<boolean> => {
    box.ledger.versions.setRemote(versionId ?? 0, 'live')
    return true
  }
  const { retry } = changes({ ...localParts(box, [folder]), readDataset })
  expect((await retry({ paths: ['lost.jpg'], asIs: false })).units).toEqual([])
  expect(stateAt(box, folder, 'lost.jpg')).toBe('synced')
})

test.each([
  ['its dataset was listed just now', true, 'done'],
  ['its dataset could not be listed just now, and is listed first', false, 'again'],
])('retry sends the file of a missing row: %s', async (_when, isRead, contact) => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.unit(folder, 'lost.jpg', { current: 'missing' })
  box.ledger.remotes.markContacted(folder.remoteId)
  const { retry } = changes({ ...localParts(box, [folder]), readDataset: async () => isRead })
  expect((await retry({ paths: ['lost.jpg'], asIs: false })).units).toHaveLength(1)
  expect(box.ledger.remotes.get(folder.remoteId).firstContact).toBe(contact)
})

test('retry of a directory takes what is below it; --as-is is remembered; a path without a unit is refused and nothing changes', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const { unitId } = box.unit(folder, 'site/cut.mp4', { kind: 'video', work: 'rejected', why: 'looks cut off', current: null })
  box.unit(folder, 'other.mp4', { work: 'rejected', why: 'refused', current: null })
  const { retry } = changes(localParts(box, [folder]))
  await expect(retry({ paths: ['site', 'nothing.jpg'], asIs: true })).rejects.toEqual(userError(2, /no unit/))
  expect(stateAt(box, folder, 'site/cut.mp4')).toBe('rejected')
  expect((await retry({ paths: ['site'], asIs: true })).units).toEqual([`${folder.path}/site/cut.mp4`])
  expect(box.ledger.units.get(unitId)?.asIs).toBe(true)
})

function heldBatch(box: LedgerBox, folder: FolderRecord, keys: readonly string[]) {
  const { candidates } = box.ledger
  const units = keys.map((key) => box.unit(folder, key, { local: 'absent' }))
  const id = candidates.addBatch(folder.id, 'd1g35t', 'over the limit', PLANTED_MS)
  for (const { versionId } of units) {
    candidates.add(versionId ?? 0, 'absent', null, PLANTED_MS)
    candidates.setBatch(versionId ?? 0, id)
  }
  return { id, units }
}

test('an approval covers what is left of the set that was shown: a file that came back leaves the batch', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const { id, units } = heldBatch(box, folder, ['a.jpg', 'b.jpg', 'c.jpg'])
  box.ledger.units.setLocal(units[1]?.unitId ?? 0, 'present')
  const parts = localParts(box, [folder])
  expect(await changes(parts).approve({ id, digest: 'd1g35t' })).toEqual({ approved: 2, returned: 1 })
  expect(box.ledger.candidates.batch(id)).toMatchObject({ decision: 'approved', decidedMs: NOW_MS })
  expect(box.ledger.candidates.get(units[1]?.versionId ?? 0)).toBe(null)
  expect(historyOf(box)).toEqual(['approved', 'approved'])
  expect(parts.poked).toEqual([folder.id])
  expect((await queries(parts).deletes())[0]).toMatchObject({ id, decision: 'approved' })
})

test('another digest, an unknown batch and a batch already decided are refused, and nothing is decided', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const { id } = heldBatch(box, folder, ['a.jpg'])
  const { approve, reject } = changes(localParts(box, [folder]))
  await expect(approve({ id, digest: 'other' })).rejects.toEqual(userError(2, /another digest/))
  await expect(approve({ id: id + 1, digest: 'd1g35t' })).rejects.toEqual(userError(2, /no batch/))
  expect(box.ledger.candidates.batch(id)?.decision).toBe(null)
  await reject({ id })
  await expect(approve({ id, digest: 'd1g35t' })).rejects.toEqual(userError(2, /rejected already/))
  await expect(reject({ id })).rejects.toEqual(userError(2, /rejected already/))
})

test('rejected rows are kept and no longer followed', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const { id, units } = heldBatch(box, folder, ['a.jpg', 'b.jpg'])
  const parts = localParts(box, [folder])
  expect(await changes(parts).reject({ id })).toEqual({ kept: 2 })
  expect(stateAt(box, folder, 'a.jpg')).toBe('detached')
  expect(box.ledger.candidates.get(units[0]?.versionId ?? 0)).toBe(null)
  expect(await queries(parts).deletes()).toEqual([])
  expect(historyOf(box)).toEqual(['rejected', 'rejected'])
})

test('an older version that a person kept stays beside its newer one, also when its file is looked at again', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const { unitId, versionId } = box.unit(folder, 'a.jpg')
  const { versions, candidates } = box.ledger
  versions.setRole(versionId ?? 0, 'superseded')
  const row = { unitId, remoteId: folder.remoteId, kind: 'image', title: 'a.jpg', sizeBytes: 10, dataHash: 'newer', part: 0 } as const
  const newer = versions.addLive({ ...row, content: 'sha-2', metadataDue: false }, PLANTED_MS)
  candidates.add(versionId ?? 0, 'superseded', null, PLANTED_MS)
  const id = candidates.addBatch(folder.id, 'd', 'a newer version took its place', PLANTED_MS)
  candidates.setBatch(versionId ?? 0, id)
  const parts = localParts(box, [folder])
  expect(await changes(parts).reject({ id })).toEqual({ kept: 1 })
  const tools = { ledger: box.ledger, looks: openLooks(parts.clock), log: parts.log, wallMs: parts.wallMs }
  reviewCandidates(tools, folder, box.scan(folder, NOW_MS), new Set([unitId]), 1000)
  expect([versions.get(versionId ?? 0)?.role, versions.get(newer)?.role]).toEqual(['detached', 'current'])
  expect(stateAt(box, folder, 'a.jpg')).toBe('synced')
})

test('a pause is written down, names the folders it changed, and ends with resume', async () => {
  using box = new LedgerBox()
  const [one, two] = [box.folder('one'), box.folder('two')]
  const parts = localParts(box, [one, two])
  const { pause, resume } = changes(parts)
  expect((await pause({ folder: one.path, forMs: null })).folders).toEqual([one.path])
  expect((await pause({ folder: null, forMs: null })).folders).toEqual([two.path])
  expect((await queries(parts).status()).folders.map(({ state }) => state)).toEqual(['paused', 'paused'])
  // The same folders again, now with an end.
  const until = NOW_MS + 7_200_000
  expect(await pause({ folder: one.path, forMs: 7_200_000 })).toEqual({ folders: [one.path], untilMs: until })
  const view = (await queries(parts).status()).folders[0]
  expect([view?.why, view?.pausedUntilMs]).toEqual([`paused by a person until ${localMinute(until)}`, until])
  expect((await resume({ folder: null })).folders).toEqual([one.path, two.path])
  await expect(pause({ folder: '/nowhere', forMs: null })).rejects.toEqual(userError(2, /no watched folder/))
})

test('accepting a folder takes its root and mounts, writes the marker, and starts the proof of what is missing anew', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.ledger.folders.setState(folder.id, 'restored', 'its marker is missing', PLANTED_MS)
  const { versionId } = box.unit(folder, 'gone.jpg', { local: 'absent' })
  const scan = box.scan(folder)
  box.ledger.candidates.add(versionId ?? 0, 'absent', { id: scan, atMs: PLANTED_MS }, PLANTED_MS)
  const parts = localParts(box, [folder])
  const result = await changes(parts).acceptFolder({ folder: folder.path })
  expect(result).toMatchObject({ folder: folder.path, state: 'ok' })
  expect(result.settled).toContain('the proof for 1 missing unit starts anew')
  const known = box.ledger.folders.get(folder.id)
  expect(known).toMatchObject({ state: 'ok', marker: 'written', root: { ino: String(statSync(folder.path, { bigint: true }).ino) } })
  expect(JSON.parse(readFileSync(join(folder.path, '.encord-sync/folder.json'), 'utf8'))).toMatchObject({
    folder_id: 'uid-in',
    ledger_id: box.ledger.meta.ledgerId(),
  })
  expect(box.ledger.candidates.get(versionId ?? 0)).toMatchObject({ firstScan: null, secondScan: null })
  expect(historyOf(box)).toEqual(['accepted'])
  expect(parts.events).toEqual(['folder.state'])
})

test('a marker of another ledger is replaced by accepting the folder, unless that ledger still works on it', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const parts = localParts(box, [folder])
  await parts.disk.writeMarker(folder.path, { folderId: 'other', ledgerId: 'theirs' }, 'never')
  const alive = { ledgerId: 'theirs', sequence: 9, atMs: NOW_MS - 1000, released: false }
  await parts.disk.writeAlive(folder.path, alive)
  await expect(changes(parts).acceptFolder({ folder: folder.path })).rejects.toEqual(userError(3, /another encord-sync keeps/))
  await parts.disk.writeAlive(folder.path, { ...alive, released: true })
  expect((await changes(parts).acceptFolder({ folder: folder.path })).state).toBe('ok')
  expect(readFileSync(join(folder.path, '.encord-sync/folder.json'), 'utf8')).toContain('"uid-in"')
})

test('a folder that is not there cannot be accepted', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.ledger.folders.setPath(folder.id, join(box.base, 'elsewhere'), join(box.base, 'elsewhere'))
  await expect(changes(localParts(box, [folder])).acceptFolder({ folder: join(box.base, 'elsewhere') })).rejects.toEqual(
    userError(2, /is not there \(ENOENT\)/),
  )
  expect(existsSync(join(box.base, 'elsewhere'))).toBe(false)
})

function foreignRow(folder: FolderRecord, dataHash: string, title: string, more: Partial<ForeignRow> = {}): ForeignRow {
  return { remoteId: folder.remoteId, dataHash, title, type: 'IMAGE', sizeBytes: 10, own: null, ...more }
}

const UNLINKED = { work: 'unlinked', why: 'the dataset holds such a row', current: null } as const

test('adopt links by title, then by base name, with size and type; what fits several rows stays undecided', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  for (const key of ['site/a.jpg', 'b.jpg', 'c.jpg', 'twice.jpg', 'x/same.jpg', 'y/same.jpg']) box.unit(folder, key, UNLINKED)
  const rows = [
    foreignRow(folder, 'h1', 'site/a.jpg'),
    foreignRow(folder, 'h2', 'a.jpg'),
    foreignRow(folder, 'h3', 'old/b.jpg'),
    foreignRow(folder, 'h4', 'c.jpg', { sizeBytes: 11 }),
    foreignRow(folder, 'h5', 'c.jpg', { type: 'VIDEO' }),
    foreignRow(folder, 'h6', '1/twice.jpg'),
    foreignRow(folder, 'h7', '2/twice.jpg'),
    foreignRow(folder, 'h8', 'same.jpg'),
  ]
  for (const row of rows) box.ledger.remotes.addForeign(row)
  const parts = localParts(box, [folder])
  const result = await changes(parts).adopt({ none: false, path: null })
  expect(result.linked).toEqual([`${folder.path}/b.jpg`, `${folder.path}/site/a.jpg`])
  expect(result.ambiguous).toEqual(['c.jpg', 'twice.jpg', 'x/same.jpg', 'y/same.jpg'].map((key) => `${folder.path}/${key}`))
  expect(box.ledger.versions.byHash(folder.remoteId, 'h1')).toMatchObject({ role: 'current', remote: 'live', content: 'sha-site/a.jpg' })
  expect(stateAt(box, folder, 'b.jpg')).toBe('synced')
  expect(historyOf(box)).toEqual(['adopted', 'adopted'])
})

test('a row that files of two folders of the dataset could be is adopted by neither', async () => {
  using box = new LedgerBox()
  const [one, two] = [box.folder('one'), box.folder('two')]
  expect(one.remoteId).toBe(two.remoteId)
  for (const folder of [one, two]) box.unit(folder, 'a.jpg', UNLINKED)
  box.ledger.remotes.addForeign(foreignRow(one, 'h1', 'a.jpg'))
  expect(await changes(localParts(box, [one, two])).adopt({ none: false, path: null })).toEqual({
    linked: [],
    sent: [],
    again: [],
    ambiguous: [`${one.path}/a.jpg`, `${two.path}/a.jpg`],
  })
})

test('an adopted file that was never hashed is hashed, so that its next change is told from none', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const bytes = 'picture'
  writeFileSync(join(folder.path, 'a.jpg'), bytes)
  const { size, mtimeNs, ctimeNs, ino } = statSync(join(folder.path, 'a.jpg'), { bigint: true })
  const { fileIds } = box.unit(folder, 'a.jpg', { ...UNLINKED, sha256: null })
  const stamp = { sizeBytes: Number(size), mtimeNs: String(mtimeNs), ctimeNs: String(ctimeNs), ino: String(ino), birthNs: null }
  box.ledger.tree.seeFile(fileIds[0] ?? 0, stamp, null, 'kept')
  box.ledger.remotes.addForeign(foreignRow(folder, 'h1', 'a.jpg', { sizeBytes: bytes.length }))
  expect((await changes(localParts(box, [folder])).adopt({ none: false, path: null })).linked).toEqual([`${folder.path}/a.jpg`])
  expect(box.ledger.versions.byHash(folder.remoteId, 'h1')?.content).toBe(createHash('sha256').update(bytes).digest('hex'))
})

test('adopt --none is said of what the file holds: the lost call for just that is over, and one for another content is not', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const bytes = 'picture'
  writeFileSync(join(folder.path, 'a.jpg'), bytes)
  const { size, mtimeNs, ctimeNs, ino } = statSync(join(folder.path, 'a.jpg'), { bigint: true })
  const { unitId, fileIds } = box.unit(folder, 'a.jpg', { ...UNLINKED, sha256: null })
  const stamp = { sizeBytes: Number(size), mtimeNs: String(mtimeNs), ctimeNs: String(ctimeNs), ino: String(ino), birthNs: null }
  box.ledger.tree.seeFile(fileIds[0] ?? 0, stamp, null, 'kept')
  const lost = [createHash('sha256').update(bytes).digest('hex'), 'another content'].map((content) => {
    const id = box.ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind: 'image', title: 'a.jpg', sizeBytes: 7 }, 0)
    box.ledger.versions.setSent(id, content, 7)
    box.ledger.versions.retire(id, 'registering', 'closed')
    return id
  })
  expect((await changes(localParts(box, [folder])).adopt({ none: true, path: null })).sent).toEqual([`${folder.path}/a.jpg`])
  expect(lost.map((id) => box.ledger.versions.get(id)?.remote)).toEqual(['stray', 'registering'])
})

test('adopt --none sends what waited as new rows', async () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const { unitId } = box.unit(folder, 'a.jpg', UNLINKED)
  box.ledger.remotes.addForeign(foreignRow(folder, 'h1', 'a.jpg'))
  expect(await changes(localParts(box, [folder])).adopt({ none: true, path: null })).toEqual({
    linked: [],
    sent: [`${folder.path}/a.jpg`],
    again: [],
    ambiguous: [],
  })
  expect(box.ledger.units.get(unitId)).toMatchObject({ work: 'waiting', unlinked: 'none' })
})
