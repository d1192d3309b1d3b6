import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planDeletes } from '../../../src/sync/plan/deleteLimit.ts'
import { judgeCandidate } from '../../../src/sync/plan/deletePlan.ts'
import type { CandidateView, DeleteContext } from '../../../src/sync/plan/deleteView.ts'
import type { BatchRecord } from '../../../src/sync/records.ts'
import {
  candidateOf,
  deleteContext,
  fileOf,
  folderOf,
  MINUTE_MS,
  NOW_MS,
  policyOf,
  provenCandidate,
  scanOf,
  versionOf,
} from '../../support/planWorld.ts'

type World = { readonly view: CandidateView; readonly context: DeleteContext }

/** Worlds in which an absent file may be deleted: whatever can differ in them does not matter. */
const deletable: fc.Arbitrary<World> = fc
  .record({
    state: fc.constantFrom<'ok' | 'degraded'>('ok', 'degraded'),
    fileSystem: fc.constantFrom<'local' | 'network'>('local', 'network'),
    mode: fc.constantFrom<'propagate' | 'hold'>('propagate', 'hold'),
    approvedAgoMs: fc.option(fc.integer({ min: 0, max: 86_000_000 })),
    agoMs: fc.integer({ min: 3 * MINUTE_MS, max: 1_000 * MINUTE_MS }),
    sent: fc.integer({ min: 0, max: 4 }),
    live: fc.integer({ min: 100, max: 10_000 }),
    oldCopies: fc.integer({ min: 0, max: 2 }),
    onChange: fc.constantFrom<'hold' | 'replace' | 'keep'>('hold', 'replace', 'keep'),
  })
  .filter(({ mode, approvedAgoMs }) => mode === 'propagate' || approvedAgoMs !== null)
  .map(({ state, fileSystem, mode, approvedAgoMs, agoMs, sent, live, oldCopies, onChange }) => {
    const batch: BatchRecord | null =
      approvedAgoMs === null
        ? null
        : { id: 5, folderId: 1, digest: 'd', why: 'w', madeMs: NOW_MS - agoMs, decision: 'approved', decidedMs: NOW_MS - approvedAgoMs }
    const firstAtMs = NOW_MS - agoMs
    return {
      view: provenCandidate(1, {
        candidate: candidateOf({ firstAtMs, madeMs: firstAtMs, batchId: batch?.id ?? null }),
        batch,
        first: scanOf({ id: 10, beganMs: firstAtMs - 1, endedMs: firstAtMs }),
        copies: Array.from({ length: oldCopies }, (_, index) => fileOf(`copy-${index}.jpg`, { firstScan: 1 })),
        approvedCopies: [fileOf('').id],
      }),
      context: deleteContext({
        folder: folderOf({ state }),
        fileSystem,
        policy: policyOf({ onChange }, { mode }),
        sent: { units: sent, files: sent },
        live: { units: live, files: live },
      }),
    }
  })

const noView =
  (change: (view: CandidateView) => Partial<CandidateView>) =>
  (world: World): World => ({ ...world, view: { ...world.view, ...change(world.view) } })
const noContext =
  (change: (context: DeleteContext) => Partial<DeleteContext>) =>
  (world: World): World => ({ ...world, context: { ...world.context, ...change(world.context) } })

/** Each takes one item of evidence away, or puts one thing in the way. */
const REMOVALS: Readonly<Record<string, (world: World) => World>> = {
  'the first scan': noView(() => ({ first: null })),
  'the second scan': noView(() => ({ second: null })),
  'the last whole scan': noContext(() => ({ lastWhole: null })),
  'that the last scan saw everything': noContext(() => ({ lastWhole: scanOf({ result: 'partial' }) })),
  'that the last scan rested': noContext(() => ({ lastWhole: scanOf({ result: 'unsettled' }) })),
  'that all that was seen before is seen': noContext(() => ({ unseen: 'other.jpg' })),
  'that its directory rested': noContext(() => ({ lastWhole: scanOf({ busy: [''] }) })),
  'that it is absent': noView((view) => ({ unit: { ...view.unit, local: 'present' } })),
  'that its place is seen': noView((view) => ({ unit: { ...view.unit, local: 'unseen' } })),
  'that no rule covers it': noView((view) => ({ unit: { ...view.unit, local: 'excluded' } })),
  'the folder': noContext((context) => ({ folder: { ...context.folder, state: 'absent' } })),
  'that the folder is the same': noContext((context) => ({ folder: { ...context.folder, state: 'restored' } })),
  'that the folder is no other': noContext((context) => ({ folder: { ...context.folder, state: 'foreign' } })),
  'that the clock is sane': noContext((context) => ({ folder: { ...context.folder, state: 'clock' } })),
  'that the ledger is the newest': noContext((context) => ({ folder: { ...context.folder, state: 'frozen' } })),
  'the marker': noContext((context) => ({ folder: { ...context.folder, marker: 'none' } })),
  'that nobody paused it': noContext((context) => ({ folder: { ...context.folder, paused: true } })),
  'that no file of its size is un-hashed': noView(() => ({ unsettled: fileOf('new.jpg') })),
  'that deletes are wanted': noContext((context) => ({
    policy: { ...context.policy, deletes: { ...context.policy.deletes, mode: 'never' } },
  })),
}

