import type { RelPath } from '../model/file.ts'
import { type FolderPolicy, isShut } from '../model/folder.ts'
import { openAgenda } from './agenda.ts'
import { type EffectQueue, openEffectQueue } from './effectQueue.ts'
import type { EffectTools } from './effectTools.ts'
import { endPause, msToPauseEnd } from './endPause.ts'
import type { EngineTools, Progress } from './engine.ts'
import type { Executed } from './executor.ts'
import { type FolderDeletes, openFolderDeletes } from './folderDeletes.ts'
import type { FolderSetup } from './folderSetup.ts'
import { renewAlive } from './folderState.ts'
import { type FolderSurveys, openFolderSurveys } from './folderSurveys.ts'
import type { Holds } from './holds.ts'
import { type IdentityWatch, type IdentityWatchTools, openIdentityWatch } from './identityWatch.ts'
import { type InHand, openInHand } from './inHand.ts'
import type { Effect } from './plan/action.ts'
import type { Now } from './plan/context.ts'
import type { FolderRecord } from './records.ts'
import type { RemoteLink } from './remoteLink.ts'
import { openStartListing, type StartListing } from './startListing.ts'
import { takeUp } from './takeUp.ts'
import { LOOK_AGAIN_MS, openUnitPlanning, type UnitPlanning } from './unitPlanning.ts'

export type FolderEngine = {
  readonly id: number
  readonly policy: FolderPolicy
  /** "Look into this directory." */
  hint(dir: RelPath): void
  /** A whole scan: something may have been missed, and the looks so far let no row go. */
  requestScan(cause: string): void
  /** A whole scan, as one is due from time to time. */
  poll(): void
  /** A whole scan from now on, for a proof of this or another folder; one that is under way may be enough. */
  scanForProof(): void
  setDegraded(why: string | null): void
  /** One round: identity, surveys, plans, effects. Starts work; never waits for it. */
  turn(): Promise<void>
  /** When the next round is due, by the monotonic clock. */
  nextMs(): number
  /** Plans everything anew that is open. */
  reopen(): void
  touch(unitIds: readonly number[]): void
  /** Was it looked at since the start, or can it not be? */
  seen(): boolean
  /** Since when something is known of here that no look has taken in yet, by the monotonic clock; Infinity: nothing, or it cannot be looked at. */
  unlookedSinceMs(): number
  /** Is a look on its way, the first since a start say, that tells what came here meanwhile? Not where looks fail. */
  isAwaited(): boolean
  /** Is anything in hand, or due until then, that a single pass waits for? */
  busyForOnce(deadlineMs: number): boolean
  progress(): {
    readonly folder: Progress['folders'][number]
    readonly uploads: Progress['uploads']
    readonly sentBytes: number
    readonly sentUnits: number
  }
  /** Nothing more is begun for it; what is in hand goes on. */
  leave(): void
  /** Resolves when nothing is in hand any more. */
  finished(): Promise<void>
}

export type FolderTools = EngineTools & {
  /** Of all folders: a unit may move to another one while something is done for it here. */
  readonly holds: Holds
  wake(): void
  fail(error: unknown): void
  /** The other folders of the same dataset: a file that is gone here may be there. */
  siblings(): readonly FolderEngine[]
}

/** After so many failures in a row a single pass gives up waiting for the server. */
const HOPELESS_FAILURES = 5

export function openFolderEngine(tools: FolderTools, setup: FolderSetup, link: RemoteLink): FolderEngine {
  return new RunningFolder(tools, setup, link)
}

class RunningFolder implements FolderEngine {
  readonly id: number
  readonly #tools: FolderTools
  readonly #setup: FolderSetup
  readonly #link: RemoteLink
  readonly #agenda = openAgenda()
  readonly #fresh = new Set<number>()
  readonly #inHand: InHand
  readonly #surveys: FolderSurveys
  readonly #queue: EffectQueue
  readonly #planning: UnitPlanning
  readonly #listing: StartListing
  readonly #deletes: FolderDeletes
  readonly #identity: IdentityWatch
  #degraded: string | null = null
  #leaving = false
  #turning: Promise<void> = Promise.resolve()

