import { expect, test } from 'vitest'
import { changes } from '../../src/app/changes.ts'
import type { RemoteRow } from '../../src/model/remote.ts'
import type { EffectTools } from '../../src/sync/effectTools.ts'
import { FileChanged } from '../../src/sync/fileChanged.ts'
import { reviewState } from '../../src/sync/folderState.ts'
import { openLooks } from '../../src/sync/looks.ts'
import { forgetUnit } from '../../src/sync/notes.ts'
import { settleOrphans } from '../../src/sync/orphans.ts'
import type { Remote } from '../../src/sync/ports.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { contextOf, indexForeign } from '../../src/sync/relations.ts'
import { openRemoteLink } from '../../src/sync/remoteLink.ts'
import { resolveOperation } from '../../src/sync/resolve.ts'
import { closeDeleted } from '../../src/sync/resolveDelete.ts'
import { retitle } from '../../src/sync/retitle.ts'
import { sendBatch } from '../../src/sync/sendFrames.ts'
import { leaveToPerson } from '../../src/sync/uploadFile.ts'
import { createGroup } from '../../src/sync/uploadGroup.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { localParts } from '../support/localParts.ts'
import { policyOf } from '../support/planWorld.ts'
import { realClock } from '../support/realClock.ts'

const ROW: RemoteRow = {
  dataHash: 'hash-1',
  title: 'a.jpg',
  type: 'IMAGE',
  createdAtMs: PLANTED_MS,
  sizeBytes: 10,
  clientMetadata: null,
  members: null,
}

function listedOf(rows: readonly RemoteRow[]) {
  const byHash = new Map(rows.map((row) => [row.dataHash, row]))
  return { askedAtMs: realClock.wallMs(), rows, has: (hash: string) => byHash.has(hash), row: (hash: string) => byHash.get(hash) ?? null }
}

/** What effects work with; whatever a test does not name is not to be used. */
function effectTools({ ledger }: LedgerBox, folder: FolderRecord, more: Partial<EffectTools>): EffectTools {
  return {
    ledger,
    folder,
    policy: policyOf(),
    clock: realClock,
    log: { emit: () => undefined },
    signal: new AbortController().signal,
    absentGapMs: 0,
    fresh: new Set(),
    inSlot: (_sizeBytes: number, work: () => Promise<unknown>) => work(),
    crashPoint: () => undefined,
    ...more,
  } as EffectTools
}

/** A register call for `a.jpg` whose answer was lost. */
function lostRegister(box: LedgerBox) {
  const { ledger } = box
  const folder = box.folder('IN')
  const { unitId } = box.unit(folder, 'a.jpg', { current: null, work: 'waiting', coming: 'sent' })
  const version = ledger.versions.ofUnit(unitId)[0]
  if (version === undefined) throw new Error('nothing is coming')
  const operationId = ledger.operations.intend(version.id, 'register', PLANTED_MS, null, null)
  ledger.now(() => void ledger.operations.doubtIntents())
  const settle = (): void =>
    ledger.now(() => {
      ledger.operations.end(operationId, 'done', PLANTED_MS)
      ledger.versions.setLive(version.id, 'hash-1', 'a.jpg', false, PLANTED_MS)
    })
  const stand = (): string => {
    const { remote, role } = ledger.versions.get(version.id) ?? {}
    return `${remote} ${role}, ${ledger.candidates.get(version.id) === null ? 'kept' : 'a candidate'}, ${ledger.units.get(unitId)?.work}`
  }
  return { folder, unitId, version, operationId, settle, stand }
}

test.each([
  ['shows it', [ROW]],
  ['lacks it', []],
])('a call that is settled while a listing is read stays settled, when that listing %s', async (_how, rows) => {
  using box = new LedgerBox()
  const { folder, version, operationId, settle, stand } = lostRegister(box)
  // The first of two listings lacked it.
  box.ledger.operations.setLacking(operationId, 1, PLANTED_MS)
  const listing = async () => {
    settle()
    return listedOf(rows)
  }
  const remote = { row: async () => null } as unknown as EffectTools['remote']
  await resolveOperation(effectTools(box, folder, { remote, listing }), operationId, version.id)
  expect(stand()).toBe('live current, kept, waiting')
})

