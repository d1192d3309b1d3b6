import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countsOf } from '../../src/app/counts.ts'
import { LOCAL_FACTS, REMOTE_FACTS, WORK_FACTS } from '../../src/model/unit.ts'
import { LedgerBox } from '../support/ledgerBox.ts'

const recipe = fc.record({
  local: fc.constantFrom(...LOCAL_FACTS),
  work: fc.constantFrom(...WORK_FACTS),
  coming: fc.constantFrom(null, 'ticket' as const, 'sent' as const, 'registering' as const),
  current: fc.constantFrom(null, ...REMOTE_FACTS.filter((fact) => !['ticket', 'sent', 'registering', 'stray'].includes(fact))),
  role: fc.constantFrom('current' as const, 'detached' as const),
  candidate: fc.constantFrom('none', 'collecting', 'held', 'approved'),
})

test.concurrent('the counts add up whatever the facts of the units are', () => {
  using box = new LedgerBox()
  let round = 0
  fc.assert(
    fc.property(fc.array(recipe, { maxLength: 12 }), fc.nat(3), fc.nat(3), (recipes, apart, ignored) => {
      const folder = box.folder(`f${++round}`)
      const { ledger } = box
      recipes.forEach((one, index) => {
        const { versionId } = box.unit(folder, `${index}.jpg`, one)
        if (versionId === null || one.candidate === 'none') return
        ledger.candidates.add(versionId, 'absent', null, 1)
        if (one.candidate === 'collecting') return
        const batch = ledger.candidates.addBatch(folder.id, 'd', 'w', 1)
        ledger.candidates.setBatch(versionId, batch)
        if (one.candidate === 'approved') ledger.candidates.decide(batch, 'approved', 2)
      })
      for (let file = 0; file < apart; file++) box.file(folder, `${file}.txt`, { problem: 'unknown-type' })
      if (ignored > 0) ledger.meta.write(`ignored:${folder.id}`, String(ignored))

      const counts = countsOf(ledger, folder.id)
      const sum = counts.synced + counts.onTheWay + counts.waiting + counts.failed + counts.setAside + counts.ignored
      expect(counts.seen).toBe(sum)
      expect(counts.seen).toBe(recipes.filter(({ local }) => local === 'present' || local === 'unseen').length + apart + ignored)
    }),
    { numRuns: 60 },
  )
})

test.concurrent('a unit that is gone counts as missing, and as held once its delete waits for a person', () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  box.unit(folder, 'there.jpg')
  const { versionId } = box.unit(folder, 'gone.jpg', { local: 'absent' })
  box.ledger.candidates.add(versionId ?? 0, 'absent', null, 1)
  expect(countsOf(box.ledger, folder.id)).toMatchObject({ seen: 1, synced: 1, missing: 1, held: 0 })
  box.ledger.candidates.setBatch(versionId ?? 0, box.ledger.candidates.addBatch(folder.id, 'd', 'w', 1))
  expect(countsOf(box.ledger, folder.id)).toMatchObject({ seen: 1, missing: 1, held: 1 })
})

test.concurrent('a frame that cannot be sent is counted with its group, not twice', () => {
  using box = new LedgerBox()
  const folder = box.folder('in')
  const { unitId } = box.unit(folder, 'g', { kind: 'image_group', work: 'waiting', current: null })
  box.file(folder, 'g/empty.jpg', { unitId, problem: 'empty' })
  expect(countsOf(box.ledger, folder.id)).toMatchObject({ seen: 1, waiting: 1, setAside: 0 })
})
