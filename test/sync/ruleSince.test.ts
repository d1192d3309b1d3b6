import { expect, test } from 'vitest'
import { judgeDeletes } from '../../src/sync/judgeDeletes.ts'
import { noteRule, ruleSince } from '../../src/sync/ruleSince.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { policyOf } from '../support/planWorld.ts'

const GRACE_MS = 120_000
const AHEAD_MS = 3_600_000

test('a rule is what it is since it was another one, by the clock and by the scans', () => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const { ledger } = box
  noteRule(ledger, folder.id, 'on_change', 'hold', PLANTED_MS)
  expect(ruleSince(ledger, folder.id, 'on_change')).toEqual({ ms: 0, scan: 0, look: null })
  const scan = box.scan(folder)
  noteRule(ledger, folder.id, 'on_change', 'replace', PLANTED_MS + 1)
  const look = box.scan(folder, PLANTED_MS + 60_000)
  noteRule(ledger, folder.id, 'on_change', 'replace', PLANTED_MS + 2)
  expect(ruleSince(ledger, folder.id, 'on_change')).toEqual({ ms: PLANTED_MS + 1, scan, look })
  expect(ruleSince(ledger, folder.id, 'mode')).toEqual({ ms: 0, scan: 0, look: scan })
  // As it was noted before scans were.
  ledger.meta.write(`on_change:${folder.id}`, JSON.stringify({ onChange: 'keep', sinceMs: 5 }))
  expect(ruleSince(ledger, folder.id, 'on_change')).toMatchObject({ ms: 5, scan: 0 })
  noteRule(ledger, folder.id, 'on_change', 'keep', PLANTED_MS + 3)
  expect(ruleSince(ledger, folder.id, 'on_change')).toMatchObject({ ms: 5, scan: 0 })
})

test('a rule that nobody noted while the folder was looked at may be new, unless the ledger tells what it was', () => {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const { ledger } = box
  const scan = box.scan(folder)
  noteRule(ledger, folder.id, 'group_incomplete', 'skip', PLANTED_MS + 1)
  expect(ruleSince(ledger, folder.id, 'group_incomplete')).toEqual({ ms: PLANTED_MS + 1, scan, look: null })
  noteRule(ledger, folder.id, 'mode', 'propagate', PLANTED_MS + 1, 'propagate')
  expect(ruleSince(ledger, folder.id, 'mode')).toMatchObject({ ms: 0, scan: 0 })
})

/** A file that is gone, the mode set to `propagate`, and two looks that prove the absence. */
function verdictAfterChange(order: 'gone first' | 'changed first') {
  using box = new LedgerBox()
  const folder = box.folder('IN')
  const { ledger } = box
  for (const name of ['b.jpg', 'c.jpg']) box.unit(folder, name)
  const { unitId, versionId, fileIds } = box.unit(folder, 'a.jpg')
  noteRule(ledger, folder.id, 'mode', 'never', PLANTED_MS)
  const gone = (endedMs: number): void => {
    const scan = box.scan(folder, endedMs)
    ledger.units.setLocal(unitId, 'absent')
    const absence = { ancestor: '', ctimeBeforeNs: '1', ctimeAfterNs: '2', unchanged: 0 }
    for (const id of fileIds) ledger.tree.setFileLocal(id, 'absent', scan, absence)
    ledger.candidates.add(versionId ?? 0, 'absent', null, endedMs)
  }
  // Until here the clock is an hour ahead.
  box.scan(folder, PLANTED_MS + AHEAD_MS)
  if (order === 'gone first') gone(PLANTED_MS + AHEAD_MS + 10_000)
  ledger.folders.setDeleteMode(folder.id, 'propagate', PLANTED_MS + 20_000)
  noteRule(ledger, folder.id, 'mode', 'propagate', PLANTED_MS + 20_000)
  box.scan(folder, PLANTED_MS + 25_000)
  if (order === 'changed first') gone(PLANTED_MS + 28_000)
  const [firstMs, secondMs] = [PLANTED_MS + 30_000, PLANTED_MS + 32_000 + GRACE_MS]
  ledger.candidates.setFirst(versionId ?? 0, { id: box.scan(folder, firstMs), atMs: firstMs })
  ledger.candidates.setSecond(versionId ?? 0, box.scan(folder, secondMs))
  const now = { wallMs: secondMs + 1_000, monotonicMs: 0, serverMs: secondMs + 1_000 }
  return judgeDeletes(ledger, ledger.folders.get(folder.id), policyOf(), now, 'local', GRACE_MS)[0]?.verdict
}

test('a clock that is set back before deletes.mode becomes milder makes no absence a newer one', () => {
  expect(verdictAfterChange('gone first')).toMatchObject({ kind: 'hold', rule: 'mode' })
  expect(verdictAfterChange('changed first')).toMatchObject({ kind: 'delete' })
})
