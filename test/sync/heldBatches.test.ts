import fc from 'fast-check'
import { expect, test } from 'vitest'
import { approveBatch, rejectBatch } from '../../src/app/decideBatch.ts'
import { reviewCandidates } from '../../src/sync/candidates.ts'
import { clockSkew } from '../../src/sync/deleter.ts'
import { batchDigest } from '../../src/sync/heldBatch.ts'
import { applyJudgement, judgeDeletes } from '../../src/sync/judgeDeletes.ts'
import { openLooks } from '../../src/sync/looks.ts'
import { APPROVAL_MS } from '../../src/sync/plan/deletePlan.ts'
import type { FolderRecord, ScanRecord } from '../../src/sync/records.ts'
import { LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { localParts, NOW_MS } from '../support/localParts.ts'
import { policyOf } from '../support/planWorld.ts'
import { realClock } from '../support/realClock.ts'

const SILENT = { emit: () => undefined }
const GRACE_MS = 120_000
const LIMIT = 2
const POLICY = policyOf({}, { limit: { count: LIMIT, percent: 100, perMs: 86_400_000 } })

/** A ledger with `count` synced files in one folder, and what a person and the scans may do to them. */
class HeldBox implements Disposable {
  readonly box = new LedgerBox()
  readonly folder: FolderRecord
  readonly units: ReturnType<LedgerBox['unit']>[]

  constructor(count: number) {
    this.folder = this.box.folder('IN')
    // Deletes were wanted before anything was gone.
    this.box.scan(this.folder, PLANTED_MS + 2_000)
    this.units = Array.from({ length: count }, (_, index) => this.box.unit(this.folder, `f${index}.jpg`))
  }

  get ledger() {
    return this.box.ledger
  }

  /** The file is gone, and two whole scans have said so. */
  lose(index: number): void {
    const { ledger, folder } = this
    const unit = this.units[index]
    if (unit?.versionId == null || ledger.versions.get(unit.versionId)?.remote !== 'live') return
    ledger.units.setLocal(unit.unitId, 'absent')
    const first = this.box.scan(folder, PLANTED_MS)
    for (const id of unit.fileIds) {
      ledger.tree.setFileLocal(id, 'absent', first, { ancestor: '', ctimeBeforeNs: '1', ctimeAfterNs: '2', unchanged: 0 })
    }
    if (ledger.candidates.get(unit.versionId) !== null || ledger.versions.get(unit.versionId)?.role !== 'current') return
    ledger.candidates.add(unit.versionId, 'absent', { id: first, atMs: PLANTED_MS }, PLANTED_MS)
    ledger.candidates.setSecond(unit.versionId, this.box.scan(folder, PLANTED_MS + GRACE_MS + 1_000))
  }

  /** The file is there again. */
  findAgain(index: number): void {
    const unit = this.units[index]
    if (unit === undefined) return
    this.ledger.units.setLocal(unit.unitId, 'present')
    for (const id of unit.fileIds) this.ledger.tree.setFileLocal(id, 'present', null, null)
  }

  /** Another content stands at the path, with a row of its own that was listed, and two whole scans have seen it there. */
  replace(index: number): void {
    const { ledger, folder } = this
    const unit = this.units[index]
    if (unit?.versionId == null) throw new Error('no unit')
    ledger.versions.setRole(unit.versionId, 'superseded')
    for (const id of unit.fileIds) ledger.tree.setSha(id, 'sha-newer', false)
    const newer = {
      unitId: unit.unitId,
      remoteId: folder.remoteId,
      kind: 'image',
      title: 'newer',
      sizeBytes: 1,
      dataHash: 'newer',
    } as const
    ledger.versions.addLive({ ...newer, part: 0, content: 'sha-newer', metadataDue: false }, PLANTED_MS)
    ledger.versions.markListed(folder.remoteId, 'newer', PLANTED_MS + 1)
    const first = this.box.scan(folder, PLANTED_MS)
    ledger.candidates.add(unit.versionId, 'superseded', { id: first, atMs: PLANTED_MS }, PLANTED_MS)
    ledger.candidates.setSecond(unit.versionId, this.box.scan(folder, PLANTED_MS + GRACE_MS + 1_000))
  }

  /** @returns hashes that may be deleted now, after one more look */
  judge(wallMs = NOW_MS, policy = POLICY): readonly string[] {
    this.box.scan(this.folder, wallMs)
    const now = { wallMs, monotonicMs: 0, serverMs: wallMs }
    const judged = judgeDeletes(this.ledger, this.folder, policy, now, 'local', GRACE_MS)
    const ready = applyJudgement({ ledger: this.ledger, log: SILENT, wallMs: () => wallMs }, this.folder, judged)
    return ready.map((id) => this.ledger.versions.get(id)?.dataHash ?? '')
  }

  /** Sends what may go, as the deleter records it. */
  send(hashes: readonly string[]): void {
    for (const hash of hashes) {
      const version = this.ledger.versions.byHash(this.folder.remoteId, hash)
      if (version === null) throw new Error(hash)
      const approved = this.ledger.candidates.get(version.id)?.batchId != null
      this.ledger.candidates.remove(version.id)
      this.ledger.versions.retire(version.id, 'gone', 'closed')
      this.ledger.history.add({
        atMs: NOW_MS,
        folderId: this.folder.id,
        verb: 'deleted',
        dataHash: hash,
        key: null,
        files: 1,
        approved,
        detail: {},
      })
    }
  }

  /** The batches that wait for a person, with what they show. */
  shown(): { readonly id: number; readonly digest: string; readonly hashes: readonly string[] }[] {
    const { candidates, versions } = this.ledger
    return candidates
      .batches(this.folder.id)
      .filter((batch) => batch.decision === null)
      .map(({ id, digest }) => ({ id, digest, hashes: candidates.inBatch(id).map((one) => versions.get(one.versionId)?.dataHash ?? '') }))
  }

  [Symbol.dispose](): void {
    this.box[Symbol.dispose]()
  }
}

test('more than the limit is one frozen batch; later ones open the next, and those that came back leave it', () => {
  using held = new HeldBox(10)
  for (const index of [0, 1]) held.lose(index)
  expect(held.judge()).toHaveLength(2)
  held.lose(2)
  expect(held.judge()).toEqual([])
  const [first] = held.shown()
  expect(first?.hashes).toHaveLength(3)
  for (const index of [3, 4, 5]) held.lose(index)
  expect(held.judge()).toEqual([])
  expect(held.shown().map(({ hashes }) => hashes.length)).toEqual([3, 3])
  expect(held.shown()[0]).toEqual(first)
  held.findAgain(0)
  expect(held.judge()).toEqual([])
  expect(held.shown()[0]?.hashes).toEqual(first?.hashes.slice(1))
  expect(held.shown()[0]?.digest).toBe(first?.digest)
})

/** Three files are gone, and their rows wait in one batch. */
function heldThree(held: HeldBox) {
  for (const index of [0, 1, 2]) held.lose(index)
  held.judge()
  const [batch] = held.shown()
  if (batch === undefined) throw new Error('no batch')
  return batch
}

test('an approval that ended lets nothing go, and what is left is shown in a batch that can be decided', () => {
  using held = new HeldBox(10)
  const batch = heldThree(held)
  approveBatch(localParts(held.box, [held.folder]), batch)
  expect(held.judge()).toHaveLength(3)
  expect(held.judge(NOW_MS + APPROVAL_MS)).toEqual([])
  const [again] = held.shown()
  expect(again).toMatchObject({ digest: batch.digest, hashes: batch.hashes })
  expect(again?.id).not.toBe(batch.id)
})

test('an approval given while the clock was ahead is over once it is right, and what is left can be decided', () => {
  using held = new HeldBox(10)
  const batch = heldThree(held)
  approveBatch({ ...localParts(held.box, [held.folder]), wallMs: () => NOW_MS + 30 * APPROVAL_MS }, batch)
  expect(held.judge()).toEqual([])
  expect(held.shown()).toMatchObject([{ digest: batch.digest, hashes: batch.hashes }])
})

type Step = { readonly what: 'lose' | 'find' | 'judge' | 'approve' | 'reject'; readonly at: number }

test('analysis 10: whatever returns, vanishes, is approved or rejected: beyond the limit only what was shown and approved goes, and nothing rejected', () => {
  const steps = fc.array(
    fc.record<Step>({ what: fc.constantFrom('lose', 'lose', 'lose', 'find', 'judge', 'approve', 'reject'), at: fc.nat({ max: 7 }) }),
    { minLength: 5, maxLength: 25 },
  )
  let [approvedSent, unaskedSent] = [0, 0]
  fc.assert(
    fc.property(steps, (list) => {
      using held = new HeldBox(8)
      const parts = localParts(held.box, [held.folder])
      const approved = new Set<string>()
      const rejected = new Set<string>()
      let unasked = 0
      for (const step of list) {
        if (step.what === 'lose') held.lose(step.at)
        else if (step.what === 'find') held.findAgain(step.at)
        else if (step.what === 'approve' || step.what === 'reject') {
          const shown = held.shown()
          const batch = shown[step.at % Math.max(1, shown.length)]
          if (batch === undefined) continue
          if (step.what === 'approve') approveBatch(parts, batch)
          else rejectBatch(parts, batch.id)
          for (const hash of batch.hashes) (step.what === 'approve' ? approved : rejected).add(hash)
        }
        const ready = held.judge()
        for (const hash of ready) {
          expect(rejected.has(hash) && !approved.has(hash)).toBe(false)
          if (approved.has(hash)) approvedSent++
          else unasked++
        }
        unaskedSent += unasked
        expect(unasked).toBeLessThanOrEqual(LIMIT)
        held.send(ready)
      }
    }),
    { numRuns: 15 },
  )
  expect(approvedSent).toBeGreaterThan(0)
  expect(unaskedSent).toBeGreaterThan(0)
})

test('a digest is that of all hashes of a set, in whatever order, and of no other set', () => {
  const digests = [['a', 'b', 'c'], ['a', 'b'], ['a', 'b', 'd'], ['b', 'c'], ['ab', 'c'], []].map(batchDigest)
  expect(new Set(digests).size).toBe(digests.length)
  expect(batchDigest(['c', 'a', 'b'])).toBe(digests[0])
})

test('the percent rule counts the frames of a group that is gone', () => {
  using held = new HeldBox(9)
  const { box, ledger, folder } = held
  const run = box.unit(folder, 'run', { kind: 'image_group', frames: ['1.jpg', '2.jpg', '3.jpg', '4.jpg'] })
  const frames = run.fileIds.map((fileId, i) => ({ fileId, name: `${i + 1}.jpg`, sizeBytes: 10 }))
  ledger.versions.setFrames(run.versionId ?? 0, frames)
  // What each holds is known, so that it can be looked for.
  for (const ord of frames.keys()) ledger.versions.setFrameSent(run.versionId ?? 0, ord, `frame-${ord}`)
  held.units.push(run)
  // Six of ten units are 60 %, nine of their thirteen files 69 %.
  const limit = { count: 50, percent: 65, perMs: 86_400_000 }
  for (const index of [0, 1, 2, 3, 4]) held.lose(index)
  expect(held.judge(NOW_MS, policyOf({}, { limit }))).toHaveLength(5)
  held.lose(9)
  expect(held.judge(NOW_MS, policyOf({}, { limit }))).toEqual([])
})

test('a batch is approved only by the digest that was shown', () => {
  using held = new HeldBox(10)
  const batch = heldThree(held)
  const parts = localParts(held.box, [held.folder])
  expect(() => approveBatch(parts, { id: batch.id, digest: 'another' })).toThrow('another digest')
  expect(held.judge()).toEqual([])
})

function review(held: HeldBox, scan: Partial<ScanRecord>, touched: readonly number[] = []): void {
  const { ledger, folder } = held
  const endedMs = PLANTED_MS + 3 * GRACE_MS
  const base = {
    folderId: folder.id,
    whole: true,
    beganMs: endedMs,
    endedMs,
    process: 'p2',
    beganAfter: 0,
    result: 'complete',
    blind: [],
    busy: [],
  } as const
  const scanId = ledger.scans.add({ ...base, ...scan })
  const tools = { ledger, looks: openLooks(realClock), log: SILENT, wallMs: () => NOW_MS }
  reviewCandidates(tools, folder, scanId, new Set(touched), GRACE_MS)
}

test('a row that a person kept is followed again when its file is back, and goes only by a person once that is gone or replaced', () => {
  using held = new HeldBox(10)
  for (const index of [0, 1, 2]) held.lose(index)
  held.judge()
  const [batch] = held.shown()
  const [gone, replaced] = held.units
  if (batch === undefined || gone?.versionId == null || replaced?.versionId == null) throw new Error('no batch')
  rejectBatch(localParts(held.box, [held.folder]), batch.id)
  for (const index of [0, 1]) held.findAgain(index)
  review(held, {}, [gone.unitId, replaced.unitId])
  expect([gone, replaced].map(({ versionId }) => held.ledger.versions.get(versionId ?? 0)?.role)).toEqual(['current', 'current'])
  held.lose(0)
  held.replace(1)
  expect(held.judge(NOW_MS, { ...POLICY, onChange: 'replace' })).toEqual([])
  expect(held.shown().flatMap(({ hashes }) => hashes)).toEqual([gone.dataHash, replaced.dataHash])
  for (const shown of held.shown()) approveBatch(localParts(held.box, [held.folder]), shown)
  expect(held.judge(NOW_MS, { ...POLICY, onChange: 'replace' })).toEqual([gone.dataHash, replaced.dataHash])
})

test('a row that a person kept goes only by a person too when its file was back already', () => {
  using held = new HeldBox(10)
  for (const index of [0, 1, 2]) held.lose(index)
  held.judge()
  const [batch] = held.shown()
  const [back] = held.units
  if (batch === undefined || back?.versionId == null) throw new Error('no batch')
  held.findAgain(0)
  expect(rejectBatch(localParts(held.box, [held.folder]), batch.id)).toMatchObject({ kept: 3 })
  expect(held.ledger.versions.get(back.versionId)?.role).toBe('current')
  held.lose(0)
  expect(held.judge()).toEqual([])
  expect(held.shown().flatMap(({ hashes }) => hashes)).toEqual([back.dataHash])
})

test('so does one that had left the batch when a person kept it: they were shown it', () => {
  using held = new HeldBox(10)
  const batch = heldThree(held)
  held.findAgain(0)
  held.judge()
  expect(held.shown()[0]?.hashes).toHaveLength(2)
  expect(rejectBatch(localParts(held.box, [held.folder]), batch.id)).toMatchObject({ kept: 2 })
  held.lose(0)
  expect(held.judge()).toEqual([])
  expect(held.shown().flatMap(({ hashes }) => hashes)).toEqual(batch.hashes.slice(0, 1))
})

test('a ledger that has seen a later time than two clocks agree on starts all proofs anew, once', () => {
  using held = new HeldBox(3)
  held.lose(0)
  const { ledger } = held
  const proof = () => ledger.candidates.get(held.units[0]?.versionId ?? 0)
  const remote = { serverTime: () => ({ dateMs: NOW_MS, atMonotonicMs: 0 }) }
  const clock = { ...realClock, wallMs: () => NOW_MS, monotonicMs: () => 0 }
  ledger.meta.write('newest_time', String(NOW_MS + 9 * 60_000))
  expect(clockSkew({ ledger, clock, remote })).toBeNull()
  ledger.meta.write('newest_time', String(NOW_MS + 86_400_000))
  expect(clockSkew({ ledger, clock: { ...clock, wallMs: () => NOW_MS + 3_600_000 }, remote })).toContain('differ by 60 min')
  expect(proof()?.secondScan).not.toBeNull()
  expect(clockSkew({ ledger, clock, remote })).toContain('graces start again')
  expect(proof()).toMatchObject({ firstScan: null, secondScan: null })
  expect(clockSkew({ ledger, clock, remote })).toBeNull()
})

test('a scan in which the directory of a file never rested is no evidence about that file, and is about others', () => {
  using held = new HeldBox(3)
  const other = held.box.unit(held.folder, 'sub/other.jpg')
  held.units.push(other)
  held.lose(0)
  held.lose(3)
  const ids = [held.units[0]?.versionId ?? 0, other.versionId ?? 0]
  const start = held.ledger.scans.get(held.ledger.candidates.get(ids[0] ?? 0)?.firstScan ?? 0)
  if (start === null) throw new Error('no scan')
  for (const id of ids) held.ledger.candidates.setFirst(id, { id: start.id, atMs: start.endedMs })
  review(held, { busy: ['sub'] })
  // The deepest directory that is left of both is the folder itself; only `sub` was restless.
  expect(held.ledger.candidates.get(ids[0] ?? 0)?.secondScan).not.toBeNull()
  expect(held.ledger.candidates.get(ids[1] ?? 0)?.secondScan).toBeNull()
  review(held, {})
  expect(held.ledger.candidates.get(ids[1] ?? 0)?.secondScan).not.toBeNull()
})

test('an older version that a person kept is not taken for the current one when its file changes', () => {
  using held = new HeldBox(2)
  const { ledger, folder } = held
  const [unit] = held.units
  if (unit?.versionId == null) throw new Error('no unit')
  ledger.versions.setRole(unit.versionId, 'detached')
  const newer = { unitId: unit.unitId, remoteId: folder.remoteId, kind: 'image', title: 'f0.jpg', sizeBytes: 1 } as const
  ledger.versions.addLive({ ...newer, dataHash: 'newer', part: 0, content: 'sha', metadataDue: false }, NOW_MS)
  const scanId = held.box.scan(folder)
  reviewCandidates(
    { ledger, looks: openLooks(realClock), log: SILENT, wallMs: () => NOW_MS },
    folder,
    scanId,
    new Set([unit.unitId]),
    GRACE_MS,
  )
  expect(ledger.versions.ofUnit(unit.unitId).map(({ role }) => role)).toEqual(['detached', 'current'])
})
