import { expect, test } from 'vitest'
import type { RemoteRow } from '../../src/model/remote.ts'
import { madeBy } from '../../src/sync/keptRows.ts'
import { settleOrphans } from '../../src/sync/orphans.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { realClock } from '../support/realClock.ts'

const IT: RemoteRow = {
  dataHash: 'it',
  title: 'a.jpg',
  type: 'IMAGE',
  createdAtMs: PLANTED_MS,
  sizeBytes: null,
  clientMetadata: null,
  members: null,
  fileLink: 's3://lab/a.jpg',
}

function contacted(box: LedgerBox): FolderRecord {
  const folder = box.folder('IN')
  box.ledger.now(() => box.ledger.remotes.markContacted(folder.remoteId))
  return folder
}

/** Two listings with these rows. */
async function settleTwice({ ledger }: LedgerBox, remoteId: number, rows: readonly RemoteRow[]): Promise<void> {
  const byHash = new Map(rows.map((row) => [row.dataHash, row]))
  const has = (hash: string) => byHash.has(hash)
  const listed = () => ({ askedAtMs: realClock.wallMs(), rows, has, row: (hash: string) => byHash.get(hash) ?? null })
  const log = { emit: () => undefined }
  const remote = { row: async () => null }
  const tools = { ledger, clock: realClock, log, signal: new AbortController().signal, remote, absentGapMs: 0 }
  for (let listing = 0; listing < 2; listing++) await settleOrphans(tools, remoteId, listed())
}

/** The answer to a `datasetdata` call for `a.jpg` was lost, its folder left the config, and these rows are in the dataset. */
async function settled(rows: readonly RemoteRow[]) {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = contacted(box)
  const { unitId } = box.unit(folder, 'a.jpg', { current: null, local: 'excluded' })
  const evidence = JSON.stringify({ url: 's3://lab/a.jpg' })
  ledger.now(() => {
    const id = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind: 'image', title: 'a.jpg', sizeBytes: 10 }, 0)
    ledger.versions.setSent(id, 'sha-a', 10)
    ledger.operations.intend(id, 'register', PLANTED_MS, null, evidence)
    ledger.operations.doubtIntents()
    ledger.folders.unconfigure(folder.id)
  })
  await settleTwice(box, folder.remoteId, rows)
  return {
    rows: ledger.versions.ofUnit(unitId).map(({ dataHash, remote: fact, role }) => `${dataHash} ${fact} ${role}`),
    open: ledger.operations.open().length,
    firstContact: ledger.remotes.get(folder.remoteId).firstContact,
  }
}

test('a row that was registered from the bucket while its folder left is known, and is not made twice when it comes back', async () => {
  expect(await settled([IT])).toEqual({ rows: ['it live detached'], open: 0, firstContact: 'done' })
})

test('of several rows of that object none is taken: the dataset is read anew, so that its file waits for a person', async () => {
  const { rows, ...rest } = await settled([IT, { ...IT, dataHash: 'also' }])
  expect(rows.filter((row) => row.includes('live'))).toEqual([])
  expect(rest).toEqual({ open: 0, firstContact: 'again' })
})

test('without a row of that object the call was not made', async () => {
  const { rows, ...rest } = await settled([{ ...IT, dataHash: 'other', fileLink: 's3://lab/b.jpg', title: 'b.jpg' }])
  expect(rows.filter((row) => row.includes('live'))).toEqual([])
  expect(rest).toEqual({ open: 0, firstContact: 'done' })
})

/** The answer to a `dicomseries` call was lost, and its folder left the config. */
async function settledSeries(rows: readonly RemoteRow[]) {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = contacted(box)
  const unitId = ledger.units.ensure(folder.id, 'series', 'ct/1.2', 'dicom_series', PLANTED_MS)
  ledger.now(() => {
    ledger.units.setLocal(unitId, 'excluded')
    const id = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind: 'dicom_series', title: 'ct', sizeBytes: 10 }, 0)
    ledger.versions.setSent(id, 'sha-ct', 10)
    ledger.operations.intend(id, 'group', PLANTED_MS, null, null)
    ledger.operations.doubtIntents()
    ledger.folders.unconfigure(folder.id)
  })
  await settleTwice(box, folder.remoteId, rows)
  return { lost: ledger.versions.lostOf(folder.remoteId).map(({ title }) => title), open: ledger.operations.open().length }
}

