import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LocalFact } from '../../src/model/unit.ts'
import type { Ledger } from '../../src/store/openLedger.ts'
import { reviewCandidates } from '../../src/sync/candidates.ts'
import { judgeDeletes } from '../../src/sync/judgeDeletes.ts'
import { openLooks } from '../../src/sync/looks.ts'
import type { FolderRecord, ScanRecord } from '../../src/sync/records.ts'
import { type LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { policyOf } from '../support/planWorld.ts'
import { withLedger } from './memoryLedger.ts'

const GRACE_MS = 120_000
const POLICY = policyOf({}, { limit: { count: 50, percent: 100, perMs: 86_400_000 } })
const SILENT = { emit: () => undefined }
const GONE = { ancestor: '', ctimeBeforeNs: '1', ctimeAfterNs: '2', unchanged: 0 }

/** One look at the folder: what it said of the file, and what kind of look it was. */
type Look = {
  readonly gapMs: number
  readonly tookMs: number
  readonly local: LocalFact
  readonly scan: Pick<ScanRecord, 'whole' | 'result'>
}

const looks: fc.Arbitrary<readonly Look[]> = fc.array(
  fc.record({
    gapMs: fc.oneof(fc.constantFrom(0, 1, GRACE_MS - 1, GRACE_MS, GRACE_MS + 1), fc.integer({ min: 0, max: 3 * GRACE_MS })),
    tookMs: fc.integer({ min: 0, max: 5_000 }),
    local: fc.oneof({ weight: 6, arbitrary: fc.constant<LocalFact>('absent') }, fc.constantFrom<LocalFact>('present', 'unseen')),
    scan: fc.record({
      whole: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
      result: fc.oneof(
        { weight: 4, arbitrary: fc.constant<ScanRecord['result']>('complete') },
        fc.constantFrom<ScanRecord['result']>('partial', 'unsettled'),
      ),
    }),
  }),
  { minLength: 1, maxLength: 10 },
)

type Seen = { readonly local: LocalFact; readonly beganMs: number; readonly endedMs: number; readonly isEvidence: boolean }

/** By the analysis' own words, from the looks alone: two whole complete looks a grace apart, both without the file, and no sight of it since. */
function mayGo(seen: readonly Seen[]): boolean {
  const since = seen
    .slice(seen.findLastIndex((one) => one.local === 'present') + 1)
    .filter((one) => one.isEvidence && one.local === 'absent')
  return since.some((first, i) => since.slice(i + 1).some((second) => second.beganMs - first.endedMs >= GRACE_MS))
}

/** @returns whether the file's row went at the end of any look */
function watch(list: readonly Look[], broken?: (ledger: Ledger) => Ledger): boolean {
  return withLedger((box, ledger) => {
    const folder = box.folder('IN')
    for (let i = 0; i < 5; i++) box.unit(folder, `other-${i}.jpg`)
    const { unitId, versionId, fileIds } = box.unit(folder, 'a.jpg')
    const seen: Seen[] = []
    // It was there when deletes became wanted.
    let wallMs = PLANTED_MS + 2_000
    box.scan(folder, wallMs)
    let was: LocalFact = 'present'
    for (const { gapMs, tookMs, local, scan } of list) {
      const beganMs = wallMs + gapMs
      wallMs = beganMs + tookMs
      const scanId = box.ledger.scans.add({
        folderId: folder.id,
        beganMs,
        endedMs: wallMs,
        process: 'p',
        beganAfter: 0,
        blind: [],
        busy: [],
        ...scan,
      })
      box.ledger.units.setLocal(unitId, local)
      const absence = local === 'absent' ? GONE : null
      for (const id of local === was ? [] : fileIds) box.ledger.tree.setFileLocal(id, local, absence === null ? null : scanId, absence)
      was = local
      const clock = {
        wallMs: () => wallMs,
        monotonicMs: () => wallMs - PLANTED_MS,
        sleep: () => Promise.reject(new Error('nobody sleeps')),
      }
      const tools = { ledger, looks: openLooks(clock), log: SILENT, wallMs: () => wallMs }
      reviewCandidates(tools, folder, scanId, new Set([unitId]), GRACE_MS)
      seen.push({ local, beganMs, endedMs: wallMs, isEvidence: scan.whole && scan.result === 'complete' })
      const goes = judgedToGo(box, ledger, folder, wallMs)
      const isWritten = triggerAgrees(box, versionId ?? 0)
      if (!goes) continue
      expect(mayGo(seen), 'a DELETE without its two scans').toBe(true)
      expect(isWritten, 'the trigger of the ledger').toBe(true)
      return true
    }
    return false
  }, broken)
}

function judgedToGo(_box: LedgerBox, ledger: Ledger, folder: FolderRecord, wallMs: number): boolean {
  const now = { wallMs, monotonicMs: 0, serverMs: wallMs }
  return judgeDeletes(ledger, folder, POLICY, now, 'local', GRACE_MS).some(({ verdict }) => verdict.kind === 'delete')
}

/** Would the ledger take the intent? Nothing stays of the attempt. */
function triggerAgrees({ ledger }: LedgerBox, versionId: number): boolean {
  const taken = new Error('taken')
  try {
    ledger.now(() => {
      ledger.operations.intend(versionId, 'delete', PLANTED_MS, null, '{}')
      throw taken
    })
  } catch (error) {
    return error === taken
  }
  return false
}

describe('analysis 1: every DELETE has two whole complete scans, a grace apart, that both lack the path', () => {
  test('analysis 1: in any world and any order of scans, and the ledger would refuse the intent without', () => {
    let gone = 0
    fc.assert(
      fc.property(looks, (list) => {
        if (watch(list)) gone++
      }),
      { numRuns: 120 },
    )
    expect(gone).toBeGreaterThan(5)
  })

  test('analysis 1: in one process the grace passes by the monotonic clock too, from the end of the first look to the beginning of the second', () => {
    withLedger((box, ledger) => {
      const folder = box.folder('IN')
      const { unitId, versionId } = box.unit(folder, 'a.jpg', { local: 'absent' })
      let [wallMs, monotonicMs] = [PLANTED_MS, 0]
      const sleep = () => Promise.reject(new Error('nobody sleeps'))
      const looks = openLooks({ wallMs: () => wallMs, monotonicMs: () => monotonicMs, sleep })
      const look = (gap: { readonly wallMs: number; readonly monotonicMs: number }, tookMs: number): number | null => {
        wallMs += gap.wallMs + tookMs
        monotonicMs += gap.monotonicMs + tookMs
        const scan = { folderId: folder.id, beganMs: wallMs - tookMs, endedMs: wallMs, process: 'p', beganAfter: 0, blind: [], busy: [] }
        const scanId = ledger.scans.add({ ...scan, whole: true, result: 'complete' })
        reviewCandidates({ ledger, looks, log: SILENT, wallMs: () => wallMs }, folder, scanId, new Set([unitId]), GRACE_MS)
        return ledger.candidates.get(versionId ?? 0)?.secondScan ?? null
      }
      look({ wallMs: 1_000, monotonicMs: 1_000 }, 1_000)
      // Of as many other folders.
      for (let other = 0; other < 1_500; other++) looks.scanEnded(1_000_000 + other)
      expect(look({ wallMs: GRACE_MS, monotonicMs: 1_000 }, 1_000)).toBe(null)
      // As long as the grace itself, and the file may have gone only just before it.
      expect(look({ wallMs: 1_000, monotonicMs: 1_000 }, GRACE_MS)).toBe(null)
      expect(look({ wallMs: GRACE_MS, monotonicMs: GRACE_MS }, 1_000)).not.toBe(null)
    })
  })

  test('how long ago a whole look ended is remembered for as long as a proof began at it', () => {
    withLedger((box, ledger) => {
      const folder = box.folder('IN')
      const { unitId, versionId } = box.unit(folder, 'a.jpg', { local: 'absent' })
      const sleep = () => Promise.reject(new Error('nobody sleeps'))
      const looks = openLooks({ wallMs: () => PLANTED_MS, monotonicMs: () => 0, sleep })
      const look = (): number => {
        const at = { beganMs: PLANTED_MS, endedMs: PLANTED_MS, process: 'p', beganAfter: 0, blind: [], busy: [] }
        const scanId = ledger.scans.add({ ...at, folderId: folder.id, whole: true, result: 'complete' })
        reviewCandidates({ ledger, looks, log: SILENT, wallMs: () => PLANTED_MS }, folder, scanId, new Set([unitId]), GRACE_MS)
        return scanId
      }
      const [began, between, last] = [look(), look(), look()]
      expect(ledger.candidates.get(versionId ?? 0)?.firstScan).toBe(began)
      expect([began, between, last].map((id) => looks.sinceScanMs(id))).toEqual([0, 0, 0])
      ledger.candidates.remove(versionId ?? 0)
      ledger.units.setLocal(unitId, 'present')
      const after = look()
      expect([began, between, last, after].map((id) => looks.sinceScanMs(id))).toEqual([null, null, null, 0])
    })
  })

  test.each<[string, (ledger: Ledger) => Ledger]>([
    [
      'every scan counts as whole and complete',
      (ledger) => ({
        ...ledger,
        scans: {
          ...ledger.scans,
          get: (id) => {
            const scan = ledger.scans.get(id)
            return scan === null ? null : { ...scan, whole: true, result: 'complete' }
          },
          lastWhole: (id) => {
            const scan = ledger.scans.lastWhole(id)
            return scan === null ? null : { ...scan, result: 'complete' }
          },
        },
      }),
    ],
    [
      'a place that is not seen counts as gone',
      (ledger) => ({
        ...ledger,
        units: {
          ...ledger.units,
          unseen: () => null,
          get: (id) => {
            const unit = ledger.units.get(id)
            return unit?.local === 'unseen' ? { ...unit, local: 'absent' } : unit
          },
        },
      }),
    ],
  ])('planted: %s, and the property fails', (_, broken) => {
    expect(() =>
      fc.assert(
        fc.property(looks, (list) => void watch(list, broken)),
        { numRuns: 200, seed: 1 },
      ),
    ).toThrow('Property failed')
  })
})

/** Something else in the folders of the dataset, or in those of another one. */
type Other = {
  readonly where: 'here' | 'sibling' | 'other-dataset'
  readonly what: 'un-hashed' | 'unreadable' | 'waiting' | 'unseen' | 'hashed'
  readonly sameSize: boolean
}

const others: fc.Arbitrary<Other> = fc.record({
  where: fc.constantFrom<Other['where']>('here', 'sibling', 'other-dataset'),
  what: fc.constantFrom<Other['what']>('un-hashed', 'unreadable', 'waiting', 'unseen', 'hashed'),
  sameSize: fc.boolean(),
})

/** Does this one keep every row of its dataset that it could be? By the words of rules 5 and 6. */
function isInTheWay({ where, what, sameSize }: Other): boolean {
  if (where === 'other-dataset') return false
  if (what === 'unseen') return where === 'here' || sameSize
  return what !== 'hashed' && sameSize
}

const SIZE = 10

/** A file whose row may go, and others beside it. @returns whether the row goes */
function goesBeside(list: readonly Other[], busy: readonly string[], broken?: (ledger: Ledger) => Ledger): boolean {
  return withLedger((box, ledger) => {
    const folder = box.folder('IN')
    const sibling = box.folder('SIBLING')
    const foreign = box.folder('FOREIGN', 'cccccccc-bbbb-cccc-dddd-eeeeeeeeeeee')
    for (let i = 0; i < 5; i++) box.unit(folder, `rest-${i}.jpg`, { sizeBytes: 77 })
    const { unitId, versionId, fileIds } = box.unit(folder, 'a.jpg', { sizeBytes: SIZE, local: 'absent' })
    list.forEach((other, i) => {
      const place = other.where === 'here' ? folder : other.where === 'sibling' ? sibling : foreign
      const sizeBytes = other.sameSize ? SIZE : SIZE + 1 + i
      const sha256 = other.what === 'hashed' ? `sha-${i}` : null
      const key = `o-${i}.jpg`
      if (other.what === 'unreadable') box.file(place, key, { sizeBytes, sha256, problem: 'not-utf8' })
      else if (other.what === 'unseen') box.unit(place, key, { sizeBytes, sha256, local: 'unseen' })
      else if (other.what === 'waiting') box.unit(place, key, { sizeBytes, sha256, work: 'waiting', current: null })
      else
        box.unit(place, key, {
          sizeBytes,
          sha256,
          current: other.what === 'hashed' ? 'live' : null,
          work: other.what === 'hashed' ? 'none' : 'queued',
        })
    })
    const firstMs = PLANTED_MS + 60_000
    box.scan(folder, PLANTED_MS + 2_000)
    const first = box.scan(folder, firstMs)
    for (const id of fileIds) box.ledger.tree.setFileLocal(id, 'absent', first, GONE)
    const secondMs = firstMs + GRACE_MS + 5_000
    const second = box.ledger.scans.add({
      folderId: folder.id,
      whole: true,
      beganMs: secondMs - 1_000,
      endedMs: secondMs,
      process: 'p1',
      beganAfter: 0,
      result: 'complete',
      blind: [],
      busy,
    })
    box.scan(sibling, secondMs + 2_000)
    box.ledger.candidates.add(versionId ?? 0, 'absent', { id: first, atMs: firstMs }, firstMs)
    box.ledger.candidates.setSecond(versionId ?? 0, second)
    expect(box.ledger.units.get(unitId)?.local).toBe('absent')
    return judgedToGo(box, ledger, folder, secondMs + 10_000)
  }, broken)
}

describe('analysis 3: what may be the file, or may hide it, keeps the row', () => {
  test('analysis 3: one unseen place, or one un-hashed, waiting or unreadable file of that size in a folder of the dataset: 0 DELETE', () => {
    let gone = 0
    let kept = 0
    fc.assert(
      fc.property(fc.array(others, { maxLength: 4 }), (list) => {
        const goes = goesBeside(list, [])
        if (list.some(isInTheWay)) {
          expect(goes).toBe(false)
          kept++
        } else if (goes) gone++
      }),
      { numRuns: 120 },
    )
    expect(kept).toBeGreaterThan(20)
    expect(gone).toBeGreaterThan(5)
  })

  test('analysis 3: a directory elsewhere that changes all the time does not keep it', () => {
    expect(goesBeside([{ where: 'here', what: 'hashed', sameSize: true }], ['camera'])).toBe(true)
    expect(goesBeside([], [''])).toBe(false)
  })

  test.each<[string, (ledger: Ledger) => Ledger]>([
    ['files of its size are not looked for', (ledger) => ({ ...ledger, tree: { ...ledger.tree, unsettledOfSize: () => null } })],
    ['unseen places are not looked for', (ledger) => ({ ...ledger, units: { ...ledger.units, unseen: () => null } })],
  ])('planted: %s, and the property fails', (_, broken) => {
    const property = fc.property(fc.array(others, { maxLength: 4 }), (list) => {
      if (list.some(isInTheWay)) expect(goesBeside(list, [], broken)).toBe(false)
    })
    expect(() => fc.assert(property, { numRuns: 120, seed: 1 })).toThrow()
  })
})
