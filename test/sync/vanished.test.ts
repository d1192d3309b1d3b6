import { expect, test } from 'vitest'
import { openVanished } from '../../src/sync/vanished.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'

test.each([
  { shape: 'file', kind: 'image', key: 'a.jpg', frame: null, path: 'a.jpg' },
  { shape: 'dir', kind: 'image_group', key: 'run', frame: '1.jpg', path: 'run/1.jpg' },
  { shape: 'series', kind: 'dicom_series', key: 'ct/1.2.3', frame: '1.dcm', path: 'ct/1.dcm' },
] as const)('no scan lacked the path of a $kind as long as a file of another unit stood there', ({ shape, kind, key, frame, path }) => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('in')
  const { id: remoteId } = ledger.remotes.get(folder.remoteId)
  const unitId = ledger.units.ensure(folder.id, shape, key, kind, PLANTED_MS)
  ledger.units.setLocal(unitId, 'absent')
  const row = { unitId, remoteId, kind, title: key, sizeBytes: 10, dataHash: 'hash', part: 0, content: 'sha', metadataDue: false }
  const versionId = ledger.versions.addLive(row, PLANTED_MS)
  const other = ledger.tree.file(box.file(folder, path))
  if (other === null) throw new Error('no file')
  if (frame !== null) ledger.versions.setFrames(versionId, [{ fileId: other.id, name: frame, sizeBytes: 10 }])
  ledger.candidates.add(versionId, 'absent', null, PLANTED_MS)
  ledger.candidates.setFirst(versionId, { id: box.scan(folder), atMs: PLANTED_MS })

  const elsewhere = openVanished(ledger, remoteId)
  elsewhere.left({ ...other, path: 'another.jpg' })
  elsewhere.restartProofs()
  expect(ledger.candidates.get(versionId)?.firstScan).not.toBeNull()

  const vanished = openVanished(ledger, remoteId)
  vanished.left(other)
  vanished.restartProofs()
  expect(ledger.candidates.get(versionId)?.firstScan).toBeNull()
})
