import type { Clock } from '../model/clock.ts'
import { EncordError } from '../model/error.ts'
import type { Log } from '../model/event.ts'
import type { FolderPolicy } from '../model/folder.ts'
import { clockSkew, deleteVersions } from './deleter.ts'
import type { EffectTools } from './effectTools.ts'
import { applyJudgement, type Judgement, judgeUndecided } from './judgeDeletes.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { Now } from './plan/context.ts'
import type { Judged } from './plan/deleteLimit.ts'
import type { FolderRecord } from './records.ts'
import type { RemoteLink } from './remoteLink.ts'
import { openUnlooked } from './unlooked.ts'

/** The rows of one folder that may have to go: judged when something happened, deleted when everything is proven. */
export type FolderDeletes = {
  /** Judge as soon as may be. */
  soon(): void
  /** Judges if it is due, asks for the scans that proofs lack, begins the deletes that are proven. */
  judgeDue(): void
  readonly running: boolean
  /** A judgement is due that a single pass waits for. */
  readonly due: boolean
  nextMs(): number
  /** Why the clocks forbid deletes; null when they do not. */
  clockTrouble(): string | null
}

export type FolderDeleteTools = {
  readonly ledger: LedgerPort
  readonly log: Log
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly link: RemoteLink
  /** Looked at anew for each judgement: a config may change it. */
  readonly setup: { readonly policy: FolderPolicy; readonly fileSystem: 'local' | 'network'; readonly graceMs: number }
  begin(work: () => Promise<void>): void
  /** Something else is in hand; a listing asked for now may not show it yet. */
  isBusy(): boolean
  /** The folder was let go of: what is not on its way to the server by now stays. */
  isLeaving(): boolean
  record(): FolderRecord
  now(): Now
  effectTools(): EffectTools
  /** A proof needs a whole scan by then. */
  wholeBy(dueMs: number, cause: string): void
  /** Proofs need new whole scans of these folders of the dataset, as soon as may be. */
  scanForProof(folderIds: readonly number[]): void
  /** Since when something is known of in the dataset's folders that no look has taken in yet, by the monotonic clock; Infinity: nothing. */
  unlookedSinceMs(): number
  /** Deletes were stopped: the folder may not be what it was. */
  onStopped(): void
  /** Rows were deleted: what is left is planned anew. */
  onDeleted(): void
}

/** After a stop, the next judgement, ms. */
const STOPPED_MS = 5_000
const FAILED_MS = 1_000
/** After a listing, the next judgement of what waited for it, ms. */
const LISTED_MS = 500
/** While something that was heard of was not looked at yet, the next judgement, ms. */
const LOOKED_MS = 250
/** A listing that lags is asked for this often within the time it may lag. */
const LISTINGS_PER_LAG = 10
/** Between two judgements: this many times as long as the last one took, so that thousands of candidates do not hold up everything else. */
const REST_FACTOR = 5
/** How often clocks that forbid deletes are compared again, ms. */
const CLOCK_TEST_MS = 30_000

