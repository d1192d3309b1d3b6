import { expect, test } from 'vitest'
import { applyListing } from '../../src/sync/listing.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'

const LATER_MS = PLANTED_MS + 3_600_000

test.each([
  { note: 'a folder of the dataset', isOurs: true, kind: 'trusted', remote: 'missing' },
  { note: 'another folder', isOurs: false, kind: 'distrusted', remote: 'live' },
])('a listing that holds none of the rows that are known, but one with the note of $note, is $kind', ({ isOurs, kind, remote }) => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const { versionId } = box.unit(folder, 'a.jpg')
  ledger.remotes.markDue(folder.remoteId)
  const own = { folder: isOurs ? folder.uid : 'another', path: 'b.jpg', sha256: 'b' }
  const row = { dataHash: 'b', title: 'b.jpg', type: 'IMAGE', createdAtMs: null, sizeBytes: 1, members: null }
  const verdict = applyListing(
    { ledger, log: { emit: () => undefined }, wallMs: () => LATER_MS, absentGapMs: 60_000, newestVersion: 0, contactLook: 'only' },
    folder.remoteId,
    {
      dataset: ledger.remotes.get(folder.remoteId).dataset,
      title: '',
      description: '',
      storage: 'CORD_STORAGE',
      rows: [{ ...row, clientMetadata: { encord_sync: own } }],
    },
    LATER_MS,
  )
  expect(verdict.kind).toBe(kind)
  expect(ledger.versions.get(versionId ?? 0)?.remote).toBe(remote)
})
