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

test('a group that an ignore rule leaves out stands there with its content, with or without a frame that is left out for its bytes, and with no other one', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const folder = box.folder('IN')
  const { unitId, fileIds } = box.unit(folder, 'g', { kind: 'image_group', frames: ['g/1.jpg', 'g/2.jpg'] })
  const [first = 0, second = 0] = fileIds
  const shaOf = (id: number): string => ledger.tree.file(id)?.sha256 ?? ''
  const whole = groupContent([shaOf(first), shaOf(second)])
  const part = groupContent([shaOf(first)])
  const where = (content: string) => {
    const unit = ledger.units.get(unitId)
    return unit === null ? null : standing(ledger, unit, { content, sizeBytes: null })
  }
  ledger.now(() => {
    for (const id of fileIds) ledger.tree.setFileLocal(id, 'excluded', null, null)
    ledger.units.setLocal(unitId, 'excluded')
  })
  expect([where(whole), where(part)]).toEqual(['there', 'vacated'])
  ledger.now(() =>
    ledger.tree.setLook(second, { kind: 'image', format: 'jpg', mime: 'image/jpeg', whole: { kind: 'cut', why: 'it ends early' } }),
  )
  expect([where(whole), where(part)]).toEqual(['there', 'there'])
  ledger.now(() => ledger.tree.setFileLocal(second, 'absent', null, null))
  expect([where(whole), where(part)]).toEqual(['vacated', 'there'])
})
