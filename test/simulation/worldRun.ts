import { acceptFolder } from '../../src/app/acceptFolder.ts'
import type { ChangeParts } from '../../src/app/changeParts.ts'
import { approveBatch, rejectBatch } from '../../src/app/decideBatch.ts'
import { openIgnoreRules } from '../../src/disk/ignoreRules.ts'
import { unreachable } from '../../src/model/error.ts'
import type { Log } from '../../src/model/event.ts'
import type { RelPath } from '../../src/model/file.ts'
import { streams } from './chance.ts'
import { contentOf } from './content.ts'
import { complaintsOf } from './endState.ts'
import {
  copyFile,
  copyTree,
  freeAll,
  type Heard,
  putBack,
  remove,
  rename,
  type Spot,
  saveFile,
  swapFiles,
  touchFile,
  writeFile,
} from './fileWork.ts'
import { LedgerShelf } from './ledgerOfProcess.ts'
import { Met } from './met.ts'
import { type Broken, Promises, type Trouble } from './promises.ts'
import { type Planted, Service } from './service.ts'
import { type MappingTruth, Truth } from './truth.ts'
import { VirtualClock } from './virtualClock.ts'
import { type DirNode, Inodes, VirtualFolder } from './virtualFolder.ts'
import { VirtualServer } from './virtualServer.ts'
import type { ConfigEdit, FolderTruth, World, WorldEvent } from './worldEvent.ts'

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

const rules = new Map<string, (path: RelPath) => boolean>()

function mappingOf(folder: FolderTruth): MappingTruth {
  const key = folder.ignore.join('\n')
  let isIgnored = rules.get(key)
  if (isIgnored === undefined) {
    const opened = openIgnoreRules('/nowhere/of/the/simulation', folder.ignore)
    isIgnored = (path) =>
      opened.check(path, false).ignored ||
      path.split('/').some((_, i, names) => i > 0 && opened.check(names.slice(0, i).join('/'), true).ignored)
    rules.set(key, isIgnored)
  }
  return { subdirectories: folder.subdirectories, isIgnored }
}