test('a call that is settled is not left to a person any more', async () => {
  using box = new LedgerBox()
  const { folder, version, operationId, settle, stand } = lostRegister(box)
  const left = leaveToPerson(effectTools(box, folder, {}), version.id, operationId, 'nobody can tell')
  settle()
  await left
  expect(stand()).toBe('live current, kept, waiting')
})

test('a unit whose place was given away while its call was made is not left to a person', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, unitId, version, operationId } = lostRegister(box)
  ledger.now(() => {
    ledger.versions.retire(version.id, 'stray', 'closed')
    ledger.units.setWork(unitId, 'none', '', PLANTED_MS)
  })
  await leaveToPerson(effectTools(box, folder, {}), version.id, operationId, 'nobody can tell')
  expect([ledger.units.get(unitId)?.work, ledger.operations.open()]).toEqual(['none', []])
})

test('the title of a file that went to another folder of the dataset while it was registered is asked for by the rules there', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, unitId, version, operationId } = lostRegister(box)
  const other = box.folder('OTHER')
  const listing = async () => {
    ledger.now(() => ledger.units.rekey(unitId, other.id, 'a.jpg'))
    return listedOf([{ ...ROW, dataHash: version.dataHash ?? '' }])
  }
  const remote = { row: async () => null } as unknown as EffectTools['remote']
  await resolveOperation(effectTools(box, folder, { remote, listing }), operationId, version.id)
  expect(ledger.versions.get(version.id)).toMatchObject({ remote: 'live', role: 'current', titleDue: true })
})

test('a row that a rule let go of while its call was made is let go of at once, not by the next whole look', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, unitId, version, operationId, stand } = lostRegister(box)
  ledger.now(() => ledger.units.setLocal(unitId, 'excluded'))
  const remote = { row: async () => ({ ...ROW, dataHash: version.dataHash ?? '' }) } as unknown as EffectTools['remote']
  await resolveOperation(effectTools(box, folder, { remote }), operationId, version.id)
  expect([stand(), ledger.operations.open()]).toEqual(['live detached, kept, waiting', []])
})

test('a folder that is accepted while it is looked at is what it was accepted as', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const marker = { folderId: folder.uid, ledgerId: ledger.meta.ledgerId() }
  const root = { ino: '8', birthNs: null, fsType: 'ext4' }
  const identity = async () => {
    ledger.now(() => ledger.folders.setIdentity(folder.id, root, 'written'))
    return { kind: 'there', root, marker, alive: null } as const
  }
  const disk = { identity } as unknown as EffectTools['disk']
  expect(await reviewState(effectTools(box, folder, { disk }), folder.id, null)).toMatchObject({ state: 'ok' })
})

test('a call that is under way is not looked up: its answer tells', async () => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const { unitId, versionId } = box.unit(folder, 'a.jpg', { current: 'deleting' })
  const { ledger } = box
  ledger.candidates.add(versionId ?? 0, 'command', null, PLANTED_MS)
  const operationId = ledger.operations.intend(versionId ?? 0, 'delete', PLANTED_MS, null, '{}')
  const listing = () => Promise.reject(new Error('nobody asks'))
  expect(await resolveOperation(effectTools(box, folder, { listing }), operationId, versionId ?? 0)).toMatchObject({ kind: 'later' })
  // The file came back, was found to hold what its row holds, and then the answer came.
  ledger.now(() => {
    ledger.candidates.remove(versionId ?? 0)
    closeDeleted({ ledger, clock: realClock }, { id: versionId ?? 0 })
  })
  expect(ledger.units.get(unitId)).toMatchObject({ local: 'present', work: 'waiting' })
})

