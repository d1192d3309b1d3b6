import { expect, test } from 'vitest'
import { applyListing } from '../../src/sync/listing.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'

const LATER_MS = PLANTED_MS + 3_600_000

type Listed = { readonly dataHash: string; readonly note: string }

const noted = (uid: string): Listed => ({ dataHash: 'unknown', note: uid })

function givenUp(box: LedgerBox, folder: FolderRecord): Listed {
  const { versionId, dataHash } = box.unit(folder, 'given-up.jpg')
  box.ledger.versions.retire(versionId ?? 0, 'stray', 'closed')
  return { dataHash: dataHash ?? '', note: '' }
}

test.each([
  { row: 'one with the note of a folder of the dataset', listed: (_box: LedgerBox, { uid }: FolderRecord) => noted(uid), kind: 'trusted' },
  { row: 'one that was given up', listed: givenUp, kind: 'trusted' },
  { row: 'one with the note of another folder', listed: () => noted('another'), kind: 'distrusted' },
])('a listing without a live row of ours, but with $row, is $kind', ({ listed, kind }) => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const { versionId } = box.unit(folder, 'a.jpg')
  const { dataHash, note } = listed(box, folder)
  const row = { dataHash, title: 'b.jpg', type: 'IMAGE', createdAtMs: null, sizeBytes: 1, members: null }
  const { dataset } = ledger.remotes.get(folder.remoteId)
  const clientMetadata = { encord_sync: { folder: note, path: 'b.jpg', sha256: 'b' } }
  const verdict = applyListing(
    { ledger, log: { emit: () => undefined }, wallMs: () => LATER_MS, absentGapMs: 60_000, newestVersion: 0, contactLook: 'only' },
    folder.remoteId,
    { dataset, title: '', description: '', storage: 'CORD_STORAGE', rows: [{ ...row, clientMetadata }] },
    LATER_MS,
  )
  expect(verdict.kind).toBe(kind)
  expect(ledger.versions.get(versionId ?? 0)?.remote).toBe(kind === 'trusted' ? 'missing' : 'live')
})
