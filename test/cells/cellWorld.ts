import type { ChangeParts } from '../../src/app/changeParts.ts'
import { EncordError } from '../../src/model/error.ts'
import type { RelPath } from '../../src/model/file.ts'
import { deleteByCommand } from '../../src/sync/deleteByCommand.ts'
import type { DeleteCall, Remote } from '../../src/sync/ports.ts'
import { streams } from '../simulation/chance.ts'
import type { Heard, Spot } from '../simulation/fileWork.ts'
import { LedgerShelf } from '../simulation/ledgerOfProcess.ts'
import { ProcessPort } from '../simulation/processPort.ts'
import { type Planted, Service } from '../simulation/service.ts'
import { clockOf, VirtualClock } from '../simulation/virtualClock.ts'
import { Inodes, type Node, VirtualFolder } from '../simulation/virtualFolder.ts'
import { type Row, VirtualServer } from '../simulation/virtualServer.ts'
import type { FolderTruth, World } from '../simulation/worldEvent.ts'

/** The times of a cell's world, ms: every wait of the design, small but in its proportions. */
export const SETTLE_MS = 1_000
const REGROUP_MS = 4_000
const ABSENT_GAP_MS = 2_000
/** Longer than any cell is watched, unless its state asks for a short one. */
const LONG_GRACE_MS = 600_000

/** What stops a call of one process until it is let go. */

export type Gate = 'put' | 'stage' | 'look'
/** A word of the server that sets a unit aside, or says that a row is not there. */
export type Refusal = 'ticket' | 'put' | 'register' | 'update' | 'delete'

const BEGUN_MS = 4_000
const MOST_STEPS = 20_000

function folderTruth(path: string, dataset: string, change: Partial<FolderTruth>): FolderTruth {
  return {
    path,
    dataset,
    birth: true,
    tickMs: 4,
    settleMs: SETTLE_MS,
    groupSettleMs: SETTLE_MS,
    regroupSettleMs: REGROUP_MS,
    graceMs: LONG_GRACE_MS,
    limit: { count: 50, percent: 100 },
    mode: 'propagate',
    onChange: 'hold',
    subdirectories: 'group',
    ignore: [],
    mount: null,
    ...change,
  }
}

let shelf: LedgerShelf | null = null

/**
 * The real engine over a real ledger, with a virtual disk, clock and server: `/f0` sends to dataset `d0`, `/f1` to `d1`. Calls can be
 * held, so that an event meets a unit in the very state a cell of the table names.
 */
export class CellWorld {
  readonly clock = new VirtualClock()
  readonly folders: readonly VirtualFolder[]
  readonly server: VirtualServer
  readonly shelf: LedgerShelf
  /** Failures that a process ended with; a cell that expects none has none. */
  readonly failures: string[] = []
  /** Calls that come back with a word of refusal. */
  readonly refuses = new Set<Refusal>()
  /** After the next failed register, group or delete call nobody can look up what became of it. */
  closesAfterFailure = false
  /** The ledger's disk is full: no transaction ends. */
  isLedgerFull = false
  truths: FolderTruth[]
  configured: boolean[] = [true, true]
  readonly #closed = new Set<Gate>()
  readonly #waiting = new Map<Gate, (() => void)[]>()
  readonly #deleted: Node[] = []
  readonly #world: World
  readonly #planted: Planted
  readonly #luck = streams(7)
  #service: Service | null = null
  #number = 0

  constructor(change: Partial<FolderTruth> = {}, planted: Planted = {}) {
    this.#planted = planted
    this.truths = [folderTruth('/f0', 'd0', change), folderTruth('/f1', 'd1', {})]
    this.#world = {
      seed: 7,
      folders: this.truths,
      server: { second: 'error', lagMs: 0, members: true, datarow: true },
      absentGapMs: ABSENT_GAP_MS,
      rescanMs: 20_000,
      concurrency: 3,
      slowness: 0,
      hintLoss: 0,
      events: [],
    }
    // Times with whole seconds only would look like those of a file system that keeps no finer ones.
    this.clock.nowMs = 1_444
    const inodes = new Inodes(
      () => this.clock.wallMs(),
      () => this.clock.trueMs(),
    )
    this.folders = this.truths.map((truth) => new VirtualFolder(truth.path, { birth: truth.birth, tickMs: truth.tickMs }, inodes))
    const nobody = () => undefined
    const watch = { registering: nobody, grouping: nobody, registered: nobody, deleting: nobody, deleted: nobody }
    this.server = new VirtualServer(this.clock, this.#world.server, watch)
    shelf ??= new LedgerShelf()
    this.shelf = shelf
    this.shelf.begin()
  }

