import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { approveBatch, rejectBatch } from '../../src/app/decideBatch.ts'
import type { Ledger } from '../../src/store/openLedger.ts'
import { applyJudgement, judgeDeletes } from '../../src/sync/judgeDeletes.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { closeDeleted } from '../../src/sync/resolveDelete.ts'
import { type LedgerBox, PLANTED_MS } from '../support/ledgerBox.ts'
import { localParts } from '../support/localParts.ts'
import { policyOf } from '../support/planWorld.ts'
import { withLedger } from './memoryLedger.ts'

const GRACE_MS = 120_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const FILES = 12
const LIMIT = 3
const POLICY = policyOf({}, { limit: { count: LIMIT, percent: 100, perMs: DAY_MS } })
const GONE = { ancestor: '', ctimeBeforeNs: '1', ctimeAfterNs: '2', unchanged: 0 }

/** What happens to a folder of synced files, step by step. `restart`: nothing but the ledger is remembered. */
type Step =
  | { readonly do: 'lose'; readonly files: number }
  | { readonly do: 'return'; readonly file: number }
  | { readonly do: 'approve' | 'reject'; readonly batch: number }
  | { readonly do: 'wait'; readonly hours: number }
  | { readonly do: 'restart' }

type Sent = { readonly atMs: number; readonly hash: string }

/** A folder as one process after the other sees it; every judgement reads the ledger alone. */
class Folder {
  readonly sent: Sent[] = []
  /** Hashes that a person was shown and said yes to, and those that were refused. */
  readonly approved = new Set<string>()
  readonly rejected = new Set<string>()
  readonly #box: LedgerBox
  readonly #ledger: Ledger
  readonly #folder: FolderRecord
  readonly #units: ReturnType<LedgerBox['unit']>[]
  #nowMs = PLANTED_MS + 10_000
  #lost = 0

