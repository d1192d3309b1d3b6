import { expect, test } from 'vitest'
import { LedgerBox } from '../support/ledgerBox.ts'

test.each([
  // It may be what a row lost, under a name or in a folder that sends none of it.
  [null, 'unsettled'],
  ['unknown-type', 'unsettled'],
  ['not-utf8', 'unsettled'],
  ['dicom', 'unsettled'],
  ['not-dicom', 'unsettled'],
  ['no-series', 'unsettled'],
  ['sidecar', 'none'],
  ['symlink', 'none'],
])('a file of the size that was not read, with the problem %s: %s', (problem, expected) => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  box.file(folder, 'a', { sha256: null, sizeBytes: 77, problem })
  expect(box.ledger.tree.unsettledOfSize(77, folder.remoteId) === null ? 'none' : 'unsettled').toBe(expected)
  expect(box.ledger.tree.unsettledOfSize(78, folder.remoteId)).toBeNull()
})