/** A series of two files, all sent, whose unit is there. */
function sentSeries(box: LedgerBox) {
  const { ledger } = box
  const folder = box.folder('IN')
  const unitId = ledger.units.ensure(folder.id, 'series', 'ct/1.2', 'dicom_series', PLANTED_MS)
  const fileIds = [1, 2].map((number) => box.file(folder, `ct/${number}.dcm`, { unitId }))
  const version = { unitId, remoteId: folder.remoteId, kind: 'dicom_series', title: 'ct', sizeBytes: 10 } as const
  const id = ledger.versions.addComing(version, 0)
  ledger.versions.setFrames(
    id,
    fileIds.map((fileId, ord) => ({ fileId, name: `${ord + 1}.dcm`, sizeBytes: 5 })),
  )
  for (const ord of [0, 1]) {
    ledger.versions.setFrameTicket(id, ord, `h${ord + 1}`, JSON.stringify({ data_hash: `h${ord + 1}` }), PLANTED_MS)
    ledger.versions.setFrameSent(id, ord, `sha-${ord}`)
  }
  return { folder, unitId, fileIds, versionId: id, giveAway: () => ledger.now(() => ledger.versions.retire(id, 'stray', 'closed')) }
}

test('a series whose place is given away while its call waits for its turn leaves an older row', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, unitId, versionId, giveAway } = sentSeries(box)
  const operationId = ledger.operations.intend(versionId, 'group', PLANTED_MS, null, null)
  let slices: unknown = null
  const remote = {
    createSeries: async (tickets: unknown) => {
      slices = tickets
      return { dataHash: 'row', title: 'ct' }
    },
  } as unknown as EffectTools['remote']
  const inSlot: EffectTools['inSlot'] = async (_sizeBytes, work) => {
    giveAway()
    return await work()
  }
  await createGroup(effectTools(box, folder, { remote, inSlot }), { unitId, title: 'ct', key: 'ct/1.2' }, versionId, operationId)
  expect(slices).toEqual([{ data_hash: 'h1' }, { data_hash: 'h2' }])
  expect(ledger.versions.get(versionId)).toMatchObject({ remote: 'live', role: 'superseded', dataHash: 'row' })
})

test('the frames of a group whose place was given away are not staged', async () => {
  using box = new LedgerBox()
  const { folder, unitId, fileIds, versionId, giveAway } = sentSeries(box)
  giveAway()
  const files = fileIds.flatMap((id) => box.ledger.tree.file(id) ?? [])
  const upload = { unitId, unitKind: 'image_group' } as unknown as Parameters<typeof sendBatch>[1]
  await expect(sendBatch(effectTools(box, folder, {}), upload, versionId, files, 0)).rejects.toBeInstanceOf(FileChanged)
})

test('a lost call whose unit is forgotten while its row is asked about leaves a row of nobody', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, unitId, versionId, giveAway } = sentSeries(box)
  ledger.operations.intend(versionId, 'group', PLANTED_MS, null, null)
  ledger.now(() => void ledger.operations.doubtIntents())
  giveAway()
  const row = async (): Promise<RemoteRow> => {
    ledger.now(() => forgetUnit(ledger, unitId))
    return { ...ROW, dataHash: 'row', title: 'ct', type: 'DICOM', members: ['h1', 'h2'] }
  }
  const tools = { ...effectTools(box, folder, {}), remote: { row } }
  await settleOrphans(tools, folder.remoteId, listedOf([{ ...ROW, dataHash: 'row', title: 'ct', type: 'DICOM' }]))
  expect(ledger.versions.get(versionId)).toMatchObject({ remote: 'live', role: 'detached', unitId: null })
  expect(ledger.operations.open()).toEqual([])
})

