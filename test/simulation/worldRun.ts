import type { Log } from '../../src/model/event.ts'
import { streams } from './chance.ts'
import { DiskActs } from './diskActs.ts'
import { Edits } from './edits.ts'
import { complaintsOf, hasTwins } from './endState.ts'
import type { Heard } from './fileWork.ts'
import { LedgerShelf } from './ledgerOfProcess.ts'
import { FormerMappings, mappingOf } from './mappingOf.ts'
import { Met } from './met.ts'
import { edited, PersonActs, type Setup } from './personActs.ts'
import { type Broken, Promises } from './promises.ts'
import { callsTooMany, missesRows } from './quietPass.ts'
import { actOnServer, type ServerTools } from './serverActs.ts'
import { type Planted, Service } from './service.ts'
import { type FolderNow, Truth } from './truth.ts'
import { VirtualClock } from './virtualClock.ts'
import { Inodes, VirtualFolder } from './virtualFolder.ts'
import { VirtualServer } from './virtualServer.ts'
import { type FolderTruth, spanOf, type World, type WorldEvent } from './worldEvent.ts'

export type WorldResult = {
  readonly broken: readonly Broken[]
  /** ms of the world's own time. */
  readonly livedMs: number
  readonly deletes: number
  readonly rows: number
  readonly calls: Readonly<Record<string, number>>
  readonly processes: number
  /** How often each thing was met that the simulator is there for. */
  readonly met: Readonly<Record<string, number>>
}

/** Events at a time, and the calls they were about. */
export type Trace = (line: string) => void

/** How long after the last fault everything has to be in its place, ms: the longest waits of the design, one after the other. */
const PATIENCE_MS = 2_400_000
/** Far more than any world needs. */
const MOST_STEPS = 100_000
/** How far two wall-clock leaps may add up without being told from time by the server's clock, ms. */
const SMALL_LEAP_MS = 600_000

let shelf: LedgerShelf | null = null

/** Runs one world from its first event to its end; the same world gives the same result. */
export async function runWorld(world: World, planted: Planted = {}, trace: Trace | null = null): Promise<WorldResult> {
  shelf ??= new LedgerShelf()
  shelf.begin()
  try {
    return await new WorldRun(world, planted, shelf, trace).run()
  } finally {
    shelf.end()
  }
}

class WorldRun {
  readonly clock = new VirtualClock()
  readonly truth = new Truth(
    () => this.clock.nowMs,
    () => this.clock.wallAheadMs < 0,
  )
  readonly folders: readonly VirtualFolder[]
  readonly server: VirtualServer
  readonly promises: Promises
  readonly #edits = new Edits(() => this.clock.nowMs)
  readonly #former = new FormerMappings(() => this.clock.nowMs)
  readonly #met = new Met()
  readonly #world: World
  readonly #planted: Planted
  readonly #shelf: LedgerShelf
  readonly #trace: Trace | null
  readonly #luck
  readonly #log: Log
  readonly #disk: DiskActs
  readonly #person: PersonActs
  #setups: readonly Setup[]
  #service: Service | null = null
  #services = 0
  #isDeaf = 0
  #steps = 0
  #smallLeapsMs = 0
  #leapt = false
  #isRemembered = false
  /** What was lost of the ledger explains rows that it does not know. */
  ledgerWasOld = false