test.each(Object.keys(REMOVALS))('analysis 2: without %s nothing is deleted', (name) => {
  const remove = REMOVALS[name]
  if (remove === undefined) throw new Error(name)
  fc.assert(
    fc.property(deletable, (world) => {
      expect(judgeCandidate(world.view, world.context).kind).toBe('delete')
      const { view, context } = remove(world)
      expect(judgeCandidate(view, context).kind).not.toBe('delete')
    }),
  )
})

test('analysis 2: a parent that says nothing was removed, a later copy, or another mode since, stops whatever no person approved', () => {
  fc.assert(
    fc.property(
      deletable.filter(({ view }) => view.batch === null),
      fc.constantFrom('parent', 'copy', 'mode', 'hold'),
      ({ view, context }, what) => {
        const [file] = view.files
        if (file?.absence == null) throw new Error('no absence')
        const changed = {
          parent: { view: { ...view, files: [{ ...file, absence: { ...file.absence, unchanged: 1 } }] }, context },
          copy: { view: { ...view, copies: [fileOf('copy.jpg', { firstScan: 2 })] }, context },
          mode: { view, context: { ...context, folder: { ...context.folder, modeSinceMs: view.candidate.madeMs + 1 } } },
          hold: {
            view,
            context: { ...context, policy: { ...context.policy, deletes: { ...context.policy.deletes, mode: 'hold' as const } } },
          },
        }[what]
        expect(judgeCandidate(changed.view, changed.context).kind).not.toBe('delete')
      },
    ),
  )
})

type Arrival = { readonly units: number; readonly frames: number; readonly thenSend: number }

test('analysis 9: over any split of a mass deletion no more than the limit leaves by itself within the window', () => {
  const splits = fc.array(
    fc.record({
      units: fc.integer({ min: 0, max: 40 }),
      frames: fc.integer({ min: 1, max: 20 }),
      thenSend: fc.integer({ min: 0, max: 20 }),
    }),
    { maxLength: 10 },
  )
  const limits = fc.record({ count: fc.integer({ min: 1, max: 60 }), percent: fc.integer({ min: 0, max: 100 }) })
  let everything = 0
  fc.assert(
    fc.property(splits, limits, fc.integer({ min: 1, max: 400 }), (arrivals, { count, percent }, live) => {
      const result = massDeletion(arrivals, { count, percent }, live)
      everything += result.sent
      expect(result.sent).toBeLessThanOrEqual(count)
      if (result.sent > 5) expect(result.sent * 100).toBeLessThanOrEqual(percent * live)
      expect(result.sent).toBeLessThan(live)
    }),
    { numRuns: 500 },
  )
  expect(everything).toBeGreaterThan(100)
})

/** Files vanish bit by bit; after each judgement up to `thenSend` of what may go is sent, and what is held stays in its batch. */
function massDeletion(
  arrivals: readonly Arrival[],
  limit: { readonly count: number; readonly percent: number },
  live: number,
): { readonly sent: number } {
  let waiting: CandidateView[] = []
  let next = 1
  let sent = { units: 0, files: 0 }
  const frames = new Map<number, number>()
  const policy = policyOf({}, { limit: { ...limit, perMs: 86_400_000 } })
  for (const arrival of arrivals) {
    for (let i = 0; i < arrival.units && next <= live; i++) {
      frames.set(next, arrival.frames)
      waiting.push(provenCandidate(next++, { frames: arrival.frames }))
    }
    const left = { units: live - sent.units, files: live - sent.units + [...frames.values()].reduce((a, b) => a + b - 1, 0) }
    const judged = planDeletes(waiting, deleteContext({ policy, sent, live: left }))
    const going = judged.flatMap(({ view, verdict }) => (verdict.kind === 'delete' ? [view] : [])).slice(0, arrival.thenSend)
    sent = { units: sent.units + going.length, files: sent.files + going.reduce((sum, view) => sum + view.frames, 0) }
    const batch: BatchRecord = { id: 1, folderId: 1, digest: 'd', why: 'w', madeMs: NOW_MS, decision: null, decidedMs: null }
    waiting = judged
      .filter(({ view }) => !going.includes(view))
      .map(({ view, verdict }) =>
        verdict.kind === 'hold' && view.batch === null ? { ...view, batch, candidate: { ...view.candidate, batchId: 1 } } : view,
      )
  }
  return { sent: sent.units }
}

test('whatever is judged, a version outside an approved batch never goes in an emptied folder', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.constantFrom<'local' | 'network'>('local', 'network'), (count, fileSystem) => {
      const views = Array.from({ length: count }, (_, index) => provenCandidate(index + 1, { version: versionOf({ id: index + 1 }) }))
      const judged = planDeletes(views, deleteContext({ fileSystem, live: { units: count, files: count } }))
      expect(judged.every(({ verdict }) => verdict.kind === 'hold')).toBe(true)
    }),
  )
})