  [Symbol.dispose](): void {
    this.kill()
    this.shelf.end()
  }

  get ledger() {
    return this.shelf.ledger
  }

  spot(at: string): Spot {
    const folder = this.folders.find((one) => at.startsWith(`${one.path}/`))
    if (folder === undefined) throw new Error(`no folder holds ${at}`)
    return { folder, path: at.slice(folder.path.length + 1) }
  }

  /** What a watcher hears of. */
  readonly heard: Heard = (folder, dir) => {
    this.clock.after(10, () => this.#hint(folder, dir))
  }

  #hint(folder: VirtualFolder, dir: RelPath): void {
    const record = this.ledger.folders.byPath(folder.path)
    if (record !== null) this.#service?.engine?.folders.find((one) => one.id === record.id)?.hint(dir)
  }

  /** What was taken out of a folder, to be put back later. */
  keep(node: Node | null): void {
    if (node !== null) this.#deleted.push(node)
  }

  takeKept(): Node[] {
    return this.#deleted.splice(0)
  }

  async start(): Promise<void> {
    const number = ++this.#number
    const service: Service = new Service({
      world: this.#world,
      shelf: this.shelf,
      clock: this.clock,
      folders: this.folders,
      server: this.server,
      luck: this.#luck,
      log: { emit: () => undefined },
      planted: {
        ...this.#planted,
        remote: (remote) => this.#gated(this.#planted.remote?.(remote) ?? remote),
        deleteCall: (call) => this.#gatedDelete(this.#planted.deleteCall?.(call) ?? call),
        ledger: (plain) => {
          const ledger = this.#planted.ledger?.(plain) ?? plain
          return {
            ...ledger,
            commit: (write) => {
              if (this.isLedgerFull) return Promise.reject(new Error('database or disk is full'))
              return ledger.commit(write)
            },
          }
        },
      },
      number,
      configured: this.truths.filter((_, i) => this.configured[i]),
      onDeath: () => {
        if (this.#service === service) this.#service = null
      },
      onFailure: (error) => {
        this.failures.push(String(error))
        service.port.die()
      },
    })
    this.#service = service
    service.start()
    await this.run(BEGUN_MS)
  }

  /** The process is killed. */
  kill(): void {
    this.#service?.port.die()
    for (const gate of [...this.#closed]) this.open(gate)
  }

  /** A clean stop, an edit of the config, and a new start. */
  async restart(edit: (truths: FolderTruth[]) => FolderTruth[] = (truths) => truths): Promise<void> {
    this.#service?.stop()
    await this.until('the process is gone', () => this.#service === null, 60_000)
    for (const gate of [...this.#closed]) this.open(gate)
    this.truths = edit(this.truths)
    await this.start()
  }

  close(gate: Gate): void {
    this.#closed.add(gate)
  }

  open(gate: Gate): void {
    this.#closed.delete(gate)
    for (const resolve of this.#waiting.get(gate) ?? []) resolve()
    this.#waiting.delete(gate)
  }

  waitsAt(gate: Gate): boolean {
    return (this.#waiting.get(gate)?.length ?? 0) > 0
  }

  /** Lets time pass. */
  async run(ms: number): Promise<void> {
    const untilMs = this.clock.nowMs + ms
    await this.#quiet()
    for (let step = 0; this.clock.step(untilMs); step++) {
      if (step > MOST_STEPS) throw new Error('it never comes to rest')
      await this.#quiet()
    }
  }

  /** @throws Error when it does not come about within `mostMs` */
  async until(what: string, isSo: () => boolean, mostMs: number): Promise<void> {
    const untilMs = this.clock.nowMs + mostMs
    await this.#quiet()
    while (!isSo()) {
      if (!this.clock.step(untilMs)) throw new Error(`${what}: not within ${mostMs} ms`)
      await this.#quiet()
    }
  }

  async #quiet(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve))
    while ((this.#service?.port.pendingCommits ?? 0) > 0)
  }

  /** What a person's command writes with. */
  parts(): ChangeParts {
    const service = this.#service
    if (service?.disk == null) throw new Error('no process runs')
    return {
      ledger: service.ledger,
      wallMs: () => this.clock.wallMs(),
      poke: (id: number | null) => service.engine?.poke(id),
      log: { emit: () => undefined },
      disk: service.disk,
      service: null,
    } as unknown as ChangeParts
  }

  /** `delete HASH`, while no service runs. */
  async deleteByCommand(hash: string): Promise<void> {
    this.kill()
    const port = new ProcessPort(this.clock, () => 1, 0, { onDeath: () => undefined })
    const { id } = this.ledger.remotes.find('sim', 'd0') ?? { id: -1 }
    const { remote, deleteCall } = this.server.connect('d0', port)
    const called = deleteByCommand(
      {
        ledger: this.shelf.forProcess(port),
        remote,
        deleteCall,
        remoteId: id,
        clock: clockOf(this.clock, () => true),
        log: { emit: () => undefined },
        signal: new AbortController().signal,
        absentGapMs: ABSENT_GAP_MS,
        onWait: () => undefined,
      },
      [hash],
    )
    await this.run(3_000)
    await called
    port.die()
    await this.start()
  }

  poke(): void {
    this.#service?.engine?.poke(null)
  }

  liveRows(): readonly Row[] {
    return [...this.server.rows.values()].filter((row) => row.goneMs === null && row.by === 'us')
  }

  /** Hashes of uploads that were given up. */
  strayHashes(): readonly string[] {
    const folder = this.ledger.folders.byPath('/f0')
    if (folder === null) return []
    const versions = this.ledger.units.list(folder.id).flatMap((unit) => this.ledger.versions.ofUnit(unit.id))
    return versions.flatMap((version) => (version.remote === 'stray' ? (version.dataHash ?? []) : []))
  }

  #pass(gate: Gate, isMeant = true): Promise<void> {
    if (!isMeant || !this.#closed.has(gate)) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.set(gate, [...(this.#waiting.get(gate) ?? []), resolve])
    })
  }

  #refuse(call: Refusal): void {
    if (!this.refuses.has(call)) return
    throw new EncordError('this-file', { call, outcome: 'not-done', message: 'INVALID_FILE', word: 'INVALID_FILE' })
  }

  async #watched<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      if (this.closesAfterFailure) {
        this.closesAfterFailure = false
        this.close('look')
      }
      throw error
    }
  }

  #gated(remote: Remote): Remote {
    return {
      ...remote,
      listing: async (ask, options) => {
        await this.#pass('look')
        return await remote.listing(ask, options)
      },
      row: async (hash, options) => {
        await this.#pass('look')
        return await remote.row(hash, options)
      },
      videoTicket: async (name, options) => {
        this.#refuse('ticket')
        return await remote.videoTicket(name, options)
      },
      imageTickets: async (names, options) => {
        this.#refuse('ticket')
        return await remote.imageTickets(names, options)
      },
      put: async (ticket, body, contentType, options) => {
        await this.#pass('put', SUBJECT_NAMES.has(ticket.title))
        this.#refuse('put')
        return await remote.put(ticket, body, contentType, options)
      },
      stageImages: async (tickets, options) => {
        await remote.stageImages(tickets, options)
        await this.#pass('stage')
      },
      registerImage: async (ticket, title, options) => {
        this.#refuse('register')
        return await this.#watched(() => remote.registerImage(ticket, title, options))
      },
      registerVideo: async (ticket, title, options) => {
        this.#refuse('register')
        return await this.#watched(() => remote.registerVideo(ticket, title, options))
      },
      createGroup: async (frames, group, options) => {
        this.#refuse('register')
        return await this.#watched(() => remote.createGroup(frames, group, options))
      },
      updateRow: async (hash, change, options) => {
        this.#refuse('update')
        return await remote.updateRow(hash, change, options)
      },
    }
  }

  #gatedDelete(call: DeleteCall): DeleteCall {
    return async (hashes, options) => {
      this.#refuse('delete')
      await this.#watched(() => call(hashes, options))
    }
  }
}

/** Base names under which the subject's files ask for their signed URLs; everyone else's bytes pass. */
const SUBJECT_NAMES = new Set(['a.jpg', 'v.mp4', '1.jpg', '2.jpg'])