  constructor(world: World, planted: Planted, ledgerShelf: LedgerShelf, trace: Trace | null) {
    this.#world = world
    this.#planted = planted
    this.#shelf = ledgerShelf
    this.#trace = trace
    this.#luck = streams(world.seed)
    this.#setups = world.folders.map((truth) => ({ truth, configured: true }))
    const inodes = new Inodes(
      () => this.clock.wallMs(),
      () => this.clock.trueMs(),
    )
    this.folders = world.folders.map((folder) => new VirtualFolder(folder.path, { birth: folder.birth, tickMs: folder.tickMs }, inodes))
    this.#log = this.#met.over({ emit: (name, fields) => trace?.(`${this.clock.nowMs} ${name} ${JSON.stringify(fields)}`) })
    this.#disk = new DiskActs({
      clock: this.clock,
      folders: this.folders,
      ledger: ledgerShelf.ledger,
      met: this.#met,
      heard: this.#heard,
      record: () => this.#record(),
      otherwise: (event) => this.#actOnMachine(event),
    })
    this.#person = new PersonActs({
      clock: this.clock,
      ledger: ledgerShelf.ledger,
      log: this.#log,
      troubles: this.#disk.troubles,
      service: () => this.#service,
      onAccepted: (paths, atMs) => {
        for (const path of paths) this.#edits.accepted(this.#setupOf(path), atMs)
      },
      onDefect: (what) => this.promises.break('defect', what),
    })
    this.promises = new Promises({
      world,
      met: this.#met,
      ledger: ledgerShelf.ledger,
      clock: this.clock,
      truth: this.truth,
      folders: this.folders,
      edits: this.#edits,
      setup: (path) => this.#setupOf(path),
      server: () => this.server,
      troubles: () => [...this.#disk.troubles.values()].filter((one) => one.isStill()),
      hidden: this.#disk.hidden,
      untold: this.#disk.untold,
      smallLeapsMs: () => this.#smallLeapsMs,
      approved: this.#person.approved,
      rejected: this.#person.rejected,
      hasLeapt: () => this.#leapt,
      missesNothing: () =>
        world.hintLoss === 0 &&
        world.folders.every((folder) => folder.tickMs < 1_000) &&
        world.events.every((event) => !['deaf', 'crash', 'crashAt', 'stop', 'oldLedger', 'hardLink'].includes(event.do)),
    })
    this.server = new VirtualServer(this.clock, world.server, this.promises)
  }

  async run(): Promise<WorldResult> {
    const { clock } = this
    for (const [i, folder] of this.folders.entries()) {
      const { mount } = this.#world.folders[i] as FolderTruth
      if (mount === null) continue
      const dir = folder.newDir()
      dir.over = folder.newDir()
      folder.own.entries.set(mount, dir)
    }
    this.#record()
    this.#startService()
    for (const event of this.#world.events) clock.at(1_000 + event.atMs, () => this.#happen(event))
    const lastMs = 1_000 + Math.max(0, ...this.#world.events.map((event) => event.atMs + spanOf(event)))
    await this.#until(() => false, lastMs + 1)
    if (this.promises.broken.length === 0) await this.#end()
    const result: WorldResult = {
      broken: this.promises.broken,
      livedMs: clock.nowMs,
      deletes: this.promises.sent.length,
      rows: this.server.rows.size,
      calls: this.server.calls,
      processes: this.#services,
      met: this.#met.counts,
    }
    this.#service?.port.die()
    return result
  }

  /** Everything works again; then dataset and folders must come to agree, and a further pass must have nothing to do. */
  async #end(): Promise<void> {
    const { clock, server } = this
    server.heal()
    clock.set(-clock.wallAheadMs)
    this.#isDeaf = 0
    const deadlineMs = clock.nowMs + PATIENCE_MS
    let complaints = this.#complaints()
    // A folder's identity is looked at every 10 s: what happened last may not have been noticed yet.
    // Of files that hold the same, nobody sees which row is whose, and of what no hint told nothing is known: each folder has to be looked at once more.
    // What a rule says of a directory further down no hint tells either.
    const isUntold = this.#world.events.some((event) => event.do === 'ignoreFile' || event.do === 'deaf')
    const needsLook = hasTwins(this.folders) || this.#world.hintLoss > 0 || isUntold
    let nextLookMs = clock.nowMs + 15_000 + (needsLook ? this.#world.rescanMs : 0)
    let isOver = false
    const isDone = (): boolean => {
      if (clock.nowMs < nextLookMs) return false
      nextLookMs = clock.nowMs + 5_000
      complaints = this.#complaints()
      return complaints.length === 0
    }
    const tend = (): void => {
      if (clock.nowMs >= deadlineMs || isOver) return
      this.#startService()
      for (const folder of this.folders) this.#person.accept(folder)
      this.#later(5_000, tend)
    }
    this.#later(0, tend)
    await this.#until(isDone, deadlineMs)
    isOver = true
    if (this.promises.broken.length > 0) return
    for (const complaint of complaints) this.promises.break('end', complaint)
    if (this.promises.broken.length > 0) return
    this.#service?.stop()
    await this.#until(() => this.#service === null, clock.nowMs + 60_000)
    // A row that a listing lacked is followed again only after the next one.
    const half = this.#world.events.some((event) => event.do === 'listing' && event.how === 'half')
    if (server.removedByOthers.size > 0 || half || missesRows(this.#shelf.ledger)) return
    const before = { ...server.calls }
    this.#later(0, () => this.#startService())
    await this.#until(() => false, clock.nowMs + this.#world.rescanMs + 15_000)
    const scene = {
      world: this.#world,
      folders: this.#configured().length,
      rows: server.rows.size,
      ledgerWasOld: this.ledgerWasOld,
      clockLeapt: this.#leapt,
    }
    for (const what of callsTooMany(scene, before, server.calls)) this.promises.break('quiet', what)
    for (const complaint of this.#complaints()) this.promises.break('quiet', `no longer in step: ${complaint}`)
  }

  async #until(isDone: () => boolean, endMs: number): Promise<void> {
    await this.#quiet()
    while (this.promises.broken.length === 0 && !isDone()) {
      if (++this.#steps > MOST_STEPS) return this.promises.break('end', 'it never comes to rest')
      if (!this.clock.step(endMs)) return
      await this.#quiet()
    }
  }

  /** Until nothing runs any more but what waits for time. */
  async #quiet(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve))
    while ((this.#service?.port.pendingCommits ?? 0) > 0)
  }

  #startService(): void {
    if (this.#service !== null) return
    const number = ++this.#services
    this.#trace?.(`${this.clock.nowMs} process ${number} starts`)
    const service: Service = new Service({
      world: this.#world,
      shelf: this.#shelf,
      clock: this.clock,
      folders: this.folders,
      server: this.server,
      luck: this.#luck,
      log: this.#log,
      planted: this.#planted,
      number,
      configured: this.#configured(),
      onConfig: (configured) => this.#edits.taken(configured),
      onDoom: (where) => this.#met.add(`death at ${where}`),
      onDeath: () => {
        if (this.#service === service) this.#service = null
        this.#trace?.(`${this.clock.nowMs} process ${number} is gone`)
      },
      onFailure: (error) => this.promises.break('defect', error instanceof Error ? (error.stack ?? error.message) : String(error)),
    })
    this.#service = service
    service.start()
  }

  #configured(): readonly FolderTruth[] {
    return this.#setups.filter((one) => one.configured).map((one) => one.truth)
  }

  #complaints(): readonly string[] {
    return complaintsOf({
      ledger: this.#shelf.ledger,
      server: this.server,
      folders: this.folders,
      setups: this.#setups,
      mapping: mappingOf,
      world: this.#world,
      ledgerWasOld: this.ledgerWasOld,
    })
  }

  #setupOf(path: string): FolderTruth {
    const found = this.#setups.find((one) => one.truth.path === path)
    if (found === undefined) throw new Error(`no folder ${path}`)
    return found.truth
  }

  #record(): void {
    const now = this.folders.map((folder, i): FolderNow => {
      const { truth, configured } = this.#setups[i] as Setup
      const files = folder.trueFiles()
      const mapping = mappingOf(truth, files)
      return {
        folder: folder.path,
        dataset: truth.dataset,
        files,
        mapping,
        former: this.#former.of(folder.path, mapping),
        isConfigured: configured,
      }
    })
    this.truth.record(now)
    now.forEach((one, i) => void this.#edits.record(one, (dir) => this.folders[i]?.trueDir(dir) != null))
  }

  readonly #heard: Heard = (folder, dir) => {
    if (this.#isDeaf > 0) return
    const luck = this.#luck('hints')
    const times = luck() < this.#world.hintLoss ? 0 : luck() < this.#world.hintLoss ? 2 : 1
    for (let i = 0; i < times; i++) {
      this.clock.after(5 + luck() * 80, () => {
        const record = this.#shelf.ledger.folders.byPath(folder.path)
        if (record !== null) this.#service?.engine?.folders.find((one) => one.id === record.id)?.hint(dir)
      })
    }
  }

  #later(ms: number, then: () => void): void {
    this.clock.at(this.clock.nowMs + ms, then)
  }

  #happen(event: WorldEvent): void {
    this.#trace?.(`${this.clock.nowMs} * ${JSON.stringify(event)}`)
    this.#disk.act(event)
    this.#record()
  }

  readonly #serverTools: ServerTools = {
    server: () => this.server,
    later: (ms, then) => this.#later(ms, then),
    placeOf: (at) => {
      const { folder, path } = this.#disk.spot(at)
      return { dataset: this.#setupOf(folder.path).dataset, path }
    },
  }

  #actOnMachine(event: WorldEvent): void {
    const { clock } = this
    switch (event.do) {
      case 'jump': {
        clock.set(event.ms)
        this.#record()
        this.#leapt ||= event.ms > 0
        if (event.ms > 0 && event.ms <= SMALL_LEAP_MS) this.#smallLeapsMs += event.ms
        return this.#later(event.forMs, () => {
          clock.set(-event.ms)
          if (event.ms < 0) this.#leapt = true
          if (event.ms < 0 && event.ms >= -SMALL_LEAP_MS) this.#smallLeapsMs -= event.ms
        })
      }
      default:
        if (!actOnServer(this.#serverTools, event)) this.#actOnService(event)
    }
  }

  #actOnService(event: WorldEvent): void {
    switch (event.do) {
      case 'crash':
        if (event.step === 0) {
          this.#met.add('death at once')
          this.#service?.port.die()
        } else this.#service?.port.doom({ step: event.step })
        return this.#later(event.forMs, () => this.#startService())
      case 'crashAt':
        this.#service?.port.doom({ point: event.point, times: event.times })
        return this.#later(event.forMs, () => this.#startService())
      case 'edit':
        this.#setups = edited(this.#setups, event.edit)
        this.#record()
        // One that is just starting has read the file already; one that does not run reads it at its start.
        if (this.#service === null) return
        this.#edits.begun(this.#configured())
        return this.#service.edit(this.#configured())
      case 'stop': {
        this.#service?.stop()
        const { edit } = event
        return this.#later(event.forMs, () => {
          this.#service?.port.die()
          if (edit !== null) {
            this.#setups = edited(this.#setups, edit)
            this.#record()
          }
          this.#startService()
        })
      }
      case 'deaf':
        this.#isDeaf++
        return this.#later(event.forMs, () => {
          this.#isDeaf = Math.max(0, this.#isDeaf - 1)
        })
      case 'decide':
        return this.#person.decide(event.how)
      case 'accept':
        return this.#person.accept(this.#disk.spot(event.at).folder)
      case 'acceptLedger':
        return this.#person.acceptLedger()
      case 'rememberLedger':
        this.#shelf.remember()
        this.#isRemembered = true
        return
      case 'oldLedger':
        if (!this.#isRemembered) return
        this.#service?.port.die()
        // The folder remembers how far the ledger was, to the minute; one that was put back already is not as far.
        for (const { state } of this.folders)
          if (state.alive !== null) state.alive.sequence = Math.max(state.alive.sequence, this.#shelf.ledger.meta.sequence())
        this.#shelf.restore()
        for (const { dataset } of this.#world.folders)
          if (this.#shelf.ledger.remotes.find('sim', dataset)?.firstLookMs != null) this.server.looked(dataset)
        this.promises.ledgerRestored()
        this.ledgerWasOld = true
        return this.#later(event.forMs, () => this.#startService())
      default:
        throw new Error(`nobody acts on ${event.do}`)
    }
  }
}