test.each([
  ['with our note', { folder: 'uid-other', path: 'new/a.jpg', sha256: 'sha-a', linked: null }],
  ['without a note', null],
])('a row %s that a person adopted in a running service is no stranger’s to any other file', async (_how, own) => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  box.unit(folder, 'old/a.jpg', { work: 'unlinked', why: 'the dataset holds such a row', current: null, sha256: 'sha-a' })
  ledger.remotes.addForeign({ remoteId: folder.remoteId, dataHash: 'row', title: 'new/a.jpg', type: 'IMAGE', sizeBytes: 10, own })
  // As of the last listing.
  const foreign = indexForeign(ledger.remotes.foreignRows(folder.remoteId))
  expect((await changes(localParts(box, [folder])).adopt({ none: false, path: null })).linked).toEqual([`${folder.path}/old/a.jpg`])
  const { unitId } = box.unit(folder, 'new/a.jpg', { work: 'waiting', current: null, sha256: 'sha-a' })
  const view = ledger.view(unitId)
  if (view === null) throw new Error('no unit')
  const now = { wallMs: PLANTED_MS, monotonicMs: 0, serverMs: null }
  const disk = { namesIn: () => [] }
  const around = { ledger, disk, folder, remote: ledger.remotes.get(folder.remoteId), policy: policyOf(), fileSystem: 'local' } as const
  expect(contextOf(view, { ...around, looks: openLooks(realClock), foreign, now, awaited: null }).foreign).toEqual([])
})

test('an answer that names a row of another file makes it no row of two, and its file waits for a person', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, unitId, versionId } = sentSeries(box)
  const operationId = ledger.operations.intend(versionId, 'group', PLANTED_MS, null, null)
  const remote = {
    createSeries: async () => {
      // Somebody adopted it meanwhile.
      ledger.now(() =>
        ledger.versions.addDetached({ ...folder, kind: 'dicom_series', dataHash: 'row', title: 'ct', sizeBytes: 10 }, PLANTED_MS),
      )
      return { dataHash: 'row', title: 'ct' }
    },
  } as unknown as EffectTools['remote']
  await createGroup(effectTools(box, folder, { remote }), { unitId, title: 'ct', key: 'ct/1.2' }, versionId, operationId)
  expect(ledger.versions.get(versionId)).toMatchObject({ remote: 'stray', role: 'closed' })
  expect(ledger.units.get(unitId)).toMatchObject({ work: 'rejected', why: expect.stringContaining('the row row') })
  expect(ledger.operations.open()).toEqual([])
})

test('a first contact that becomes due while the dataset is read has it read once more, with the notes on its rows', async () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  ledger.now(() => ledger.remotes.markContacted(folder.remoteId))
  const note = { folder: folder.uid, path: 'a.jpg', sha256: 'sha-a' }
  const listing = async ({ clientMetadata }: { readonly clientMetadata: boolean }) => {
    // A person accepts the ledger.
    if (!clientMetadata) ledger.now(() => ledger.remotes.markDue(folder.remoteId))
    const rows = [{ ...ROW, title: 'renamed.jpg', clientMetadata: clientMetadata ? { encord_sync: note } : null }]
    return { dataset: ledger.remotes.get(folder.remoteId).dataset, title: '', rows }
  }
  const { clock, log, signal } = effectTools(box, folder, {})
  const tools = { ledger, clock, random: Math.random, log, signal, absentGapMs: 1_000 }
  const noDelete = () => Promise.reject(new Error('no DELETE'))
  const link = openRemoteLink(tools, folder.remoteId, { listing, serverTime: () => null } as unknown as Remote, noDelete, () => undefined)
  await link.listing()
  expect(link.foreign().bySha256('sha-a')).toMatchObject([{ dataHash: 'hash-1', own: note }])
})

test('a title that waited for the server, and whose file was renamed again by then, is not written', async () => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const { unitId, versionId } = box.unit(folder, 'c.jpg')
  box.ledger.now(() => box.ledger.versions.setTitleDue(versionId ?? 0, true))
  const effect = { kind: 'retitle', unitId, versionId: versionId ?? 0, title: 'b.jpg', because: '' } as const
  const remote = { updateRow: () => Promise.reject(new Error('nobody calls')) } as unknown as EffectTools['remote']
  expect(await retitle(effectTools(box, folder, { remote, stillPlanned: () => false }), effect)).toEqual({ kind: 'again' })
  expect(box.ledger.versions.get(versionId ?? 0)).toMatchObject({ titleDue: true })
})
