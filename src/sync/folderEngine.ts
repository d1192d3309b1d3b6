import PQueue from 'p-queue'
import { EncordError } from '../model/error.ts'
import type { RelPath } from '../model/file.ts'
import { type FolderPolicy, type FolderState, isShut } from '../model/folder.ts'
import { openAgenda } from './agenda.ts'
import { applySurvey } from './applySurvey.ts'
import { reviewCandidates } from './candidates.ts'
import { deleteVersions } from './deleter.ts'
import type { EffectTools } from './effectTools.ts'
import type { EngineTools, Progress } from './engine.ts'
import { execute, ticketImages } from './executor.ts'
import { renewAlive, reviewState } from './folderState.ts'
import { inquire } from './inquire.ts'
import { applyJudgement, judgeDeletes } from './judgeDeletes.ts'
import { applyNote } from './notes.ts'
import type { Action, Effect, Inquiry } from './plan/action.ts'
import type { Now } from './plan/context.ts'
import { planUnit } from './plan/unitPlan.ts'
import type { FolderRecord } from './records.ts'
import { contextOf } from './relations.ts'
import type { RemoteLink } from './remoteLink.ts'
import type { Survey } from './survey.ts'

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
  /** Resolves when nothing is in hand any more. */
  finished(): Promise<void>
}

type Tools = EngineTools & {
  wake(): void
  fail(error: unknown): void
  /** The other folders of the same dataset: a file that is gone here may be there. */
  siblings(): readonly FolderEngine[]
}
type Upload = Extract<Effect, { kind: 'upload' }>

const IDENTITY_MS = 10_000
const ALIVE_MS = 60_000
/** Hints are gathered for this long, and for five times as long as the last look at them took. */
const DEBOUNCE_MS = 50
const DEBOUNCE_FACTOR = 5
/** Units planned in one round, and effects waiting at most. */
const PLAN_SLICE = 300
const QUEUE_LIMIT = 1_000
/** Signed URLs asked for in one call: as many as are used within seconds. */
const TICKET_BATCH = 32
/** Between two whole scans that proofs ask for, ms. */
const SCAN_PAUSE_MS = 250
const HOPELESS_FAILURES = 5

export function openFolderEngine(tools: Tools, setup: FolderSetup, link: RemoteLink): FolderEngine {
  return new RunningFolder(tools, setup, link)
}

class RunningFolder implements FolderEngine {
  readonly id: number
  readonly #tools: Tools
  readonly #setup: FolderSetup
  readonly #link: RemoteLink
  readonly #agenda = openAgenda()
  readonly #inquiries = new PQueue({ concurrency: 8 })
  readonly #inHand = new Set<Promise<unknown>>()
  readonly #busy = new Map<number, number>()
  readonly #again = new Set<number>()
  readonly #queue: Effect[] = []
  readonly #oneByOne = new Set<number>()
  readonly #fresh = new Set<number>()
  readonly #sending = new Map<number, { path: string; sentBytes: number; sizeBytes: number }>()
  #dirty = new Set<RelPath>()
  #dirtySinceMs = 0
  #debounceMs = DEBOUNCE_MS
  #wholeDueMs = Number.NEGATIVE_INFINITY
  #wholeCause = 'start'
  #surveying = false
  #scanned = false
  #lastWholeEndedMs = Number.NEGATIVE_INFINITY
  #identityDueMs = Number.NEGATIVE_INFINITY
  #aliveDueMs = Number.NEGATIVE_INFINITY
  #judgeDueMs = Number.POSITIVE_INFINITY
  #judgeForOnce = false
  #deleting = false
  #listed = false
  #listingFailures = 0
  #listDueMs = Number.NEGATIVE_INFINITY
  #degraded: string | null = null
  #clockTrouble: string | null = null
  #state: FolderState = 'ok'
  #jobs = 0
  #sentBytes = 0
  #sentUnits = 0

  constructor(tools: Tools, setup: FolderSetup, link: RemoteLink) {
    this.id = setup.folderId
    this.#tools = tools
    this.#setup = setup
    this.#link = link
    this.reopen()
  }

