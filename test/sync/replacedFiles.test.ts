import { expect, test } from 'vitest'
import { noteReplacedFiles, replacedFiles } from '../../src/sync/replacedFiles.ts'
import { LedgerBox } from '../support/ledgerBox.ts'

test('of what stood at a path one file is noted, however often it is saved', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { unitId, versionId } = box.unit(box.folder('IN'), 'a.jpg')
  const version = ledger.versions.get(versionId ?? 0)
  for (const ino of ['71', '72', '73']) {
    const [known] = ledger.tree.filesOfUnit(unitId)
    if (known === undefined || version === null) throw new Error('no file')
    const stamp = { ...known.stamp, ino, birthNs: `9${ino}` }
    noteReplacedFiles(ledger, [{ kind: 'changed', known, stamp, problem: null }], new Set())
    ledger.tree.seeFile(known.id, stamp, null, 'doubtful')
  }
  expect(version === null ? [] : replacedFiles(ledger, version)).toHaveLength(1)
})
