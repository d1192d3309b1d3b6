import { expect, test } from 'vitest'
import { reviewCandidates } from '../../src/sync/candidates.ts'
import { applyJudgement, judgeDeletes, judgeUndecided } from '../../src/sync/judgeDeletes.ts'
import type { LedgerPort } from '../../src/sync/ledgerPort.ts'
import { openLooks } from '../../src/sync/looks.ts'
import type { Judged } from '../../src/sync/plan/deleteLimit.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { policyOf } from '../support/planWorld.ts'
import { realClock } from '../support/realClock.ts'

const NOW = { wallMs: PLANTED_MS + 60_000, monotonicMs: 0, serverMs: null }
const GRACE_MS = 1_000

/** A folder with rows whose files are gone, proven, and with older rows that wait for a person. */
function filled(box: LedgerBox): { readonly folder: FolderRecord; readonly gone: readonly number[]; readonly older: readonly number[] } {
  const { ledger } = box
  const folder = box.folder('IN')
  const [first, second] = [box.scan(folder, PLANTED_MS + 1_000), box.scan(folder, PLANTED_MS + 10_000)]
  const prove = (versionId: number, why: 'absent' | 'superseded'): void => {
    ledger.candidates.add(versionId, why, { id: first, atMs: PLANTED_MS + 1_000 }, PLANTED_MS)
    ledger.candidates.setSecond(versionId, second)
  }
  const gone = ['x.jpg', 'y.jpg'].map((key) => box.unit(folder, key, { local: 'absent', sizeBytes: 77 }).versionId ?? 0)
  for (const id of gone) prove(id, 'absent')
  const older = Array.from({ length: 30 }, (_, i) => {
    const { unitId } = box.unit(folder, `changed-${i}.jpg`)
    const row = { unitId, remoteId: folder.remoteId, kind: 'image', title: 'old', sizeBytes: 9, content: `old-${i}` } as const
    const id = ledger.versions.addLive({ ...row, part: 1, dataHash: `old-${i}`, metadataDue: false }, PLANTED_MS)
    ledger.versions.setRole(id, 'superseded')
    prove(id, 'superseded')
    return id
  })
  const batch = ledger.candidates.addBatch(folder.id, 'digest', 'a newer version took its place', PLANTED_MS)
  for (const id of older) ledger.candidates.setBatch(id, batch)
  return { folder, gone, older }
}

function around(folder: FolderRecord) {
  return {
    folder,
    policy: policyOf({}, { limit: { count: 50, percent: 100, perMs: 86_400_000 } }),
    now: NOW,
    fileSystem: 'local',
    graceMs: GRACE_MS,
  } as const
}

function verdicts(judged: readonly Judged[], ids: readonly number[]): readonly string[] {
  return judged.flatMap(({ view, verdict }) => (ids.includes(view.version.id) ? [`${view.version.id} ${verdict.kind}`] : []))
}

/** Units whose files were looked up, one by one. */
function counted(ledger: LedgerPort, asked: number[]): LedgerPort {
  const filesOfUnit = (unitId: number) => {
    asked.push(unitId)
    return ledger.tree.filesOfUnit(unitId)
  }
  return { ...ledger, tree: { ...ledger.tree, filesOfUnit } }
}

test('older rows that wait for a person are not looked at again and again, and change nothing for the others', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, gone, older } = filled(box)
  const { policy, graceMs } = around(folder)
  const all = judgeDeletes(ledger, folder, policy, NOW, 'local', graceMs)
  expect(verdicts(all, gone)).toEqual(gone.map((id) => `${id} delete`))
  expect(all).toHaveLength(gone.length + older.length)

  const asked: number[] = []
  const { judged } = judgeUndecided(counted(ledger, asked), around(folder), null)
  expect(judged).toEqual(all.filter(({ view }) => gone.includes(view.version.id)))
  expect(asked).toHaveLength(gone.length)
})

