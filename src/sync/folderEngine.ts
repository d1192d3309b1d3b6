import PQueue from 'p-queue'
import type { RelPath } from '../model/file.ts'
import { type FolderPolicy, type FolderState, isShut } from '../model/folder.ts'
import { openAgenda } from './agenda.ts'
import { applySurvey } from './applySurvey.ts'
import { reviewCandidates } from './candidates.ts'
import { type EffectQueue, openEffectQueue } from './effectQueue.ts'
import type { EffectTools } from './effectTools.ts'
import { endPause } from './endPause.ts'
import type { EngineTools, Progress } from './engine.ts'
import type { Executed } from './executor.ts'
import { type FolderDeletes, openFolderDeletes } from './folderDeletes.ts'
import { renewAlive, reviewState } from './folderState.ts'
import { type Holds, openHolds } from './holds.ts'
import { type InHand, openInHand } from './inHand.ts'
import { type FileInquiry, inquire } from './inquire.ts'
import { applyNote } from './notes.ts'
import type { Action, Effect, Inquiry } from './plan/action.ts'
import type { Now } from './plan/context.ts'
import { planUnit } from './plan/unitPlan.ts'
import type { FolderRecord } from './records.ts'
import { contextOf } from './relations.ts'
import type { RemoteLink } from './remoteLink.ts'
import type { Survey } from './survey.ts'
import { openSurveySchedule, type SurveySchedule } from './surveySchedule.ts'

/** One folder, as the config and its file system want it treated. */
export type FolderSetup = {
  readonly folderId: number
  readonly remoteId: number
  readonly policy: FolderPolicy
  readonly ignore: readonly { readonly pattern: string; readonly where: string }[]
  readonly fileSystem: 'local' | 'network'
  /** Does an unlink show in its directory's times? Asked before each look; found out once. */
  keepsDirTimes(): Promise<boolean>
  /** The grace in force: at least 10 min on network file systems, ms. */
  readonly graceMs: number
  /** Told what was read, so that it hears of later changes; `restart` after the folder became another one. */
  readonly watch: { synced(tree: Survey['tree']): void; restart(): void }
}

export type FolderEngine = {
  readonly id: number
  /** "Look into this directory." */
  hint(dir: RelPath): void
  requestScan(cause: string): void
  /** A whole scan from now on, for a proof of another folder; one that is under way may be enough. */
  scanForOther(): void
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
  wake(): void
  fail(error: unknown): void
  /** The other folders of the same dataset: a file that is gone here may be there. */
  siblings(): readonly FolderEngine[]
}

const IDENTITY_MS = 10_000
const ALIVE_MS = 60_000
/** Between two whole scans that another folder's proofs ask for, ms. */
const FOR_OTHER_MS = 5_000
/** Units planned in one round. */
const PLAN_SLICE = 300
/** Files looked into at once. */
const INQUIRIES = 8
/** After so many failures in a row a single pass gives up waiting for the server. */
const HOPELESS_FAILURES = 5
/** A file that was not what was scanned is looked at again after this time at the latest, ms. */
const LOOK_AGAIN_MS = 1_000

export function openFolderEngine(tools: FolderTools, setup: FolderSetup, link: RemoteLink): FolderEngine {
  return new RunningFolder(tools, setup, link)
}

class RunningFolder implements FolderEngine {
  readonly id: number
  readonly #tools: FolderTools
  readonly #setup: FolderSetup
  readonly #link: RemoteLink
  readonly #agenda = openAgenda()
  readonly #inquiries = new PQueue({ concurrency: INQUIRIES })
  readonly #fresh = new Set<number>()
  readonly #inHand: InHand
  readonly #holds: Holds
  readonly #surveys: SurveySchedule
  readonly #queue: EffectQueue
  readonly #deletes: FolderDeletes
  #scanned = false
  #identityDueMs = Number.NEGATIVE_INFINITY
  #aliveDueMs = Number.NEGATIVE_INFINITY
  #scannedForOtherMs = Number.NEGATIVE_INFINITY
  #listed = false
  #listingFailures = 0
  #listDueMs = Number.NEGATIVE_INFINITY
  #degraded: string | null = null
  #state: FolderState = 'ok'
  #leaving = false

