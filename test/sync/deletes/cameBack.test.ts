import { expect, test } from 'vitest'
import { rowsWithoutFile } from '../../../src/app/drift.ts'
import { applyListing } from '../../../src/sync/listing.ts'
import { forgetUnit } from '../../../src/sync/notes.ts'
import type { FolderRecord } from '../../../src/sync/records.ts'
import { LedgerBox, PLANTED_MS } from '../../support/ledgerBox.ts'

const GAP_MS = 60_000

/** Reads a dataset that holds just these rows. */
function list(box: LedgerBox, folder: FolderRecord, hashes: readonly string[], atMs: number): void {
  const { ledger } = box
  const { dataset } = ledger.remotes.get(folder.remoteId)
  const row = { title: 't', type: 'IMAGE', createdAtMs: null, sizeBytes: 1, clientMetadata: null, members: null }
  const rows = hashes.map((dataHash) => ({ ...row, dataHash }))
  const tools = { ledger, log: { emit: () => undefined }, wallMs: () => atMs, absentGapMs: GAP_MS }
  const verdict = applyListing(
    { ...tools, contactLook: 'only' as const, newestVersion: 0 },
    folder.remoteId,
    { dataset, title: '', description: '', storage: 'CORD_STORAGE', rows },
    atMs,
  )
  expect(verdict.kind).toBe('trusted')
}

function filled(box: LedgerBox) {
  const { ledger } = box
  const folder = box.folder('IN')
  ledger.now(() => ledger.remotes.markContacted(folder.remoteId))
  const { unitId, versionId, dataHash } = box.unit(folder, 'a.jpg')
  const made = {
    unitId,
    remoteId: folder.remoteId,
    kind: 'image',
    title: 'old',
    sizeBytes: 9,
    part: 1,
    content: 'old',
    metadataDue: false,
  } as const
  const older = ledger.versions.addLive({ ...made, dataHash: 'older' }, PLANTED_MS)
  ledger.versions.setRole(older, 'superseded')
  ledger.candidates.add(older, 'superseded', null, PLANTED_MS)
  return { folder, unitId, currentId: versionId ?? 0, current: dataHash ?? '', older }
}

test('an older row that lacked in a listing and is there again waits for a person, whatever on_change says', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, current, older } = filled(box)
  list(box, folder, [current], PLANTED_MS + 2 * GAP_MS)
  expect(ledger.versions.get(older)).toMatchObject({ remote: 'missing', role: 'closed' })
  expect(ledger.candidates.get(older)).toBeNull()
  list(box, folder, [current, 'older'], PLANTED_MS + 3 * GAP_MS)
  expect(ledger.versions.get(older)).toMatchObject({ remote: 'live', role: 'superseded' })
  const [batch] = ledger.candidates.batches(folder.id)
  expect(batch).toMatchObject({ decision: null, why: 'it lacked in a listing of the dataset, and is there again' })
  expect(ledger.candidates.inBatch(batch?.id ?? 0).map(({ versionId }) => versionId)).toEqual([older])
})

test('so does a row that a newer one took the place of while it was missing', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, currentId, unitId, current, older } = filled(box)
  list(box, folder, ['older'], PLANTED_MS + 2 * GAP_MS)
  expect(ledger.versions.get(currentId)).toMatchObject({ remote: 'missing', role: 'current' })
  // Sent again, as a person asked for.
  ledger.versions.setRole(currentId, 'closed')
  const made = {
    unitId,
    remoteId: folder.remoteId,
    kind: 'image',
    title: 'a.jpg',
    sizeBytes: 9,
    part: 0,
    content: 'new',
    metadataDue: false,
  } as const
  ledger.versions.addLive({ ...made, dataHash: 'newer' }, PLANTED_MS + 2 * GAP_MS)
  list(box, folder, ['older', 'newer', current], PLANTED_MS + 4 * GAP_MS)
  expect(ledger.versions.get(currentId)).toMatchObject({ remote: 'live', role: 'superseded', unitId })
  expect(
    ledger.candidates
      .batches(folder.id)
      .flatMap(({ id }) => ledger.candidates.inBatch(id))
      .map(({ versionId }) => versionId),
  ).toEqual([currentId])
  expect(ledger.candidates.get(older)).not.toBeNull()
})

test('so does a deleted row that is there again, once the server refused the person who wanted it deleted once more', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, current, older } = filled(box)
  ledger.candidates.remove(older)
  ledger.versions.retire(older, 'gone', 'closed')
  // What `delete HASH` leaves of it where the answer was no.
  ledger.versions.setRemote(older, 'live')
  list(box, folder, [current, 'older'], PLANTED_MS + 2 * GAP_MS)
  expect(ledger.versions.get(older)).toMatchObject({ remote: 'live', role: 'superseded' })
  expect(ledger.candidates.batches(folder.id)).toHaveLength(1)
})

test('older rows of a folder that left the config are listed with its others', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, current, currentId, older } = filled(box)
  const listed = () =>
    rowsWithoutFile(ledger, folder.remoteId, new Set([current, 'older']), new Map()).map(({ dataHash, why }) => [dataHash, why])
  expect(listed()).toEqual([])
  ledger.folders.unconfigure(folder.id)
  ledger.versions.setRole(currentId, 'detached')
  expect(listed().sort()).toEqual([current, 'older'].map((hash) => [hash, 'it is kept, and no longer followed']).sort())
  expect(ledger.versions.get(older)?.role).toBe('superseded')
})

test('a row whose unit was forgotten meanwhile is listed as one that is no longer followed', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, unitId, currentId, current } = filled(box)
  const other = box.unit(folder, 'b.jpg').dataHash ?? ''
  list(box, folder, [other], PLANTED_MS + 2 * GAP_MS)
  forgetUnit(ledger, unitId)
  expect(ledger.versions.get(currentId)).toMatchObject({ remote: 'missing', role: 'closed', unitId: null })
  list(box, folder, [other, current], PLANTED_MS + 3 * GAP_MS)
  expect(rowsWithoutFile(ledger, folder.remoteId, new Set([current, other]), new Map())).toMatchObject([
    { class: 'file-gone', dataHash: current, why: 'it is kept, and no longer followed', next: `encord-sync delete ${current}` },
  ])
})

test('a row that no listing showed yet is taken for removed only once none can lag any more; one that was listed, at once', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, currentId, current, older } = filled(box)
  const stays = box.unit(folder, 'b.jpg').dataHash ?? ''
  const remotes = (): unknown[] => [currentId, older].map((id) => ledger.versions.get(id)?.remote)
  list(box, folder, [stays, current], PLANTED_MS + GAP_MS)
  expect(remotes()).toEqual(['live', 'live'])
  list(box, folder, [stays], PLANTED_MS + GAP_MS)
  expect(remotes()).toEqual(['missing', 'live'])
  list(box, folder, [stays], PLANTED_MS + GAP_MS + 1)
  expect(remotes()).toEqual(['missing', 'missing'])
})
