import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CandidateReason, LocalFact } from '../../../src/model/unit.ts'
import { proofAfterScan, restlessHome } from '../../../src/sync/plan/evidence.ts'
import type { CandidateRecord, ScanRecord } from '../../../src/sync/records.ts'
import { candidateOf, fileOf, NOW_MS, scanOf } from '../../support/planWorld.ts'

const GRACE_MS = 120_000
/** The first scan ended exactly one grace before the scan in question begins. */
const DUE = { secondScan: null, firstAtMs: NOW_MS - 1_000 - GRACE_MS }

type Row = readonly [string, Partial<CandidateRecord>, LocalFact, Partial<ScanRecord>, number | null, string]

test.each<Row>([
  ['the first complete scan that lacks it', { firstScan: null, firstAtMs: null, secondScan: null }, 'absent', {}, null, 'first'],
  ['one grace later', DUE, 'absent', {}, null, 'second'],
  ['a moment before the grace', { ...DUE, firstAtMs: NOW_MS - 999 - GRACE_MS }, 'absent', {}, null, 'none'],
  ['one grace later by both clocks', DUE, 'absent', {}, GRACE_MS, 'second'],
  ['the wall clock jumped ahead', DUE, 'absent', {}, GRACE_MS - 1, 'none'],
  ['the wall clock ran back', { ...DUE, firstAtMs: NOW_MS }, 'absent', {}, null, 'first'],
  ['a scan of some directories', DUE, 'absent', { whole: false }, null, 'none'],
  ['a scan that could not see a place', DUE, 'absent', { result: 'partial' }, null, 'none'],
  ['a scan that never rested', DUE, 'absent', { result: 'unsettled' }, null, 'none'],
  [
    'a first scan that could not see a place',
    { firstScan: null, firstAtMs: null, secondScan: null },
    'absent',
    { result: 'partial' },
    null,
    'none',
  ],
  [
    'a scan of some directories begins no proof',
    { firstScan: null, firstAtMs: null, secondScan: null },
    'absent',
    { whole: false },
    null,
    'none',
  ],
  ['a proof that is whole stays what it is', { ...DUE, secondScan: 11 }, 'absent', {}, null, 'none'],
  ['the file is back', DUE, 'present', {}, null, 'cancel'],
  ['the file is back, says a scan of some directories', DUE, 'present', { whole: false, result: 'partial' }, null, 'cancel'],
  ['its place is not seen', DUE, 'unseen', {}, null, 'none'],
  ['a rule covers it', DUE, 'excluded', {}, null, 'none'],
  ['a superseded version whose new content is there', { ...DUE, why: 'superseded' }, 'present', {}, null, 'second'],
  ['a superseded version whose new content is gone', { ...DUE, why: 'superseded' }, 'absent', {}, null, 'none'],
  ['a stray needs no scan and gets none', { ...DUE, why: 'stray' }, 'absent', {}, null, 'none'],
  ['a copy needs no scan and gets none', { ...DUE, why: 'copy' }, 'absent', {}, null, 'none'],
  ['a command needs no scan and gets none', { ...DUE, why: 'command' }, 'absent', {}, null, 'none'],
])('%s', (_, candidate, local, scan, monotonicMs, expected) => {
  // A second scan that began one grace after the first had ended.
  const second = candidate.secondScan == null ? null : scanOf({ beganMs: DUE.firstAtMs + GRACE_MS })
  expect(proofAfterScan(candidateOf(candidate), { local }, scanOf(scan), GRACE_MS, monotonicMs, second).kind).toBe(expected)
})

test.each<[string, number, string]>([
  ['a second scan gives way to one that lies the longer grace apart that is in force now', GRACE_MS, 'second'],
  ['and proves nothing before that', GRACE_MS - 1, 'none'],
])('%s', (_, sinceMs, expected) => {
  const candidate = candidateOf({ secondScan: 11, firstAtMs: NOW_MS })
  const [second, scan] = [1_000, sinceMs].map((ms) => scanOf({ beganMs: NOW_MS + ms }))
  expect(proofAfterScan(candidate, { local: 'absent' }, scan ?? scanOf(), GRACE_MS, null, second ?? null).kind).toBe(expected)
})

type Step = {
  readonly gapMs: number
  readonly wallJumpMs: number
  readonly local: LocalFact
  readonly restarted: boolean
  readonly scan: Partial<ScanRecord>
}