  constructor(tools: FolderTools, setup: FolderSetup, link: RemoteLink) {
    this.id = setup.folderId
    this.#tools = tools
    this.#setup = setup
    this.#link = link
    const { clock, signal, slots, ledger, log } = tools
    ledger.now(() => takeUp(ledger, this.id, clock.wallMs()))
    this.#inHand = openInHand(tools.wake, tools.fail)
    this.#identity = openIdentityWatch(
      {
        ledger,
        disk: tools.disk,
        log,
        clock,
        trouble: () => this.#trouble(),
        onChange: () => this.#judgeSoon(),
        onAnother: () => {
          setup.watch.restart()
          this.#surveys.wholeNow('the folder became another one')
        },
        onOtherMounts: () => this.#surveys.wholeNow('what is mounted under it changed'),
      },
      setup.folderId,
    )
    const begin = (work: () => Promise<void>): void => this.#inHand.begin(work)
    const effectTools = (): EffectTools => this.#effectTools()
    this.#surveys = openFolderSurveys(
      tools,
      setup,
      this.#identity,
      begin,
      (folderId) => this.#policyOf(folderId),
      (unitIds, whole) => this.#touchEverywhere(unitIds, whole),
    )
    this.#queue = openEffectQueue({
      clock,
      signal,
      slots,
      link,
      holds: tools.holds,
      begin,
      effectTools,
      onDone: (effect, done) => this.#done(effect, done),
    })
    this.#listing = openStartListing({
      clock,
      link,
      absentGapMs: () => tools.absentGapMs,
      begin,
      onAnswer: () => {
        this.#showRefusedKey()
        this.reopen()
      },
    })
    this.#planning = openUnitPlanning({
      ...tools,
      setup,
      link,
      agenda: this.#agenda,
      begin,
      record: () => this.#record(),
      now: () => this.#now(),
      awaited: () => {
        const other = tools.siblings().find((sibling) => sibling.isAwaited())
        return other === undefined ? null : ledger.folders.get(other.id).path
      },
      queue: (effect) => this.#queue.push(effect),
      hint: (dir) => this.hint(dir),
      touch: (unitIds) => this.#touchEverywhere(unitIds, false),
      judgeSoon: () => this.#judgeSoon(),
      listAgain: () => this.#listing.again(),
    })
    this.#deletes = openFolderDeletes({
      ledger,
      log,
      clock,
      signal,
      link,
      setup,
      begin,
      effectTools,
      isBusy: () => this.#inHand.size > 0,
      isLeaving: () => this.#leaving,
      record: () => this.#record(),
      now: () => this.#now(),
      wholeBy: (dueMs, cause) => this.#surveys.wholeBy(dueMs, cause),
      scanForProof: (folderIds) => {
        for (const folder of [this, ...tools.siblings()]) if (folderIds.includes(folder.id)) folder.scanForProof()
      },
      unlookedSinceMs: () => Math.min(...[this, ...tools.siblings()].map((folder) => folder.unlookedSinceMs())),
      onStopped: () => this.#identity.soon(),
      onDeleted: () => this.reopen(),
    })
    this.reopen()
  }

  get policy(): FolderPolicy {
    return this.#setup.policy
  }

  hint(dir: RelPath): void {
    this.#surveys.hint(dir)
    this.#tools.wake()
  }

  requestScan(cause: string): void {
    this.#surveys.wholeNow(cause)
    this.#identity.soon()
    this.#tools.wake()
  }

  poll(): void {
    this.#surveys.wholeBy(this.#tools.clock.monotonicMs(), 'polling')
    this.#identity.soon()
    this.#tools.wake()
  }

  scanForProof(): void {
    this.#surveys.wholeForProof()
    this.#tools.wake()
  }

  setDegraded(why: string | null): void {
    this.#degraded = why
    this.#identity.soon()
    this.#tools.wake()
  }

  reopen(): void {
    for (const unitId of this.#tools.ledger.units.open(this.id)) this.#agenda.now(unitId)
    this.#surveys.renew()
    this.#identity.soon()
    this.#judgeSoon()
  }

  touch(unitIds: readonly number[]): void {
    for (const unitId of unitIds) this.#agenda.now(unitId)
    this.#judgeSoon()
  }

  turn(): Promise<void> {
    this.#turning = this.#takeTurn()
    return this.#turning
  }

  async #takeTurn(): Promise<void> {
    const { clock } = this.#tools
    if (this.#leaving) return
    this.#endPause()
    if (clock.monotonicMs() >= this.#identity.dueMs) {
      await this.#identity.look()
      // Let go of meanwhile: whoever has the folder next would do the same things a second time.
      if (this.#leaving) return
      // No plan looks at them, and no unit asks for a listing.
      if (this.#link.needsListing()) this.#listing.again()
    }
    if (isShut(this.#identity.state)) return
    // A person may be about to say which row it made.
    if (this.#link.hasNewLostCall()) this.#listing.again()
    this.#listing.startDue()
    this.#surveys.startDue()
    await this.#link.testKey()
    if (this.#leaving) return
    if (this.#identity.state === 'credentials' && this.#link.key().kind === 'good') this.#identity.soon()
    if (!this.#tools.signal.aborted && this.#surveys.scanned && !this.#queue.isFull) this.#planning.planDue()
    this.#queue.pump()
    if (!this.#surveys.running) this.#deletes.judgeDue()
  }

  nextMs(): number {
    if (this.#leaving) return Number.POSITIVE_INFINITY
    if (isShut(this.#identity.state)) return this.#identity.dueMs
    const due = [
      this.#identity.dueMs,
      this.#surveys.nextMs(),
      this.#listing.nextMs(),
      this.#tools.clock.monotonicMs() + msToPauseEnd(this.#record(), this.#tools.clock.wallMs()),
    ]
    if (this.#surveys.scanned && !this.#queue.isFull) due.push(this.#agenda.nextMs() ?? Number.POSITIVE_INFINITY)
    const closedUntilMs = this.#link.closedUntilMs()
    if (this.#queue.length > 0 && closedUntilMs > this.#tools.clock.monotonicMs()) due.push(closedUntilMs)
    if (!this.#surveys.running) due.push(this.#deletes.nextMs())
    const key = this.#link.key()
    if (key.kind === 'refused') due.push(key.nextTestMs)
    return Math.min(...due)
  }

  seen(): boolean {
    return this.#leaving || this.#surveys.scanned || (this.#identity.dueMs > Number.NEGATIVE_INFINITY && isShut(this.#identity.state))
  }

  isAwaited(): boolean {
    return !this.#leaving && !isShut(this.#identity.state) && this.#surveys.awaited
  }

  unlookedSinceMs(): number {
    return this.#leaving || isShut(this.#identity.state) ? Number.POSITIVE_INFINITY : this.#surveys.unlookedSinceMs()
  }

  busyForOnce(deadlineMs: number): boolean {
    if (this.#inHand.size > 0 || this.#surveys.running || this.#deletes.running) return true
    if (this.#identity.dueMs === Number.NEGATIVE_INFINITY) return true
    if (isShut(this.#identity.state)) return false
    if (!this.#surveys.scanned || this.#surveys.hinted || this.#surveys.owed)
      return this.#surveys.trouble === null || this.#surveys.nextMs() <= deadlineMs
    if (this.#link.key().kind === 'refused') return false
    const hopeless = this.#link.failures() >= HOPELESS_FAILURES || this.#listing.failures >= HOPELESS_FAILURES
    if (!this.#listing.isDone && !hopeless) return this.#listing.nextMs() <= deadlineMs
    if (hopeless) return false
    if (this.#queue.length > 0) return this.#link.closedUntilMs() <= deadlineMs
    if (this.#deletes.due) return true
    const next = this.#agenda.nextForOnceMs()
    return next !== null && next <= deadlineMs
  }

  progress(): ReturnType<FolderEngine['progress']> {
    const folder = this.#record().path
    const { uploads, sentBytes, sentUnits, ...queue } = this.#queue.progress(folder)
    return { folder: { folder, scanning: this.#surveys.running, ...queue, waiting: this.#agenda.size }, uploads, sentBytes, sentUnits }
  }

  leave(): void {
    this.#leaving = true
    this.#queue.drop()
  }

  async finished(): Promise<void> {
    await this.#turning.catch(() => undefined)
    await this.#inHand.drained()
    await renewAlive(this.#tools, this.id, true)
  }

  /** Of a folder of the dataset; this one's where nobody works at it any more. */
  #policyOf(folderId: number): FolderPolicy {
    return (this.#tools.siblings().find(({ id }) => id === folderId) ?? this).policy
  }

  #record(): FolderRecord {
    return this.#tools.ledger.folders.get(this.id)
  }

  #endPause(): void {
    const { ledger, clock, log } = this.#tools
    if (!endPause(ledger, this.id, clock.wallMs())) return
    log.emit('folder.resumed', { folder: this.#record().path })
    this.reopen()
  }

  #trouble(): ReturnType<IdentityWatchTools['trouble']> {
    const key = this.#link.key()
    if (key.kind === 'refused') return { state: 'credentials', why: key.why }
    const clock = this.#deletes.clockTrouble()
    if (clock !== null) return { state: 'clock', why: clock }
    const why = this.#surveys.trouble ?? this.#degraded
    return why === null ? null : { state: 'degraded', why }
  }

  /** A file that moved to another folder took its unit along, and is planned there. @param all whether the others judge anew too */
  #touchEverywhere(unitIds: readonly number[], all: boolean): void {
    this.touch(unitIds)
    for (const sibling of this.#tools.siblings()) {
      const theirs = unitIds.filter((id) => this.#tools.ledger.units.get(id)?.folderId === sibling.id)
      if (all || theirs.length > 0) sibling.touch(theirs)
    }
  }

  #now(): Now {
    const { clock } = this.#tools
    const server = this.#link.remote.serverTime()
    return { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs(), serverMs: server?.dateMs ?? null }
  }

  /** What came of an effect: the unit is planned anew at once, later, or after its directory was looked at. */
  #done(effect: Effect, done: Executed): void {
    const now = this.#tools.clock.monotonicMs()
    this.#showRefusedKey()
    if (done.look !== null) {
      this.hint(done.look)
      this.#agenda.at(effect.unitId, now + LOOK_AGAIN_MS, done.patience)
    } else if (done.againInMs > 0) this.#agenda.at(effect.unitId, now + done.againInMs, done.patience)
    else if (done.patience === 'once-waits') this.#tools.holds.again(effect.unitId)
    this.#judgeSoon()
  }

  #effectTools(): EffectTools {
    const { ledger, disk, log, clock, signal, slots, absentGapMs, crashPoint } = this.#tools
    return {
      ledger,
      disk,
      log,
      clock,
      signal,
      absentGapMs,
      crashPoint,
      remote: this.#link.remote,
      folder: this.#record(),
      policy: this.#setup.policy,
      policyOf: (folderId) => this.#policyOf(folderId),
      fresh: this.#fresh,
      stillPlanned: (effect) => this.#planning.stillPlanned(effect),
      lookInto: (folderId, dir) => {
        for (const folder of [this, ...this.#tools.siblings()]) if (folder.id === folderId) folder.hint(dir)
      },
      inSlot: (sizeBytes, work) => slots.run(sizeBytes, work),
      onBytes: (unitId, moreBytes) => this.#queue.count(unitId, moreBytes),
      listing: () => this.#link.listing(),
    }
  }

  /** The folder's state says that the key was refused. */
  #showRefusedKey(): void {
    if (this.#link.key().kind === 'refused') this.#identity.soon()
  }

  #judgeSoon(): void {
    this.#deletes.soon()
    this.#tools.wake()
  }
}
