import type { Clock, Random } from '../model/clock.ts'
import { EncordError } from '../model/error.ts'
import type { Log } from '../model/event.ts'
import { backoffMs, LONGEST_LOCAL_BACKOFF_MS } from './backoff.ts'
import { watchClock } from './clocks.ts'
import { type ContactLook, contactEmptied } from './contact.ts'
import { allowDatarow, isOldRefusal } from './datarowRefusal.ts'
import { isTold } from './isTold.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { applyListing, keepAskedRows, type Listed } from './listing.ts'
import { orphansOf, settleOrphans } from './orphans.ts'
import type { DeleteCall, Remote } from './ports.ts'
import { type ForeignIndex, indexForeign } from './relations.ts'

/** So many failures in a row mean that the server, not a file, is the matter. */
const FAILURES_UNTIL_CLOSED = 3
/** How often a refused key is tried again, ms. */
const KEY_TEST_MS = 15_000

export type RemoteTools = {
  readonly ledger: LedgerPort
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
  /** ms that a listing may lag. */
  readonly absentGapMs: number
}

/** What the key of a dataset is known to be good for. */
type KeyState = { readonly kind: 'good' } | { readonly kind: 'refused'; readonly why: string; readonly nextTestMs: number }

/** What follows a title or note that could not be written. */
type TidyVerdict = { readonly kind: 'again' | 'later' | 'no-such-call'; readonly againInMs: number }

/** Failures in a row after which titles and notes of all rows are left for later, for longer each time. */
const TIDY_BUDGET = 3
const TIDY_FIRST_PAUSE_MS = 15_000
const TIDY_LONGEST_PAUSE_MS = 600_000
/** How a server answers that knows no such call. */
const NO_SUCH_CALL = new Set<number | null>([404, 405, 501])

/**
 * One dataset's server as the engine sees it: is it worth a call now, does the key work, what did the last listing say. Several
 * folders may share it.
 */
export type RemoteLink = {
  readonly id: number
  readonly remote: Remote
  readonly deleteCall: DeleteCall
  key(): KeyState
  /** By the monotonic clock: no effect is started before this, ms. */
  closedUntilMs(): number
  /** Failures in a row. */
  failures(): number
  succeeded(): void
  /** Remembers what an error says about the server or the key. @returns backoff for the unit, ms */
  failed(error: EncordError, attempts: number): number
  tidied(): void
  /** For how long no title or note is written, because the last ones failed, ms. */
  tidyInMs(): number
  /** A title or a note could not be written; it says nothing about uploads. */
  tidyFailed(error: EncordError): TidyVerdict
  /** The key may be another one now: a refused one is tested at the next turn. */
  keyChanged(): void
  /** Tests a refused key when it is time to. */
  testKey(): Promise<void>
  /** A dataset read, applied to the ledger. Those who ask while one is under way share it. Null: it is not to be trusted. */
  listing(): Promise<Listed | null>
  /** Has the dataset to be read anew, or are there calls or rows of which only a listing can tell what became of them, as no plan looks at them? */
  needsListing(): boolean
  /** Was a call lost for good since the last listing? The rows that it may have made are not known yet. */
  hasNewLostCall(): boolean
  foreign(): ForeignIndex
  /** Why the last read failed; null when it did not. */
  trouble(): string | null
}