test('analysis 1: a second scan is only ever counted after a first one, both whole and complete, and at least grace apart by both clocks', () => {
  const steps = fc.array(
    fc.record({
      gapMs: fc.oneof(fc.integer({ min: 0, max: 3 * GRACE_MS }), fc.constant(GRACE_MS)),
      wallJumpMs: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: -4 * GRACE_MS, max: 4 * GRACE_MS })),
      local: fc.oneof(
        { weight: 5, arbitrary: fc.constant<LocalFact>('absent') },
        fc.constantFrom<LocalFact>('present', 'unseen', 'excluded'),
      ),
      restarted: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
      scan: fc.record({
        whole: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false)),
        result: fc.oneof(
          { weight: 3, arbitrary: fc.constant<ScanRecord['result']>('complete') },
          fc.constantFrom<ScanRecord['result']>('partial', 'unsettled'),
        ),
      }),
    }),
    { maxLength: 12 },
  )
  let proven = 0
  fc.assert(
    fc.property(steps, fc.constantFrom<CandidateReason>('absent', 'superseded'), (list, why) => {
      proven += runScans(list, why)
    }),
    { numRuns: 2_000 },
  )
  expect(proven).toBeGreaterThan(100)
})

/** Plays scans against one candidate, and holds every second scan against what really happened. */
function runScans(steps: readonly Step[], why: CandidateReason): number {
  const expected: LocalFact = why === 'superseded' ? 'present' : 'absent'
  let candidate = candidateOf({ why, firstScan: null, firstAtMs: null, secondScan: null })
  let wallMs = NOW_MS
  let trueMs = 0
  let first: { readonly trueMs: number; readonly wallMs: number; readonly here: boolean } | null = null
  let second: ScanRecord | null = null
  let proven = 0
  steps.forEach((step, index) => {
    trueMs += step.gapMs
    wallMs += step.gapMs + step.wallJumpMs
    if (step.restarted && first !== null) first = { ...first, here: false }
    const local = step.local === 'absent' || step.local === 'present' ? (step.local === 'absent' ? expected : flip(expected)) : step.local
    const scan = scanOf({ id: index + 1, beganMs: wallMs, endedMs: wallMs, ...step.scan })
    const step2 = proofAfterScan(candidate, { local }, scan, GRACE_MS, first?.here === true ? trueMs - first.trueMs : null, second)
    if (step2.kind === 'first' || step2.kind === 'second') {
      expect(local).toBe(expected)
      expect(scan).toMatchObject({ whole: true, result: 'complete' })
    }
    if (step2.kind === 'first') {
      candidate = { ...candidate, firstScan: scan.id, firstAtMs: scan.endedMs, secondScan: null }
      second = null
      first = { trueMs, wallMs, here: true }
    }
    if (step2.kind === 'second') {
      if (first === null) throw new Error('a second scan without a first one')
      expect(scan.id).toBeGreaterThan(candidate.firstScan ?? Number.POSITIVE_INFINITY)
      expect(wallMs - first.wallMs).toBeGreaterThanOrEqual(GRACE_MS)
      if (first.here) expect(trueMs - first.trueMs).toBeGreaterThanOrEqual(GRACE_MS)
      candidate = { ...candidate, secondScan: scan.id }
      second = scan
      proven++
    }
    if (step2.kind === 'cancel') {
      expect(local).toBe('present')
      candidate = { ...candidate, firstScan: null, firstAtMs: null, secondScan: null }
      first = null
    }
  })
  return proven
}

function flip(local: LocalFact): LocalFact {
  return local === 'absent' ? 'present' : 'absent'
}

test('a directory that never rested says nothing about its own files, nor about what was below it', () => {
  const gone = { ancestor: 'a', ctimeBeforeNs: '1', ctimeAfterNs: '2', unchanged: 0 }
  expect(restlessHome([fileOf('a/1.jpg')], { busy: ['a'] })).toBe('a')
  expect(restlessHome([fileOf('1.jpg')], { busy: [''] })).toBe('')
  expect(restlessHome([fileOf('a/b/1.jpg', { absence: gone })], { busy: ['a'] })).toBe('a')
  expect(restlessHome([fileOf('a/1.jpg')], { busy: ['b', '', 'a/b'] })).toBeUndefined()
})
