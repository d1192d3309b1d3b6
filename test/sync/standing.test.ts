import { expect, test } from 'vitest'
import { groupContent } from '../../src/sync/plan/groupContent.ts'
import { standing } from '../../src/sync/standing.ts'
import { LedgerBox } from '../support/ledgerBox.ts'

test('a group of which a frame is written anew may hold its content again; once it is settled without that one, it does not', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const { unitId, fileIds } = box.unit(folder, 'g', { kind: 'image_group', frames: ['g/1.jpg', 'g/2.jpg'] })
  const content = groupContent(fileIds.map((id) => ledger.tree.file(id)?.sha256 ?? ''))
  const where = () => {
    const unit = ledger.units.get(unitId)
    return unit === null ? null : standing(ledger, unit, { content, sizeBytes: null })
  }
  expect(where()).toBe('there')
  const [, second = 0] = fileIds
  const stamp = ledger.tree.file(second)?.stamp
  if (stamp === undefined) throw new Error('no frame')
  ledger.now(() => {
    ledger.tree.seeFile(second, { ...stamp, sizeBytes: 0 }, 'empty', 'doubtful')
    ledger.units.setWork(unitId, 'waiting', 'it changed on disk', 0)
  })
  expect(where()).toBe('unknown')
  ledger.now(() => ledger.units.setWork(unitId, 'none', '', 0))
  expect(where()).toBe('vacated')
})