  hint(dir: RelPath): void {
    if (this.#dirty.size === 0) this.#dirtySinceMs = this.#tools.clock.monotonicMs()
    this.#dirty.add(dir)
    this.#tools.wake()
  }

  requestScan(cause: string): void {
    this.#wholeDueMs = Number.NEGATIVE_INFINITY
    this.#wholeCause = cause
    this.#identityDueMs = Number.NEGATIVE_INFINITY
    this.#tools.wake()
  }

  scanForOther(): void {
    if (this.#surveying || isShut(this.#state)) return
    this.#wholeBy(this.#tools.clock.monotonicMs(), 'proof: elsewhere')
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
    if (clock.monotonicMs() >= this.#identityDueMs) await this.#lookAtIdentity()
    if (isShut(this.#state)) return
    this.#listAtStart()
    this.#startSurvey()
    await this.#link.testKey()
    if (this.#state === 'credentials' && this.#link.key().kind === 'good') this.#identityDueMs = Number.NEGATIVE_INFINITY
    this.#plan()
    this.#pump()
    this.#judge()
  }

  nextMs(): number {
    const now = this.#tools.clock.monotonicMs()
    const due = [this.#identityDueMs]
    if (!isShut(this.#state)) {
      if (!this.#surveying) {
        due.push(this.#wholeDueAt())
        if (this.#dirty.size > 0) due.push(this.#dirtySinceMs + this.#debounceMs)
      }
      if (!this.#listed) due.push(this.#listDueMs)
      if (this.#scanned && this.#queue.length < QUEUE_LIMIT) due.push(this.#agenda.nextMs() ?? Number.POSITIVE_INFINITY)
      if (this.#queue.length > 0 && this.#link.closedUntilMs() > now) due.push(this.#link.closedUntilMs())
      if (!this.#deleting && !this.#surveying) due.push(this.#judgeDueMs)
      const key = this.#link.key()
      if (key.kind === 'refused') due.push(key.nextTestMs)
    }
    return Math.min(...due)
  }

  seen(): boolean {
    return this.#scanned || (this.#identityDueMs > Number.NEGATIVE_INFINITY && isShut(this.#state))
  }

  busyForOnce(deadlineMs: number): boolean {
    if (this.#inHand.size > 0 || this.#surveying || this.#deleting) return true
    if (this.#identityDueMs === Number.NEGATIVE_INFINITY) return true
    if (isShut(this.#state)) return false
    if (!this.#scanned || this.#dirty.size > 0) return true
    if (this.#link.key().kind === 'refused') return false
    const hopeless = this.#link.failures() >= HOPELESS_FAILURES || this.#listingFailures >= HOPELESS_FAILURES
    if (!this.#listed && !hopeless) return this.#listDueMs <= deadlineMs
    if (hopeless) return false
    if (this.#queue.length > 0) return this.#link.closedUntilMs() <= deadlineMs
    if (this.#judgeForOnce) return true
    const next = this.#agenda.nextForOnceMs()
    return next !== null && next <= deadlineMs
  }

  progress(): ReturnType<FolderEngine['progress']> {
    const folder = this.#record()
    return {
      folder: {
        folder: folder.path,
        scanning: this.#surveying,
        queued: this.#queue.length,
        queuedBytes: this.#queue.reduce((sum, effect) => sum + (effect.kind === 'upload' ? effect.sizeBytes : 0), 0),
        inHand: this.#jobs,
        waiting: this.#agenda.size,
      },
      uploads: [...this.#sending.values()].map((one) => ({ folder: folder.path, ...one })),
      sentBytes: this.#sentBytes,
      sentUnits: this.#sentUnits,
    }
  }

  async finished(): Promise<void> {
    while (this.#inHand.size > 0) await Promise.allSettled([...this.#inHand])
    await renewAlive(this.#tools, this.id, true)
  }

  #record(): FolderRecord {
    return this.#tools.ledger.folders.get(this.id)
  }

  /** Runs work that the round does not wait for; its failure ends the engine. */
  #begin(work: () => Promise<void>): void {
    const promise = work()
      .catch((error: unknown) => this.#tools.fail(error))
      .finally(() => {
        this.#inHand.delete(promise)
        this.#tools.wake()
      })
    this.#inHand.add(promise)
  }

  async #lookAtIdentity(): Promise<void> {
    const { clock } = this.#tools
    this.#identityDueMs = clock.monotonicMs() + IDENTITY_MS
    const key = this.#link.key()
    const other =
      key.kind === 'refused'
        ? ({ state: 'credentials', why: key.why } as const)
        : this.#clockTrouble !== null
          ? ({ state: 'clock', why: this.#clockTrouble } as const)
          : this.#degraded !== null
            ? ({ state: 'degraded', why: this.#degraded } as const)
            : null
    const { state, was } = await reviewState(this.#tools, this.id, other)
    if (state !== was && (isShut(was) || was === 'restored' || state === 'restored') && !isShut(state)) {
      this.#setup.watch.restart()
      this.#wholeDueMs = Number.NEGATIVE_INFINITY
      this.#wholeCause = 'the folder became another one'
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
    this.#begin(async () => {
      const hashes = await this.#link.listing()
      this.#listed = hashes !== null
      this.#listingFailures = hashes === null ? this.#listingFailures + 1 : 0
      this.#listDueMs = clock.monotonicMs() + Math.min(60_000, 500 * 2 ** this.#listingFailures)
      if (this.#link.key().kind === 'refused') this.#identityDueMs = Number.NEGATIVE_INFINITY
      this.reopen()
    })
  }

  #wholeDueAt(): number {
    return Math.max(this.#wholeDueMs, this.#lastWholeEndedMs + SCAN_PAUSE_MS)
  }

  #startSurvey(): void {
    const now = this.#tools.clock.monotonicMs()
    if (this.#surveying) return
    const whole = now >= this.#wholeDueAt()
    if (!whole && (this.#dirty.size === 0 || now < this.#dirtySinceMs + this.#debounceMs)) return
    const dirs = whole ? null : [...this.#dirty].sort()
    const cause = whole ? this.#wholeCause : 'hints'
    this.#dirty = new Set()
    if (whole) {
      this.#wholeDueMs = now + this.#tools.rescanMs
      this.#wholeCause = 'rescan'
    }
    this.#surveying = true
    this.#begin(() => this.#survey(dirs, cause))
  }

  async #survey(dirs: readonly RelPath[] | null, cause: string): Promise<void> {
    const { clock, disk, signal } = this.#tools
    const began = clock.monotonicMs()
    try {
      await this.#lookAtIdentity()
      if (isShut(this.#state)) return
      const folder = this.#record()
      const survey = await disk.survey({
        folderId: this.id,
        root: folder.path,
        dirs,
        ignore: this.#setup.ignore,
        knownMounts: folder.mounts,
        keepsDirTimes: await this.#setup.keepsDirTimes(),
      })
      // The folder that was walked is the folder that is known, before and after: else it proves nothing.
      await this.#lookAtIdentity()
      if (isShut(this.#state) || signal.aborted) return
      this.#applySurvey(folder, survey, cause, clock.monotonicMs() - began)
    } finally {
      this.#surveying = false
      const tookMs = clock.monotonicMs() - began
      if (dirs === null) this.#lastWholeEndedMs = clock.monotonicMs()
      else this.#debounceMs = Math.max(DEBOUNCE_MS, tookMs * DEBOUNCE_FACTOR)
    }
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
      for (const sibling of this.#tools.siblings()) sibling.touch([])
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
    this.touch([...touched])
  }

  #now(): Now {
    const { clock } = this.#tools
    const server = this.#link.remote.serverTime()
    return { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs(), serverMs: server?.dateMs ?? null }
  }

  /** Plans units that are due, a slice at a time: notes are carried out at once, the rest is begun. */
  #plan(): void {
    const { ledger, clock, signal } = this.#tools
    if (signal.aborted || !this.#scanned || this.#queue.length >= QUEUE_LIMIT) return
    const ids = this.#agenda.take(clock.monotonicMs(), PLAN_SLICE)
    if (ids.length === 0) return
    const around = this.#around()
    ledger.now(() => {
      for (const id of ids) {
        if (this.#busy.has(id)) {
          this.#again.add(id)
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
        this.#ask(folder, action)
        return
      case 'list-remote':
        this.#askRemote(action)
        return
      case 'upload':
        ledger.units.setWork(action.unitId, 'queued', action.because, clock.wallMs(), ledger.units.get(action.unitId)?.attempts ?? 0)
        this.#enqueue(action)
        return
      case 'resolve':
      case 'retitle':
      case 'write-metadata':
        this.#enqueue(action)
        return
      case 'wait':
        applyNote({ ledger, log, wallMs: () => clock.wallMs() }, folder, this.#setup.policy, action)
        if (action.forMs !== null) this.#agenda.at(action.unitId, clock.monotonicMs() + action.forMs, action.patience)
        return
      default:
        if (action.kind === 'link') this.#link.foreign().drop(action.row.dataHash)
        for (const id of applyNote({ ledger, log, wallMs: () => clock.wallMs() }, folder, this.#setup.policy, action)) this.#agenda.now(id)
        this.#judgeSoon()
    }
  }

  #hold(unitId: number): void {
    this.#busy.set(unitId, (this.#busy.get(unitId) ?? 0) + 1)
  }

  #release(unitId: number): void {
    const left = (this.#busy.get(unitId) ?? 1) - 1
    if (left > 0) this.#busy.set(unitId, left)
    else {
      this.#busy.delete(unitId)
      if (this.#again.delete(unitId)) this.#agenda.now(unitId)
    }
  }

  #ask(folder: FolderRecord, inquiry: Extract<Inquiry, { kind: 'inspect' | 'hash' }>): void {
    this.#hold(inquiry.unitId)
    this.#begin(async () => {
      try {
        const answer = await this.#inquiries.add(() => inquire(this.#tools, folder, inquiry))
        if (answer.kind === 'look') {
          this.hint(answer.dir)
          this.#agenda.at(inquiry.unitId, this.#tools.clock.monotonicMs() + 1_000, 'once-waits')
        } else this.#again.add(inquiry.unitId)
        this.#judgeSoon()
      } catch (error) {
        if (!this.#tools.signal.aborted) throw error
      } finally {
        this.#release(inquiry.unitId)
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

  #enqueue(effect: Effect): void {
    this.#hold(effect.unitId)
    this.#queue.push(effect)
  }

  /** Begins effects while there is room: resolving first, then small before large, metadata last. */
  #pump(): void {
    const { clock, slots, signal } = this.#tools
    if (signal.aborted || this.#link.closedUntilMs() > clock.monotonicMs() || this.#link.key().kind === 'refused') return
    while (this.#queue.length > 0 && this.#jobs < slots.size * 2) {
      const effect = this.#takeNext()
      const batch = effect.kind === 'upload' && effect.unitKind === 'image' ? [effect, ...this.#takeImages(TICKET_BATCH - 1)] : null
      if (batch === null) this.#start([effect], async () => undefined)
      else this.#start(batch, (tools) => ticketImages(tools, this.#link, batch))
    }
  }

  #takeNext(): Effect {
    let best = 0
    for (let i = 1; i < this.#queue.length; i++) {
      if (weight(this.#queue[i] as Effect) < weight(this.#queue[best] as Effect)) best = i
    }
    return this.#queue.splice(best, 1)[0] as Effect
  }

  #takeImages(limit: number): Upload[] {
    const images = this.#queue.filter((effect): effect is Upload => effect.kind === 'upload' && effect.unitKind === 'image')
    const taken = images.sort((a, b) => a.sizeBytes - b.sizeBytes).slice(0, Math.min(limit, this.#tools.slots.size * 2))
    for (const effect of taken) this.#queue.splice(this.#queue.indexOf(effect), 1)
    return taken
  }

  #start(effects: readonly Effect[], prepare: (tools: EffectTools) => Promise<void>): void {
    const tools = this.#effectTools()
    this.#jobs += effects.length
    const prepared = prepare(tools)
    for (const effect of effects) {
      this.#begin(async () => {
        try {
          await prepared
          await this.#carryOut(tools, effect)
        } finally {
          this.#jobs--
          this.#sending.delete(effect.unitId)
          this.#release(effect.unitId)
        }
      })
    }
  }

  async #carryOut(tools: EffectTools, effect: Effect): Promise<void> {
    if (effect.kind === 'upload') this.#sending.set(effect.unitId, { path: effect.key, sentBytes: 0, sizeBytes: effect.sizeBytes })
    const done = await execute(tools, this.#link, effect)
    if (effect.kind === 'upload' && done.againInMs === 0 && done.look === null) this.#sentUnits++
    if (this.#link.key().kind === 'refused') this.#identityDueMs = Number.NEGATIVE_INFINITY
    if (done.look !== null) {
      this.hint(done.look)
      this.#agenda.at(effect.unitId, tools.clock.monotonicMs() + 1_000, done.patience)
    } else if (done.againInMs > 0) this.#agenda.at(effect.unitId, tools.clock.monotonicMs() + done.againInMs, done.patience)
    else if (done.patience === 'once-waits') this.#again.add(effect.unitId)
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
      inSlot: (sizeBytes, work) => slots.run(sizeBytes, work),
      onBytes: (unitId, moreBytes) => {
        this.#sentBytes += moreBytes
        const line = this.#sending.get(unitId)
        if (line !== undefined) line.sentBytes += moreBytes
      },
      listing: () => this.#link.listing(),
    }
  }

  #judgeSoon(): void {
    this.#judgeDueMs = Number.NEGATIVE_INFINITY
    this.#judgeForOnce = true
    this.#tools.wake()
  }

  /** Judges the rows that may have to go, asks for the scans their proof lacks, and begins the deletes that are proven. */
  #judge(): void {
    const { ledger, log, clock, signal } = this.#tools
    const now = clock.monotonicMs()
    if (signal.aborted || this.#deleting || this.#surveying || now < this.#judgeDueMs) return
    this.#judgeDueMs = Number.POSITIVE_INFINITY
    this.#judgeForOnce = false
    const folder = this.#record()
    const judged = judgeDeletes(ledger, folder, this.#setup.policy, this.#now(), this.#setup.fileSystem, this.#setup.graceMs)
    const ready = applyJudgement({ ledger, log, wallMs: () => clock.wallMs() }, folder, judged)
    for (const { view, verdict } of judged) {
      if (verdict.kind === 'overwritten') this.#judgeDueMs = now
      if (verdict.kind === 'wait' && verdict.rule === 'elsewhere') for (const sibling of this.#tools.siblings()) sibling.scanForOther()
      if (verdict.kind !== 'wait' || verdict.forMs === null) continue
      if (verdict.needsScan) this.#wholeBy(now + verdict.forMs, `proof: ${verdict.rule}`)
      else if (verdict.rule === 'successor') this.#listForProof(view.version.remoteId)
      else this.#judgeDueMs = Math.min(this.#judgeDueMs, now + Math.max(verdict.forMs, 100))
    }
    if (ready.length > 0 && this.#link.key().kind === 'good' && this.#link.closedUntilMs() <= now) this.#delete(ready)
  }

  #wholeBy(dueMs: number, cause: string): void {
    if (dueMs >= this.#wholeDueMs) return
    this.#wholeDueMs = dueMs
    this.#wholeCause = cause
  }

  #listForProof(remoteId: number): void {
    if (remoteId !== this.#link.id || this.#inHand.size > 0) return
    this.#begin(async () => {
      await this.#link.listing()
      this.#judgeDueMs = this.#tools.clock.monotonicMs() + 500
    })
  }

  #delete(ready: readonly number[]): void {
    const { ledger, clock } = this.#tools
    this.#deleting = true
    this.#begin(async () => {
      try {
        const tools = {
          ...this.#effectTools(),
          deleteCall: this.#link.deleteCall,
          oneByOne: this.#oneByOne,
          judgeNow: () =>
            judgeDeletes(ledger, this.#record(), this.#setup.policy, this.#now(), this.#setup.fileSystem, this.#setup.graceMs).flatMap(
              ({ view, verdict }) => (verdict.kind === 'delete' ? [view.version.id] : []),
            ),
        }
        const result = await deleteVersions(tools, ready)
        this.#clockTrouble = result.kind === 'stopped' && result.state === 'clock' ? result.why : null
        if (result.kind === 'stopped') {
          this.#identityDueMs = Number.NEGATIVE_INFINITY
          this.#judgeDueMs = clock.monotonicMs() + 5_000
        } else {
          this.reopen()
          this.#judgeSoon()
        }
      } catch (error) {
        if (!(error instanceof EncordError)) throw error
        this.#link.failed(error, 1)
        this.#judgeDueMs = clock.monotonicMs() + 1_000
      } finally {
        this.#deleting = false
      }
    })
  }
}

/** Unknown outcomes first, then small before large, notes on rows last. */
function weight(effect: Effect): number {
  switch (effect.kind) {
    case 'resolve':
      return -2
    case 'retitle':
      return -1
    case 'upload':
      return effect.sizeBytes
    case 'write-metadata':
      return Number.MAX_SAFE_INTEGER
  }
}
