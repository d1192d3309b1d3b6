import { expect, test } from 'vitest'
import { noteReplacedFiles, replacedFiles } from '../../src/sync/replacedFiles.ts'
import { LedgerBox } from '../support/ledgerBox.ts'

test.each([
  ['one file is noted, however often it is saved with another size', 'doubtful', 1, []],
  ['the first file is noted and, until all folders were looked at, each that held the same', 'kept', 0, ['72', '73']],
  [
    'the first file is noted and, until all folders were looked at, each that was not read and has the same size',
    'doubtful',
    0,
    ['72', '73'],
  ],
] as const)('of what stood at a path %s', (_, content, moreBytes, later) => {
  using box = new LedgerBox()
  const { ledger } = box
  const { unitId, versionId } = box.unit(box.folder('IN'), 'a.jpg')
  const version = ledger.versions.get(versionId ?? 0)
  for (const ino of ['71', '72', '73', '74']) {
    const [known] = ledger.tree.filesOfUnit(unitId)
    if (known === undefined || version === null) throw new Error('no file')
    const stamp = { ...known.stamp, ino, birthNs: `9${ino}`, sizeBytes: known.stamp.sizeBytes + moreBytes }
    noteReplacedFiles(ledger, [{ kind: 'changed', known, stamp, problem: null }])
    ledger.tree.seeFile(known.id, stamp, null, content)
  }
  const noted = version === null ? [] : replacedFiles(ledger, version)
  expect(noted.slice(1).map(({ ino }) => ino)).toEqual(later)
  expect(noted.slice(0, 1)).toHaveLength(1)
})