export function openFolderDeletes(tools: FolderDeleteTools): FolderDeletes {
  const { ledger, log, clock, signal, link, setup } = tools
  const oneByOne = new Set<number>()
  let dueMs = Number.POSITIVE_INFINITY
  let dueForOnce = false
  let running = false
  let clockTrouble: string | null = null
  let clockTestMs = Number.POSITIVE_INFINITY
  const unlooked = openUnlooked(tools)

  /** After a judgement that took long, none follows for a while. */
  let restUntilMs = Number.NEGATIVE_INFINITY

  function judge(again: Parameters<typeof judgeUndecided>[2] = null): Judgement {
    const { policy, fileSystem, graceMs } = setup
    return judgeUndecided(ledger, { folder: tools.record(), policy, now: tools.now(), fileSystem, graceMs }, again)
  }

  const mayGo = ({ judged }: Judgement): readonly number[] =>
    tools.isLeaving() || unlooked.holds() ? [] : judged.flatMap(({ view, verdict }) => (verdict.kind === 'delete' ? [view.version.id] : []))

  /** What each verdict waits for. */
  function follow({ view, verdict }: Judged, now: number): void {
    if (verdict.kind === 'overwritten') dueMs = now
    if (verdict.kind !== 'wait') return
    if (verdict.needsLooks.length > 0) tools.scanForProof(verdict.needsLooks)
    if (verdict.forMs === null) return
    if (verdict.needsScan) tools.wholeBy(now + verdict.forMs, `proof: ${verdict.rule}`)
    else if (verdict.rule === 'successor') listForProof(view.version.remoteId)
    else dueMs = Math.min(dueMs, now + Math.max(verdict.forMs, 100))
  }

  function listForProof(remoteId: number): void {
    if (remoteId !== link.id) return
    if (tools.isBusy()) {
      dueMs = Math.min(dueMs, clock.monotonicMs() + LISTED_MS)
      return
    }
    tools.begin(async () => {
      await link.listing()
      dueMs = clock.monotonicMs() + Math.max(LISTED_MS, tools.effectTools().absentGapMs / LISTINGS_PER_LAG)
    })
  }

  function troubledBy(why: string | null): void {
    clockTrouble = why
    clockTestMs = why === null ? Number.POSITIVE_INFINITY : clock.monotonicMs() + CLOCK_TEST_MS
  }

  /** No delete is tried while the clocks disagree, so that somebody has to look whether they still do. */
  async function testClocks(): Promise<void> {
    clockTestMs = clock.monotonicMs() + CLOCK_TEST_MS
    // Also a dataset that is not believed has told the server's time.
    await link.listing()
    troubledBy(clockSkew({ ledger, clock, remote: link.remote }))
    if (clockTrouble === null) tools.onStopped()
  }

  async function send(ready: readonly number[]): Promise<void> {
    let before: Judgement = { judged: [], live: { units: 0, files: 0 } }
    try {
      const result = await deleteVersions(
        {
          ...tools.effectTools(),
          deleteCall: link.deleteCall,
          oneByOne,
          judgeNow: () => {
            before = judge()
            return mayGo(before)
          },
          judgeAgain: (ids) => mayGo(judge({ versionIds: new Set(ids), before })),
        },
        ready,
      )
      troubledBy(result.kind === 'stopped' && result.state === 'clock' ? result.why : null)
      if (result.kind === 'stopped') {
        dueMs = clock.monotonicMs() + STOPPED_MS
        tools.onStopped()
        // A single pass waits for what was heard of while the dataset was read.
        dueForOnce ||= unlooked.holds()
      } else {
        unlooked.reset()
        tools.onDeleted()
      }
    } catch (error) {
      if (!(error instanceof EncordError)) throw error
      link.failed(error, 1)
      dueMs = clock.monotonicMs() + FAILED_MS
    } finally {
      running = false
    }
  }

  return {
    soon() {
      dueMs = Number.NEGATIVE_INFINITY
      dueForOnce = true
    },
    judgeDue() {
      const now = clock.monotonicMs()
      if (signal.aborted || running) return
      if (now >= clockTestMs) tools.begin(testClocks)
      if (now < dueMs || now < restUntilMs) return
      dueMs = Number.POSITIVE_INFINITY
      dueForOnce = false
      const { judged } = judge()
      restUntilMs = now + (clock.monotonicMs() - now) * (1 + REST_FACTOR)
      if (judged.length === 0) {
        unlooked.reset()
        return
      }
      const ready = applyJudgement({ ledger, log, wallMs: () => clock.wallMs() }, tools.record(), judged)
      for (const one of judged) follow(one, now)
      if (ready.length === 0 || link.key().kind !== 'good') return
      if (link.closedUntilMs() > now) {
        unlooked.reset()
        dueMs = Math.min(dueMs, link.closedUntilMs())
        return
      }
      if (unlooked.holds()) {
        dueMs = Math.min(dueMs, now + LOOKED_MS)
        dueForOnce = true
        return
      }
      running = true
      tools.begin(() => send(ready))
    },
    get running() {
      return running
    },
    get due() {
      return dueForOnce
    },
    nextMs: () => (running ? Number.POSITIVE_INFINITY : Math.min(Math.max(dueMs, restUntilMs), clockTestMs)),
    clockTrouble: () => clockTrouble,
  }
}