test('a scan looks at none of them either, but for a clock that was set back', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, gone, older } = filled(box)
  const review = (scanId: number): number => {
    const asked: number[] = []
    const tools = { ledger: counted(ledger, asked), looks: openLooks(realClock), log: { emit: () => undefined }, wallMs: () => NOW.wallMs }
    reviewCandidates(tools, folder, scanId, new Set(), GRACE_MS)
    return asked.length
  }
  expect(review(box.scan(folder, PLANTED_MS + 20_000))).toBe(gone.length)
  const back = box.scan(folder, PLANTED_MS - 60_000)
  expect(review(back)).toBe(gone.length + older.length)
  expect(ledger.candidates.get(older[0] ?? 0)).toMatchObject({ firstScan: back, secondScan: null })
})

test('nor is what on_change keeps, once that was said of it, until the rules are others', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, gone, older } = filled(box)
  for (const id of older) {
    ledger.candidates.setBatch(id, null)
    ledger.versions.markListed(folder.remoteId, ledger.versions.ofUnit(ledger.versions.get(id)?.unitId ?? 0)[0]?.dataHash ?? '', NOW.wallMs)
  }
  const judged = (onChange: 'keep' | 'hold', mode: 'propagate' | 'hold' = 'propagate') =>
    judgeUndecided(ledger, { ...around(folder), policy: policyOf({ onChange }, { mode }) }, null).judged
  const first = judged('keep')
  expect(first).toHaveLength(gone.length + older.length)
  applyJudgement({ ledger, log: { emit: () => undefined }, wallMs: () => NOW.wallMs }, folder, first)
  expect(judged('keep')).toHaveLength(gone.length)
  expect(judged('hold')).toHaveLength(gone.length + older.length)
  expect(judged('keep', 'hold')).toHaveLength(gone.length + older.length)
})

test('what a person approved, and what lost its place, is looked at', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, gone, older } = filled(box)
  const [approved, displaced] = older as [number, number]
  const batch = ledger.candidates.addBatch(folder.id, 'digest', 'why', PLANTED_MS)
  ledger.candidates.setBatch(approved, batch)
  ledger.candidates.decide(batch, 'approved', NOW.wallMs - 1_000)
  ledger.versions.markListed(folder.remoteId, 'hash-3', PLANTED_MS + 1)
  const unitId = ledger.versions.get(displaced)?.unitId ?? 0
  ledger.units.rekey(unitId, folder.id, `\u0000changed-1.jpg#${unitId}`)
  const { judged } = judgeUndecided(ledger, around(folder), null)
  expect(judged.map(({ view }) => view.version.id).sort()).toEqual([...gone, approved, displaced].sort())
})

test('right before a call only what is to go is looked at anew, however many wait with it, and the limit holds', () => {
  using box = new LedgerBox()
  const { ledger } = box
  const { folder, gone } = filled(box)
  const [x, y] = gone as [number, number]
  const before = judgeUndecided(ledger, around(folder), null)

  const asked: number[] = []
  const again = judgeUndecided(counted(ledger, asked), around(folder), { versionIds: new Set([x]), before })
  expect(again.judged).toEqual(before.judged)
  expect(asked).toEqual([ledger.versions.get(x)?.unitId])

  // What was found meanwhile of the one that is to go counts; so does what went, and what came.
  ledger.units.setLocal(ledger.versions.get(x)?.unitId ?? 0, 'present')
  expect(verdicts(judgeUndecided(ledger, around(folder), { versionIds: new Set([x]), before }).judged, gone)).toEqual([
    `${x} cancel`,
    `${y} delete`,
  ])
  ledger.candidates.remove(y)
  expect(verdicts(judgeUndecided(ledger, around(folder), { versionIds: new Set([x]), before }).judged, gone)).toEqual([`${x} cancel`])
  const more = Array.from({ length: 51 }, (_, i) => box.unit(folder, `z-${i}.jpg`, { local: 'absent' }).versionId ?? 0)
  for (const id of more) ledger.candidates.add(id, 'absent', null, PLANTED_MS)
  const full = judgeUndecided(ledger, around(folder), { versionIds: new Set([y]), before })
  expect(full.judged.filter(({ verdict }) => verdict.kind === 'delete')).toEqual([])
})