class WorldRun {
  readonly clock = new VirtualClock()
  readonly truth = new Truth(() => this.clock.nowMs)
  readonly folders: readonly VirtualFolder[]
  readonly server: VirtualServer
  readonly promises: Promises
  readonly #met = new Met()
  readonly #world: World
  readonly #planted: Planted
  readonly #shelf: LedgerShelf
  readonly #trace: Trace | null
  readonly #luck
  readonly #log: Log
  readonly #troubles = new Map<string, Trouble>()
  readonly #approved = new Set<string>()
  #setups: { truth: FolderTruth; configured: boolean }[]
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
    const inodes = new Inodes(() => this.clock.wallMs())
    this.folders = world.folders.map((folder) => new VirtualFolder(folder.path, { birth: folder.birth, tickMs: folder.tickMs }, inodes))
    this.#log = this.#met.over({ emit: (name, fields) => trace?.(`${this.clock.nowMs} ${name} ${JSON.stringify(fields)}`) })
    this.promises = new Promises({
      world,
      met: this.#met,
      ledger: ledgerShelf.ledger,
      clock: this.clock,
      truth: this.truth,
      folders: this.folders,
      setup: (path) => this.#setupOf(path),
      server: () => this.server,
      troubles: () => [...this.#troubles.values()].filter((one) => one.isStill()),
      smallLeapsMs: () => this.#smallLeapsMs,
      approved: this.#approved,
      hasLeapt: () => this.#leapt,
      missesNothing: () =>
        world.hintLoss === 0 &&
        world.folders.every((folder) => folder.tickMs < 1_000) &&
        world.events.every((event) => !['deaf', 'crash', 'crashAt', 'stop', 'oldLedger'].includes(event.do)),
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
    clock.wallAheadMs = 0
    this.#isDeaf = 0
    const deadlineMs = clock.nowMs + PATIENCE_MS
    let complaints = this.#complaints()
    // A folder's identity is looked at every 10 s: what happened last may not have been noticed yet.
    // Of files that hold the same, nobody sees which row is whose: each folder has to be looked at once more.
    let nextLookMs = clock.nowMs + 15_000 + (this.#hasTwins() ? this.#world.rescanMs : 0)
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
      this.#acceptAll()
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
    if (server.removedByOthers.size > 0 || half) return
    const before = { ...server.calls }
    this.#later(0, () => this.#startService())
    await this.#until(() => false, clock.nowMs + this.#world.rescanMs + 15_000)
    // Folders of one dataset share a listing only while it is under way.
    // Rows of the last moments may lack in it, and are looked for until it shows them.
    const lagging = this.#world.server.lagMs > 0 ? 12 : 0
    const listings = this.#setups.filter((one) => one.configured).length + lagging
    for (const [call, count] of Object.entries(server.calls)) {
      const more = count - (before[call] ?? 0)
      if (more > (call === 'listing' ? listings : 0)) this.promises.break('quiet', `${more} ${call} calls although everything was in step`)
    }
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
      configured: this.#setups.filter((one) => one.configured).map((one) => one.truth),
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

  #hasTwins(): boolean {
    const contents = this.folders.flatMap((folder) => [...folder.trueFiles().values()].map((content) => content.sha256))
    return new Set(contents).size < contents.length
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

  #spot(at: string): Spot {
    const folder = this.folders.find((one) => at === one.path || at.startsWith(`${one.path}/`))
    if (folder === undefined) throw new Error(`no folder holds ${at}`)
    return { folder, path: at.slice(folder.path.length + 1) }
  }

  #record(): void {
    this.truth.record(
      this.folders.map((folder, i) => {
        const { truth, configured } = this.#setups[i] as { truth: FolderTruth; configured: boolean }
        return {
          folder: folder.path,
          dataset: truth.dataset,
          files: folder.trueFiles(),
          mapping: mappingOf(truth),
          isConfigured: configured,
        }
      }),
    )
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

  #trouble(folder: VirtualFolder, what: string, kind: Trouble['kind'], isStill: () => boolean = () => true): () => void {
    this.#met.add(`trouble ${what.slice(what.indexOf(' ') + 1)}`)
    const id = `${folder.path} ${what}`
    this.#troubles.set(id, { folder: folder.path, what, sinceMs: this.clock.nowMs, kind, isStill })
    return () => void this.#troubles.delete(id)
  }

  #happen(event: WorldEvent): void {
    this.#trace?.(`${this.clock.nowMs} * ${JSON.stringify(event)}`)
    this.#act(event)
    this.#record()
  }

  #act(event: WorldEvent): void {
    const heard = this.#heard
    switch (event.do) {
      case 'write':
        return writeFile(this.#spot(event.at), contentOf(event.content), heard)
      case 'rewrite':
        return writeFile(this.#spot(event.at), contentOf(event.content), heard, event.hidden)
      case 'grow':
        writeFile(this.#spot(event.at), contentOf(`${event.content}~`), heard)
        return this.#laterInWorld(event.forMs, () => writeFile(this.#spot(event.at), contentOf(event.content), heard))
      case 'touch':
        return touchFile(this.#spot(event.at), heard)
      case 'save':
        return saveFile(this.#spot(event.at), contentOf(event.content), heard)
      case 'rename':
        return rename(this.#spot(event.at), this.#spot(event.to), heard)
      case 'swap':
        return swapFiles(this.#spot(event.at), this.#spot(event.to), heard)
      case 'copy':
        return copyFile(this.#spot(event.at), this.#spot(event.to), heard)
      case 'slowMove':
        copyFile(this.#spot(event.at), this.#spot(event.to), heard)
        return this.#laterInWorld(event.forMs, () => this.#removeAll(this.#spot(event.at)))
      case 'shuttle': {
        for (let i = 0; i < event.times; i++) {
          const [from, to] = i % 2 === 0 ? [event.at, event.to] : [event.to, event.at]
          this.#laterInWorld(i * event.everyMs, () => rename(this.#spot(from), this.#spot(to), heard))
        }
        return
      }
      case 'remove':
        return this.#removeAll(this.#spot(event.at))
      case 'empty': {
        const { folder, path } = this.#spot(event.at)
        const files = [...folder.trueFiles().keys()].filter((file) => path === '' || file.startsWith(`${path}/`))
        files.forEach((file, i) => void this.#laterInWorld(i * event.everyMs, () => this.#removeAll({ folder, path: file })))
        return
      }
      default:
        return this.#actOnPlaces(event)
    }
  }

  #removeAll(spot: Spot): void {
    const node = remove(spot, this.#heard)
    if (node !== null) freeAll(spot.folder, node)
  }

  #laterInWorld(ms: number, then: () => void): void {
    this.#later(ms, () => {
      then()
      this.#record()
    })
  }

  #actOnPlaces(event: WorldEvent): void {
    switch (event.do) {
      case 'vanish': {
        const spot = this.#spot(event.at)
        if (spot.folder.trueNode(spot.path)?.kind === 'link') return
        const node = remove(spot, this.#heard)
        if (node !== null) this.#laterInWorld(event.forMs, () => void putBack(spot, node, this.#heard))
        return
      }
      case 'link':
        return this.#link(event.at, event.dangling, event.forMs)
      case 'close': {
        const { folder, path } = this.#spot(event.at)
        const found = folder.lookUp(path)
        if ('errno' in found || found.node.kind !== 'dir' || path === '') return
        const dir = found.node
        const holds = [...folder.trueFiles().keys()].some((file) => file.startsWith(`${path}/`))
        if (!dir.isReadable || !holds) return
        dir.isReadable = false
        const over = this.#trouble(
          folder,
          `${path} cannot be read`,
          'place',
          () => folder.trueNode(path) === dir && this.#isKnown(folder, path),
        )
        return this.#laterInWorld(event.forMs, () => {
          dir.isReadable = true
          over()
        })
      }
      case 'unmount':
        return this.#unmount(event.at, event.forMs)
      case 'rootAway':
        return this.#rootAway(event.at, event.how, event.forMs)
      case 'restoreFolder': {
        const { folder } = this.#spot(event.at)
        if (folder.shown !== folder.own || folder.mounts().length > 0 || this.#hasTrouble(folder)) return
        folder.own = copyTree(folder, folder.own)
        folder.shown = folder.own
        if (folder.state.marker !== 'none') this.#trouble(folder, 'it was restored', 'identity')
        return
      }
      case 'loseMarker': {
        const { folder } = this.#spot(event.at)
        if (folder.state.marker === 'none') return
        folder.state.marker = 'none'
        folder.state.alive = null
        this.#trouble(folder, 'its marker is gone', 'identity', () => folder.state.marker === 'none')
        return
      }
      default:
        return this.#actOnMachine(event)
    }
  }

  /** Was something seen there before? */
  #isKnown(folder: VirtualFolder, path: RelPath): boolean {
    const { ledger } = this.#shelf
    const record = ledger.folders.byPath(folder.path)
    return record !== null && ledger.tree.filesBelow(record.id, path).some((file) => file.unitId !== null)
  }

  #hasTrouble(folder: VirtualFolder): boolean {
    return [...this.#troubles.values()].some((one) => one.folder === folder.path)
  }

  #link(at: string, isDangling: boolean, forMs: number): void {
    const spot = this.#spot(at)
    const { folder, path } = spot
    const found = folder.lookUp(path)
    if ('errno' in found || found.node.kind !== 'dir' || path === '' || path.includes('/')) return
    const dir = found.node
    if (folder.trueDir(path) !== dir || !dir.isReadable || folder.isMount(path)) return
    const holds = [...folder.trueFiles().keys()].some((file) => file.startsWith(`${path}/`))
    const above = folder.trueDir('') as DirNode
    if (!holds || above.entries.get(path) !== dir) return
    const link = folder.newLink(dir, isDangling)
    above.entries.set(path, link)
    folder.stir(above)
    this.#heard(folder, '')
    const over = this.#trouble(folder, `${path} is a link`, 'place', () => folder.trueNode(path) === link && this.#isKnown(folder, path))
    this.#laterInWorld(forMs, () => {
      over()
      const root = folder.trueDir('') as DirNode
      if (root.entries.get(path) !== link) return
      root.entries.set(path, dir)
      folder.stir(root)
      this.#heard(folder, '')
    })
  }

  #unmount(at: string, forMs: number): void {
    const { folder, path } = this.#spot(at)
    const point = folder.own.entries.get(path)
    if (point?.kind !== 'dir' || point.over === null) return
    const away = point.over
    const holds = [...folder.trueFiles().keys()].some((file) => file.startsWith(`${path}/`))
    point.over = null
    point.away = away
    this.#heard(folder, path)
    const over = holds ? this.#trouble(folder, `${path} is not mounted`, 'identity') : () => undefined
    this.#laterInWorld(forMs, () => {
      over()
      point.over = away
      point.away = null
    })
  }

  #rootAway(at: string, how: 'gone' | 'empty' | 'closed', forMs: number): void {
    const { folder } = this.#spot(at)
    if (folder.shown !== folder.own || !folder.own.isReadable) return
    if (how === 'closed') folder.own.isReadable = false
    else folder.shown = how === 'gone' ? null : folder.newDir()
    const over = this.#trouble(folder, `its root is ${how}`, 'identity')
    this.#laterInWorld(forMs, () => {
      over()
      folder.own.isReadable = true
      folder.shown = folder.own
    })
  }

  #actOnMachine(event: WorldEvent): void {
    const { clock, server } = this
    switch (event.do) {
      case 'jump': {
        clock.wallAheadMs += event.ms
        this.#leapt ||= event.ms > 0
        if (event.ms > 0 && event.ms <= SMALL_LEAP_MS) this.#smallLeapsMs += event.ms
        return this.#later(event.forMs, () => {
          clock.wallAheadMs -= event.ms
          if (event.ms < 0) this.#leapt = true
          if (event.ms < 0 && event.ms >= -SMALL_LEAP_MS) this.#smallLeapsMs -= event.ms
        })
      }
      case 'serverDate':
        server.dateOffMs = event.ms
        return this.#later(event.forMs, () => {
          server.dateOffMs = 0
        })
      case 'fault':
        return server.plan(event.call, event.mishap, event.times, event.retryAfterMs)
      case 'listing':
        return server.planListing(event.how, event.times)
      case 'down':
        server.isDown = true
        return this.#later(event.forMs, () => {
          server.isDown = false
        })
      case 'badKey':
        server.isKeyGood = false
        return this.#later(event.forMs, () => {
          server.isKeyGood = true
        })
      case 'badTitles':
        return server.refusePathTitles()
      case 'otherAdds': {
        const { folder, path } = this.#spot(event.at)
        const content = contentOf(event.content)
        return server.addForeign(this.#setupOf(folder.path).dataset, path, content.sha256, content.bytes.length)
      }
      case 'otherRemoves': {
        const rows = [...server.rows.values()].filter((row) => row.goneMs === null)
        const row = rows[event.nth % Math.max(1, rows.length)]
        if (row !== undefined) server.removeForeign(row)
        return
      }
      default:
        return this.#actOnService(event)
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
      case 'stop': {
        this.#service?.stop()
        const { edit } = event
        return this.#later(event.forMs, () => {
          this.#service?.port.die()
          if (edit !== null) this.#edit(edit)
          this.#startService()
        })
      }
      case 'deaf':
        this.#isDeaf++
        return this.#later(event.forMs, () => {
          this.#isDeaf = Math.max(0, this.#isDeaf - 1)
        })
      case 'decide':
        return this.#decide(event.how)
      case 'accept':
        return this.#accept(this.#spot(event.at).folder)
      case 'rememberLedger':
        this.#shelf.remember()
        this.#isRemembered = true
        return
      case 'oldLedger':
        if (!this.#isRemembered) return
        this.#service?.port.die()
        // The folder remembers how far the ledger was, to the minute.
        for (const { state } of this.folders) if (state.alive !== null) state.alive.sequence = this.#shelf.ledger.meta.sequence()
        this.#shelf.restore()
        this.promises.ledgerRestored()
        this.ledgerWasOld = true
        return this.#later(event.forMs, () => this.#startService())
      default:
        throw new Error(`nobody acts on ${event.do}`)
    }
  }

  #edit(edit: ConfigEdit): void {
    this.#setups = this.#setups.map((one, i) => {
      if (i !== edit.folder) return one
      switch (edit.set) {
        case 'mode':
          return { ...one, truth: { ...one.truth, mode: edit.mode } }
        case 'onChange':
          return { ...one, truth: { ...one.truth, onChange: edit.onChange } }
        case 'ignore':
          return { ...one, truth: { ...one.truth, ignore: edit.ignore } }
        case 'subdirectories':
          return { ...one, truth: { ...one.truth, subdirectories: edit.subdirectories } }
        case 'configured':
          return { ...one, configured: edit.configured }
        default:
          return unreachable(edit)
      }
    })
    this.#record()
  }

  #parts(): ChangeParts | null {
    const service = this.#service
    if (service?.engine == null) return null
    const never = new Error('not part of the simulation')
    const disk = { identity: () => Promise.reject(never) }
    return {
      ledger: service.ledger,
      wallMs: () => this.clock.wallMs(),
      poke: (id: number | null) => service.engine?.poke(id),
      log: this.#log,
      disk,
      service: null,
    } as unknown as ChangeParts
  }

  #decide(how: 'approve' | 'reject'): void {
    const parts = this.#parts()
    const { ledger } = this.#shelf
    if (parts === null) return
    for (const folder of ledger.folders.all()) {
      for (const batch of ledger.candidates.batches(folder.id)) {
        if (batch.decision !== null) continue
        if (how === 'reject') {
          rejectBatch(parts, batch.id)
          continue
        }
        for (const candidate of ledger.candidates.inBatch(batch.id))
          this.#approved.add(ledger.versions.get(candidate.versionId)?.dataHash ?? '')
        approveBatch(parts, { id: batch.id, digest: batch.digest })
      }
    }
  }

  /** A person accepts a folder that was restored, or whose ledger was; not one whose disk is away. */
  #accept(folder: VirtualFolder): void {
    const service = this.#service
    const parts = this.#parts()
    const record = this.#shelf.ledger.folders.byPath(folder.path)
    if (service === null || parts === null || record === null || folder.shown !== folder.own || !folder.own.isReadable) return
    if (record.state !== 'restored' && record.state !== 'frozen' && record.state !== 'foreign') return
    const others = [...this.#troubles.values()].filter((one) => one.folder === folder.path && !/restored|marker/.test(one.what))
    if (others.length > 0) return
    const { disk } = service
    if (disk === null) return
    acceptFolder({ ...parts, disk }, record.uid).then(
      () => {
        for (const [id, trouble] of this.#troubles)
          if (trouble.folder === folder.path && /restored|marker/.test(trouble.what)) this.#troubles.delete(id)
      },
      (error: unknown) => {
        if (service.port.isAlive) this.promises.break('defect', `accept: ${String(error)}`)
      },
    )
  }

  #acceptAll(): void {
    for (const folder of this.folders) this.#accept(folder)
  }
}

/** How long an event goes on, ms. */
function spanOf(event: WorldEvent): number {
  if ('forMs' in event) return event.forMs
  if (event.do === 'shuttle') return event.everyMs * event.times
  return event.do === 'empty' ? event.everyMs * 30 : 0
}