export function openRemoteLink(
  tools: RemoteTools,
  id: number,
  remote: Remote,
  deleteCall: DeleteCall,
  onTouched: (unitIds: readonly number[]) => void,
): RemoteLink {
  const { ledger, clock, random, log, signal } = tools
  let key: KeyState = { kind: 'good' }
  let closedUntilMs = 0
  // A pause that the server asked for is not over because a call that was on its way came through.
  let askedUntilMs = 0
  let failures = 0
  let reading: Promise<Listed | null> | null = null
  let foreign: ForeignIndex | null = null
  let trouble: string | null = null
  let emptySinceMs: number | null = null
  // The first of the listings that a contact takes, where this process read it: by both clocks.
  let firstLook: { readonly wallMs: number; readonly monotonicMs: number } | null = null
  let undecided = 0
  // Up to this lost call rows that it may have made were looked for.
  let askedUpTo = 0
  const newestVersion = ledger.past.newestVersion()
  let tidyFailures = 0
  let tidyPauses = 0
  let tidyClosedUntilMs = 0
  let everTidied = false
  if (isOldRefusal(ledger, id, clock.wallMs())) allowDatarow(ledger, id)

  const isSteady = watchClock(clock, remote)
  const closedNowMs = (): number => Math.max(closedUntilMs, askedUntilMs)

  /** @param sentAt when the listing was asked for */
  function contactLook(sentAt: { readonly wallMs: number; readonly monotonicMs: number }): ContactLook {
    const { firstContact, firstLookMs } = ledger.remotes.get(id)
    if (firstContact !== 'again') return 'only'
    // Nothing tells how long ago a look in the future was.
    if (firstLookMs === null || firstLookMs > sentAt.wallMs) return 'first'
    const isOwn = firstLook?.wallMs === firstLookMs
    const sinceMs = isOwn ? sentAt.monotonicMs - (firstLook?.monotonicMs ?? 0) : sentAt.wallMs - firstLookMs
    return sinceMs < tools.absentGapMs ? 'between' : 'last'
  }

  async function read(): Promise<Listed | null> {
    const sentAtMs = clock.wallMs()
    const sentAt = { wallMs: sentAtMs, monotonicMs: clock.monotonicMs() }
    const first = ledger.remotes.get(id).firstContact !== 'done'
    const newestLost = ledger.versions.newestLost(id)
    const isAsked = newestLost > 0
    try {
      const listing = await remote.listing({ clientMetadata: first || isAsked }, { signal })
      // A first contact became due meanwhile: this one does not tell which rows carry our notes.
      if (!first && ledger.remotes.get(id).firstContact !== 'done') return await read()
      // By a clock that was set meanwhile a row of a moment ago is a year old.
      const absentGapMs = isSteady(tools.absentGapMs) ? tools.absentGapMs : Number.POSITIVE_INFINITY
      const look = contactLook(sentAt)
      const applied = { ledger, log, absentGapMs, newestVersion, contactLook: look, wallMs: () => clock.wallMs() }
      const verdict = applyListing(applied, id, listing, sentAtMs)
      link.succeeded()
      if (verdict.kind === 'distrusted') {
        trouble = `the dataset's listing is not to be trusted: ${verdict.why}`
        if (!verdict.holdsNoneOfOurs) return null
        emptySinceMs ??= clock.monotonicMs()
        if (clock.monotonicMs() - emptySinceMs >= tools.absentGapMs) {
          contactEmptied(applied, id, listing)
          foreign = null
        }
        return null
      }
      trouble = null
      emptySinceMs = null
      if (look === 'first') firstLook = sentAt
      undecided = verdict.undecided
      askedUpTo = newestLost
      if (isAsked) keepAskedRows(ledger, id, listing)
      foreign = null
      if (first && ledger.remotes.get(id).firstContact === 'done') {
        // A row that carries our note is linked once the file that it names is looked at.
        const unlinked = ledger.remotes.foreignRows(id).filter(({ own }) => own === null).length
        for (const folder of ledger.folders.all().filter((one) => one.remoteId === id)) {
          log.emit('remote.first-contact', {
            folder: folder.path,
            dataset: ledger.remotes.get(id).dataset,
            rows: listing.rows.length,
            linked: listing.rows.length - unlinked,
            unlinked,
            next: unlinked > 0 ? 'encord-sync adopt' : null,
          })
        }
      }
      onTouched(verdict.touched)
      await settleOrphans({ ...tools, remote }, id, verdict.listed)
      return verdict.listed
    } catch (error) {
      if (!(error instanceof EncordError)) throw error
      // A dataset that this key can't find is a matter for a person, not for patience.
      const lost = error.kind === 'look-first' || error.kind === 'this-file'
      link.failed(
        lost
          ? new EncordError('not-allowed', {
              call: error.call,
              outcome: 'not-done',
              word: error.word,
              message: `the dataset cannot be read with this key (${error.word ?? error.message})`,
            })
          : error,
        0,
      )
      trouble = error.message
      return null
    }
  }

  const link: RemoteLink = {
    id,
    remote,
    deleteCall,
    key: () => key,
    closedUntilMs: closedNowMs,
    failures: () => failures,
    succeeded() {
      // By which clock a row was made: one that is set back before the next listing would be seen by none.
      isSteady(0)
      failures = 0
      closedUntilMs = 0
      if (key.kind === 'refused') key = { kind: 'good' }
    },
    failed(error, attempts) {
      if (error.kind === 'credentials' || error.kind === 'not-allowed') {
        key = { kind: 'refused', why: error.message, nextTestMs: clock.monotonicMs() + KEY_TEST_MS }
        return KEY_TEST_MS
      }
      // Whatever else it is: without a wait it would be tried in a tight loop, or never again.
      if (error.kind === 'local') return backoffMs(attempts, random, LONGEST_LOCAL_BACKOFF_MS)
      if (error.kind !== 'transient') return backoffMs(attempts, random)
      // Calls that were in flight when the server was found away tell nothing new.
      const isNew = clock.monotonicMs() >= closedNowMs()
      if (isNew) failures++
      if (isNew && isTold(failures))
        log.emit('call.failed', { call: error.call, kind: error.kind, outcome: error.outcome, why: error.message, retryInMs: null })
      const nowMs = clock.monotonicMs()
      if (error.retryAfterMs !== null) askedUntilMs = Math.max(askedUntilMs, nowMs + error.retryAfterMs)
      if (failures >= FAILURES_UNTIL_CLOSED || error.retryAfterMs !== null)
        closedUntilMs = Math.max(closedUntilMs, nowMs + backoffMs(failures - FAILURES_UNTIL_CLOSED, random))
      return Math.max(error.retryAfterMs ?? 0, backoffMs(attempts, random))
    },
    tidied() {
      tidyFailures = 0
      tidyPauses = 0
      tidyClosedUntilMs = 0
      everTidied = true
    },
    tidyInMs: () => Math.max(0, tidyClosedUntilMs - clock.monotonicMs()),
    tidyFailed(error) {
      if (error.retryAfterMs !== null) link.failed(error, 1)
      // A server that answers nothing else either is away, and says nothing about this call.
      if (failures > 0) return { kind: 'again', againInMs: backoffMs(tidyFailures + 1, random) }
      tidyFailures++
      if (tidyFailures < TIDY_BUDGET) return { kind: 'again', againInMs: backoffMs(tidyFailures, random) }
      if (!everTidied && NO_SUCH_CALL.has(error.status)) return { kind: 'no-such-call', againInMs: 0 }
      const againInMs = Math.min(TIDY_LONGEST_PAUSE_MS, TIDY_FIRST_PAUSE_MS * 2 ** tidyPauses++)
      tidyClosedUntilMs = clock.monotonicMs() + againInMs
      return { kind: 'later', againInMs }
    },
    keyChanged() {
      allowDatarow(ledger, id)
      if (key.kind === 'refused') key = { ...key, nextTestMs: Number.NEGATIVE_INFINITY }
    },
    async testKey() {
      if (key.kind !== 'refused' || clock.monotonicMs() < key.nextTestMs) return
      key = { ...key, nextTestMs: clock.monotonicMs() + KEY_TEST_MS }
      try {
        await remote.keyMeta({ signal })
        link.succeeded()
      } catch (error) {
        if (!(error instanceof EncordError)) throw error
      }
    },
    listing() {
      reading ??= read().finally(() => {
        reading = null
      })
      return reading
    },
    needsListing: () => undecided > 0 || ledger.remotes.get(id).firstContact !== 'done' || orphansOf(ledger, id).length > 0,
    hasNewLostCall: () => ledger.versions.newestLost(id) > askedUpTo,
    foreign() {
      foreign ??= indexForeign(ledger.remotes.foreignRows(id))
      return foreign
    },
    trouble: () => trouble,
  }
  return link
}