  constructor(box: LedgerBox, ledger: Ledger) {
    this.#box = box
    this.#ledger = ledger
    this.#folder = box.folder('IN')
    this.#units = Array.from({ length: FILES }, (_, i) => box.unit(this.#folder, `f${i}.jpg`))
    box.scan(this.#folder, PLANTED_MS + 5_000)
  }

  step(step: Step): void {
    switch (step.do) {
      case 'lose':
        for (let i = 0; i < step.files; i++) this.#lose(this.#lost++)
        break
      case 'return':
        this.#setLocal(step.file, 'present')
        break
      case 'approve':
      case 'reject':
        this.#decide(step.do, step.batch)
        break
      case 'wait':
        this.#nowMs += step.hours * HOUR_MS
        break
      default:
    }
    this.#send()
  }

  #lose(index: number): void {
    const unit = this.#units[index]
    if (unit?.versionId == null) return
    const { ledger } = this.#box
    const first = this.#box.scan(this.#folder, this.#nowMs)
    ledger.candidates.add(unit.versionId, 'absent', { id: first, atMs: this.#nowMs }, this.#nowMs)
    this.#setLocal(index, 'absent', first)
    this.#nowMs += GRACE_MS + 2_000
    ledger.candidates.setSecond(unit.versionId, this.#box.scan(this.#folder, this.#nowMs))
  }

  #setLocal(index: number, local: 'present' | 'absent', scanId: number | null = null): void {
    const unit = this.#units[index]
    if (unit === undefined) return
    this.#box.ledger.units.setLocal(unit.unitId, local)
    for (const id of unit.fileIds) this.#box.ledger.tree.setFileLocal(id, local, scanId, local === 'absent' ? GONE : null)
  }

  #decide(how: 'approve' | 'reject', nth: number): void {
    const { candidates, versions } = this.#box.ledger
    const open = candidates.batches(this.#folder.id).filter((batch) => batch.decision === null)
    const batch = open[nth % Math.max(1, open.length)]
    if (batch === undefined) return
    const shown = candidates.inBatch(batch.id).map((one) => versions.get(one.versionId)?.dataHash ?? '')
    for (const hash of shown) (how === 'approve' ? this.approved : this.rejected).add(hash)
    const parts = localParts(this.#box, [this.#folder], { nowMs: this.#nowMs })
    if (how === 'approve') approveBatch(parts, batch)
    else rejectBatch(parts, batch.id)
  }

  #send(): void {
    const now = { wallMs: this.#nowMs, monotonicMs: 0, serverMs: this.#nowMs }
    const clock = { wallMs: () => this.#nowMs, monotonicMs: () => 0, sleep: () => Promise.reject(new Error('nobody sleeps')) }
    const judged = judgeDeletes(this.#ledger, this.#folder, POLICY, now, 'local', GRACE_MS)
    const log = { emit: () => undefined }
    for (const id of applyJudgement({ ledger: this.#ledger, log, wallMs: () => this.#nowMs }, this.#folder, judged)) {
      const version = this.#box.ledger.versions.get(id)
      if (version?.dataHash == null) continue
      this.sent.push({ atMs: this.#nowMs, hash: version.dataHash })
      closeDeleted({ ledger: this.#box.ledger, clock }, version)
    }
  }
}

function live(steps: readonly Step[], broken?: (ledger: Ledger) => Ledger): Folder {
  return withLedger((box, ledger) => {
    const folder = new Folder(box, ledger)
    for (const step of steps) folder.step(step)
    return folder
  }, broken)
}

/** The most that went without anybody's yes within any window of a day. */
function mostUnasked({ sent, approved }: Folder): number {
  const unasked = sent.filter(({ hash }) => !approved.has(hash))
  return Math.max(0, ...unasked.map(({ atMs }) => unasked.filter((one) => one.atMs > atMs - DAY_MS && one.atMs <= atMs).length))
}

const losses: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ do: fc.constant('lose' as const), files: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(1, 11, 23, 25) }),
    fc.record({ do: fc.constant('restart' as const) }),
  ),
  { minLength: 2, maxLength: 10 },
)

describe('analysis 9: a mass deletion cannot walk around the limit', () => {
  test('analysis 9: however it is split over time and restarts, no more than the limit goes by itself within the window', () => {
    let sent = 0
    fc.assert(
      fc.property(losses, (steps) => {
        const folder = live(steps)
        sent += folder.sent.length
        expect(mostUnasked(folder)).toBeLessThanOrEqual(LIMIT)
      }),
      { numRuns: 60 },
    )
    expect(sent).toBeGreaterThan(20)
  })

  test('planted: what was sent before a restart is forgotten, and the property fails', () => {
    const forgetful = (ledger: Ledger): Ledger => ({
      ...ledger,
      history: { ...ledger.history, deletesSince: () => ({ units: 0, files: 0 }) },
    })
    const property = fc.property(losses, (steps) => void expect(mostUnasked(live(steps, forgetful))).toBeLessThanOrEqual(LIMIT))
    expect(() => fc.assert(property, { numRuns: 60, seed: 1 })).toThrow('Property failed')
  })
})

const decisions: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ do: fc.constant('lose' as const), files: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ do: fc.constant('return' as const), file: fc.nat({ max: FILES - 1 }) }),
    fc.record({ do: fc.constantFrom('approve' as const, 'reject' as const), batch: fc.nat({ max: 3 }) }),
    fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(1, 23, 25) }),
  ),
  { minLength: 3, maxLength: 12 },
)

function onlyWhatWasShown(folder: Folder): void {
  expect(mostUnasked(folder)).toBeLessThanOrEqual(LIMIT)
  for (const { hash } of folder.sent) expect(folder.rejected.has(hash) && !folder.approved.has(hash)).toBe(false)
}

describe('analysis 10: what goes beyond the limit was shown, and approved', () => {
  test('analysis 10: for any returns, new absences, approvals and rejections', () => {
    let approved = 0
    fc.assert(
      fc.property(decisions, (steps) => {
        const folder = live(steps)
        approved += folder.sent.filter(({ hash }) => folder.approved.has(hash)).length
        onlyWhatWasShown(folder)
      }),
      { numRuns: 120 },
    )
    // What is approved goes after one more look, which not each world has.
    expect(approved).toBeGreaterThan(0)
  })

  test('planted: a batch counts as approved as soon as it is held, and the property fails', () => {
    const rash = (ledger: Ledger): Ledger => ({
      ...ledger,
      candidates: {
        ...ledger.candidates,
        batch: (id) => {
          const batch = ledger.candidates.batch(id)
          return batch === null ? null : { ...batch, decision: 'approved', decidedMs: batch.madeMs }
        },
      },
    })
    const property = fc.property(decisions, (steps) => onlyWhatWasShown(live(steps, rash)))
    expect(() => fc.assert(property, { numRuns: 60, seed: 1 })).toThrow('Property failed')
  })
})