test('a series whose row may be a later one of another title waits for a person, also once its folder left', async () => {
  const row: RemoteRow = { ...IT, type: 'DICOM', title: 'CT chest', fileLink: null }
  expect(await settledSeries([row])).toEqual({ lost: ['ct'], open: 0 })
  expect(await settledSeries([{ ...row, members: ['another'] }])).toEqual({ lost: [], open: 0 })
})

test('of a sequence whose place was given away each row stands for all of its frames, and for its content', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = contacted(box)
  const { unitId, fileIds } = box.unit(folder, 'run', { kind: 'image_group', current: null })
  const firstId = ledger.now(() => {
    const id = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind: 'image_group', title: 'run', sizeBytes: 20 }, 0)
    ledger.versions.setSent(id, 'sha-run', 20)
    ledger.versions.setFrames(
      id,
      fileIds.map((fileId, ord) => ({ fileId, name: `f${ord + 1}.jpg`, sizeBytes: 10 })),
    )
    for (const ord of fileIds.keys()) {
      ledger.versions.setFrameTicket(id, ord, `frame-${ord}`, '{}', PLANTED_MS)
      ledger.versions.setFrameSent(id, ord, `sha-${ord}`)
    }
    ledger.operations.intend(id, 'group', PLANTED_MS, PLANTED_MS, null)
    ledger.versions.retire(id, 'stray', 'closed')
    ledger.operations.doubtIntents()
    return id
  })
  const row: RemoteRow = { ...IT, type: 'IMG_GROUP', title: 'run', createdAtMs: PLANTED_MS + 1_000, fileLink: null }
  await settleTwice(box, folder.remoteId, [
    { ...row, members: ['frame-0'] },
    { ...row, dataHash: 'next', title: 'run-2', members: ['frame-1'] },
  ])
  const rows = ledger.versions.ofUnit(unitId)
  expect(rows.map(({ dataHash, role, content }) => `${dataHash} ${role} ${content}`)).toEqual([
    'it superseded sha-run',
    'next superseded sha-run',
  ])
  const frames = (id: number) => ledger.versions.frames(id).map(({ fileId, sha256 }) => `${fileId} ${sha256}`)
  expect(frames(rows[1]?.id ?? 0)).toEqual(frames(firstId))
  expect(frames(firstId)).toHaveLength(2)
})

test.each([
  ['its members are not told', null, 'unknown'],
  ['its members are ours', ['frame-0'], null],
])('who made the row of a group whose place was given away is known by its members alone: %s', async (_name, members, maker) => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = contacted(box)
  const { unitId, fileIds } = box.unit(folder, 'run', { kind: 'image_group', current: null })
  const id = ledger.versions.addComing({ unitId, remoteId: folder.remoteId, kind: 'image_group', title: 'run', sizeBytes: 10 }, 0)
  ledger.now(() => {
    ledger.versions.setSent(id, 'sha-run', 10)
    ledger.versions.setFrames(id, [{ fileId: fileIds[0] ?? 0, name: 'f1.jpg', sizeBytes: 10 }])
    ledger.versions.setFrameTicket(id, 0, 'frame-0', '{}', PLANTED_MS)
    ledger.versions.setFrameSent(id, 0, 'sha-0')
    ledger.operations.intend(id, 'group', PLANTED_MS, PLANTED_MS, null)
    ledger.versions.retire(id, 'stray', 'closed')
    ledger.operations.doubtIntents()
  })
  const row: RemoteRow = { ...IT, type: 'IMG_GROUP', title: 'run', createdAtMs: PLANTED_MS + 1_000, fileLink: null }
  await settleTwice(box, folder.remoteId, [{ ...row, members }])
  expect(ledger.versions.get(id)).toMatchObject({ dataHash: 'it', role: 'superseded' })
  expect(madeBy(ledger, id)).toBe(maker)
})