  constructor(tools: FolderTools, setup: FolderSetup, link: RemoteLink) {
    this.id = setup.folderId
    this.#tools = tools
    this.#setup = setup
    this.#link = link
    const { clock, signal, slots, ledger, log } = tools
    this.#inHand = openInHand(tools.wake, tools.fail)
    this.#holds = openHolds((unitId) => this.#agenda.now(unitId))
    const begin = (work: () => Promise<void>): void => this.#inHand.begin(work)
    const effectTools = (): EffectTools => this.#effectTools()
    this.#surveys = openSurveySchedule({ clock, rescanMs: () => tools.rescanMs, begin }, (dirs, cause) => this.#survey(dirs, cause))
    this.#queue = openEffectQueue({
      clock,
      signal,
      slots,
      link,
      holds: this.#holds,
      begin,
      effectTools,
      onDone: (effect, done) => this.#done(effect, done),
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
      record: () => this.#record(),
      now: () => this.#now(),
      wholeBy: (dueMs, cause) => this.#surveys.wholeBy(dueMs, cause),
      scanElsewhere: () => {
        for (const sibling of tools.siblings()) sibling.scanForOther()
      },
      onStopped: () => {
        this.#identityDueMs = Number.NEGATIVE_INFINITY
      },
      onDeleted: () => this.reopen(),
    })
    this.reopen()
  }

  hint(dir: RelPath): void {
    this.#surveys.hint(dir)
    this.#tools.wake()
  }

  requestScan(cause: string): void {
    this.#surveys.wholeNow(cause)
    this.#identityDueMs = Number.NEGATIVE_INFINITY
    this.#tools.wake()
  }

  scanForOther(): void {
    if (this.#surveys.running || isShut(this.#state)) return
    // A folder that can't be seen as a whole would be scanned all the time.
    const dueMs = Math.max(this.#tools.clock.monotonicMs(), this.#scannedForOtherMs + FOR_OTHER_MS)
    this.#scannedForOtherMs = dueMs
    this.#surveys.wholeBy(dueMs, 'proof: elsewhere')
    this.#tools.wake()
  }

  setDegraded(why: string | null): void {
    this.#degraded = why
    this.#identityDueMs = Number.NEGATIVE_INFINITY
    this.#tools.wake()
  }

  reopen(): void {
    for (const unitId of this.#tools.ledger.units.open(this.id)) this.#agenda.now(unitId)
    this.#identityDueMs = Number.NEGATIVE_INFINITY
    this.#judgeSoon()
  }

  touch(unitIds: readonly number[]): void {
    for (const unitId of unitIds) this.#agenda.now(unitId)
    this.#judgeSoon()
  }

  async turn(): Promise<void> {
    const { clock } = this.#tools
    if (this.#leaving) return
    this.#endPause()
    if (clock.monotonicMs() >= this.#identityDueMs) await this.#lookAtIdentity()
    if (isShut(this.#state)) return
    this.#listAtStart()
    this.#surveys.startDue()
    await this.#link.testKey()
    if (this.#state === 'credentials' && this.#link.key().kind === 'good') this.#identityDueMs = Number.NEGATIVE_INFINITY
    this.#plan()
    this.#queue.pump()
    if (!this.#surveys.running) this.#deletes.judgeDue()
  }

  nextMs(): number {
    if (this.#leaving) return Number.POSITIVE_INFINITY
    if (isShut(this.#state)) return this.#identityDueMs
    const due = [this.#identityDueMs, this.#surveys.nextMs(), this.#pauseEndsMs()]
    if (!this.#listed) due.push(this.#listDueMs)
    if (this.#scanned && !this.#queue.isFull) due.push(this.#agenda.nextMs() ?? Number.POSITIVE_INFINITY)
    const closedUntilMs = this.#link.closedUntilMs()
    if (this.#queue.length > 0 && closedUntilMs > this.#tools.clock.monotonicMs()) due.push(closedUntilMs)
    if (!this.#surveys.running) due.push(this.#deletes.nextMs())
    const key = this.#link.key()
    if (key.kind === 'refused') due.push(key.nextTestMs)
    return Math.min(...due)
  }

  seen(): boolean {
    return this.#leaving || this.#scanned || (this.#identityDueMs > Number.NEGATIVE_INFINITY && isShut(this.#state))
  }

  busyForOnce(deadlineMs: number): boolean {
    if (this.#inHand.size > 0 || this.#surveys.running || this.#deletes.running) return true
    if (this.#identityDueMs === Number.NEGATIVE_INFINITY) return true
    if (isShut(this.#state)) return false
    if (!this.#scanned || this.#surveys.hinted) return true
    if (this.#link.key().kind === 'refused') return false
    const hopeless = this.#link.failures() >= HOPELESS_FAILURES || this.#listingFailures >= HOPELESS_FAILURES
    if (!this.#listed && !hopeless) return this.#listDueMs <= deadlineMs
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
  }

  async finished(): Promise<void> {
    await this.#inHand.drained()
    await renewAlive(this.#tools, this.id, true)
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

  #pauseEndsMs(): number {
    const { pausedUntilMs } = this.#record()
    const { clock } = this.#tools
    return pausedUntilMs === null ? Number.POSITIVE_INFINITY : clock.monotonicMs() + pausedUntilMs - clock.wallMs()
  }

  async #lookAtIdentity(): Promise<void> {
    const { clock } = this.#tools
    this.#identityDueMs = clock.monotonicMs() + IDENTITY_MS
    const key = this.#link.key()
    const clockTrouble = this.#deletes.clockTrouble()
    const other =
      key.kind === 'refused'
        ? ({ state: 'credentials', why: key.why } as const)
        : clockTrouble !== null
          ? ({ state: 'clock', why: clockTrouble } as const)
          : this.#degraded !== null
            ? ({ state: 'degraded', why: this.#degraded } as const)
            : null
    const { state, was } = await reviewState(this.#tools, this.id, other)
    if (state !== was && (isShut(was) || was === 'restored' || state === 'restored') && !isShut(state)) {
      this.#setup.watch.restart()
      this.#surveys.wholeNow('the folder became another one')
    }
    if (state !== was) this.#judgeSoon()
    this.#state = state
    if (clock.monotonicMs() >= this.#aliveDueMs) {
      this.#aliveDueMs = clock.monotonicMs() + ALIVE_MS
      await renewAlive(this.#tools, this.id, false)
    }
  }

  /** Each start lists the dataset once; a dataset that can't be read is tried again. */
  #listAtStart(): void {
    const { clock } = this.#tools
    if (this.#listed || clock.monotonicMs() < this.#listDueMs) return
    this.#listDueMs = Number.POSITIVE_INFINITY
    this.#inHand.begin(async () => {
      const hashes = await this.#link.listing()
      this.#listed = hashes !== null
      this.#listingFailures = hashes === null ? this.#listingFailures + 1 : 0
      this.#listDueMs = clock.monotonicMs() + Math.min(60_000, 500 * 2 ** this.#listingFailures)
      if (this.#link.key().kind === 'refused') this.#identityDueMs = Number.NEGATIVE_INFINITY
      this.reopen()
    })
  }

  async #survey(dirs: readonly RelPath[] | null, cause: string): Promise<void> {
    const { clock, disk, signal } = this.#tools
    const began = clock.monotonicMs()
    await this.#lookAtIdentity()
    if (isShut(this.#state)) return
    const folder = this.#record()
    const { ignore } = this.#setup
    const survey = await disk.survey({
      folderId: this.id,
      root: folder.path,
      dirs,
      ignore,
      knownMounts: folder.mounts,
      keepsDirTimes: await this.#setup.keepsDirTimes(),
    })
    // The folder that was walked is the folder that is known, before and after: else it proves nothing.
    await this.#lookAtIdentity()
    if (isShut(this.#state) || signal.aborted) return
    if (this.#setup.ignore !== ignore) {
      // Walked by rules that are not in force any more.
      this.#surveys.wholeNow('the config changed')
      return
    }
    this.#applySurvey(folder, survey, cause, clock.monotonicMs() - began)
  }

  #applySurvey(folder: FolderRecord, survey: Survey, cause: string, tookMs: number): void {
    const { ledger, log, clock, looks } = this.#tools
    const wallMs = (): number => clock.wallMs()
    const { scanId, touched } = applySurvey(
      { ledger, looks, log, wallMs, process: this.#tools.process },
      folder,
      this.#setup.policy,
      survey,
    )
    reviewCandidates({ ledger, looks, log, wallMs }, folder, scanId, touched, this.#setup.graceMs)
    this.#setup.watch.synced(survey.tree)
    if (survey.scan.whole) {
      if (survey.scan.result === 'complete') ledger.now(() => ledger.folders.setMounts(this.id, survey.mounts))
      ledger.now(() => {
        ledger.meta.write(`ignored:${this.id}`, String(survey.ignored))
        ledger.scans.prune(this.id, clock.wallMs() - 3_600_000)
      })
      this.#scanned = true
    }
    for (const { dir, why } of survey.scan.blind) log.emit('scan.blind', { folder: folder.path, dir, why })
    log.emit('folder.scanned', {
      folder: folder.path,
      whole: survey.scan.whole,
      result: survey.scan.result,
      cause,
      files: survey.files,
      directories: survey.tree.length,
      blind: survey.scan.blind.length,
      tookMs: Math.round(tookMs),
    })
    this.#touchEverywhere([...touched], survey.scan.whole)
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

  /** Plans units that are due, a slice at a time: notes are carried out at once, the rest is begun. */
  #plan(): void {
    const { ledger, clock, signal } = this.#tools
    if (signal.aborted || !this.#scanned || this.#queue.isFull) return
    const ids = this.#agenda.take(clock.monotonicMs(), PLAN_SLICE)
    if (ids.length === 0) return
    const around = this.#around()
    ledger.now(() => {
      for (const id of ids) {
        if (this.#holds.has(id)) {
          this.#holds.again(id)
          continue
        }
        const view = ledger.view(id)
        if (view === null || view.unit.folderId !== this.id) continue
        for (const action of planUnit(view, contextOf(view, around))) this.#act(around.folder, action)
      }
    })
  }

  #around(): Parameters<typeof contextOf>[1] {
    const { ledger, looks } = this.#tools
    return {
      ledger,
      looks,
      folder: this.#record(),
      remote: ledger.remotes.get(this.#setup.remoteId),
      policy: this.#setup.policy,
      fileSystem: this.#setup.fileSystem,
      foreign: this.#link.foreign(),
      now: this.#now(),
    }
  }

  /** Plans the unit once more: only the very same effect is carried out. */
  #stillPlanned(effect: Effect): boolean {
    const view = this.#tools.ledger.view(effect.unitId)
    if (view === null || view.unit.folderId !== this.id) return false
    const wanted = JSON.stringify(effect)
    return planUnit(view, contextOf(view, this.#around())).some((action) => JSON.stringify(action) === wanted)
  }

  #act(folder: FolderRecord, action: Action): void {
    const { ledger, log, clock } = this.#tools
    switch (action.kind) {
      case 'inspect':
      case 'hash':
      case 'inspect-sidecar':
        this.#ask(folder, action)
        return
      case 'list-remote':
        this.#askRemote(action)
        return
      case 'upload':
        ledger.units.setWork(action.unitId, 'queued', action.because, clock.wallMs(), ledger.units.get(action.unitId)?.attempts ?? 0)
        this.#queue.push(action)
        return
      case 'resolve':
      case 'retitle':
      case 'write-metadata':
        this.#queue.push(action)
        return
      case 'wait':
        applyNote({ ledger, log, wallMs: () => clock.wallMs() }, folder, this.#setup.policy, action)
        if (action.forMs !== null) this.#agenda.at(action.unitId, clock.monotonicMs() + action.forMs, action.patience)
        return
      default:
        if (action.kind === 'link') for (const row of [action.row, ...action.more]) this.#link.foreign().drop(row.dataHash)
        this.#touchEverywhere(applyNote({ ledger, log, wallMs: () => clock.wallMs() }, folder, this.#setup.policy, action), false)
    }
  }

  #ask(folder: FolderRecord, inquiry: FileInquiry): void {
    this.#holds.hold(inquiry.unitId)
    this.#inHand.begin(async () => {
      try {
        const answer = await this.#inquiries.add(() => inquire(this.#tools, folder, inquiry))
        if (answer.kind === 'look') {
          this.hint(answer.dir)
          this.#agenda.at(inquiry.unitId, this.#tools.clock.monotonicMs() + LOOK_AGAIN_MS, 'once-waits')
        } else this.#holds.again(inquiry.unitId)
        this.#judgeSoon()
      } catch (error) {
        if (!this.#tools.signal.aborted) throw error
      } finally {
        this.#holds.release(inquiry.unitId)
      }
    })
  }

  #askRemote(inquiry: Extract<Inquiry, { kind: 'list-remote' }>): void {
    const { ledger, clock } = this.#tools
    ledger.units.setWork(inquiry.unitId, 'waiting', inquiry.because, clock.wallMs())
    // The listing at start, or its next try, plans every open unit anew.
    if (this.#listed) {
      this.#listed = false
      this.#listDueMs = clock.monotonicMs()
    }
  }

  /** What came of an effect: the unit is planned anew at once, later, or after its directory was looked at. */
  #done(effect: Effect, done: Executed): void {
    const now = this.#tools.clock.monotonicMs()
    if (this.#link.key().kind === 'refused') this.#identityDueMs = Number.NEGATIVE_INFINITY
    if (done.look !== null) {
      this.hint(done.look)
      this.#agenda.at(effect.unitId, now + LOOK_AGAIN_MS, done.patience)
    } else if (done.againInMs > 0) this.#agenda.at(effect.unitId, now + done.againInMs, done.patience)
    else if (done.patience === 'once-waits') this.#holds.again(effect.unitId)
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
      fresh: this.#fresh,
      stillPlanned: (effect) => this.#stillPlanned(effect),
      lookInto: (folderId, dir) => {
        for (const folder of [this, ...this.#tools.siblings()]) if (folder.id === folderId) folder.hint(dir)
      },
      inSlot: (sizeBytes, work) => slots.run(sizeBytes, work),
      onBytes: (unitId, moreBytes) => this.#queue.count(unitId, moreBytes),
      listing: () => this.#link.listing(),
    }
  }

  #judgeSoon(): void {
    this.#deletes.soon()
    this.#tools.wake()
  }
}
