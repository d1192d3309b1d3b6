import { createHash } from 'node:crypto'
import { pair } from '../../src/app/bindConfigured.ts'
import { type LiveSetup, openSetup } from '../../src/app/folderSetup.ts'
import type { Links } from '../../src/app/links.ts'
import { type Live, type ReconfigureParts, reconfigure } from '../../src/app/reconfigure.ts'
import type { FolderConfig } from '../../src/config/loadedConfig.ts'
import type { Log } from '../../src/model/event.ts'
import type { FolderPolicy } from '../../src/model/folder.ts'
import type { Ledger } from '../../src/store/openLedger.ts'
import { bindFolders } from '../../src/sync/bindFolders.ts'
import { type Engine, openEngine } from '../../src/sync/engine.ts'
import type { FolderSetup } from '../../src/sync/folderSetup.ts'
import { openLooks } from '../../src/sync/looks.ts'
import type { DeleteCall, Disk, Remote } from '../../src/sync/ports.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { openRemoteLink, type RemoteLink } from '../../src/sync/remoteLink.ts'
import { openSlots } from '../../src/sync/slots.ts'
import { tellAfterWrites } from '../../src/sync/tellAfterWrites.ts'
import type { streams } from './chance.ts'
import { configOf } from './configOf.ts'
import type { LedgerShelf } from './ledgerOfProcess.ts'
import { ProcessPort } from './processPort.ts'
import { clockOf, type VirtualClock } from './virtualClock.ts'
import { virtualDisk } from './virtualDisk.ts'
import type { VirtualFolder } from './virtualFolder.ts'
import type { VirtualServer } from './virtualServer.ts'
import type { FolderTruth, World } from './worldEvent.ts'

/** Parts that a planted defect may put something else in the place of. */
export type Planted = {
  readonly disk?: (disk: Disk) => Disk
  readonly ledger?: (ledger: Ledger) => Ledger
  readonly remote?: (remote: Remote) => Remote
  readonly deleteCall?: (call: DeleteCall) => DeleteCall
  readonly policy?: (policy: FolderPolicy) => FolderPolicy
  readonly setup?: (setup: FolderSetup) => FolderSetup
}

export type ServiceTools = {
  readonly world: World
  readonly shelf: LedgerShelf
  readonly clock: VirtualClock
  readonly folders: readonly VirtualFolder[]
  readonly server: VirtualServer
  readonly luck: ReturnType<typeof streams>
  readonly log: Log
  readonly planted: Planted
  readonly number: number
  /** The config's folders as they are now; those that left it are not among them. */
  readonly configured: readonly FolderTruth[]
  /** It works with this config from now on. */
  onConfig?(configured: readonly FolderTruth[]): void
  /** It is about to die where it was doomed to: at a named point, or at a step. */
  onDoom?(where: string): void
  onDeath(): void
  onFailure(error: unknown): void
}

type Apply = (configured: readonly FolderTruth[]) => Promise<void>

/** Hints come from the world. */
const NO_WATCH = { synced: () => undefined, restart: () => undefined, close: async () => undefined }

/** With planted parts in the place of its own; what else the setup says is asked for each time. */
function plantedSetup({ policy, setup }: Planted, own: FolderSetup): FolderSetup {
  if (policy === undefined && setup === undefined) return own
  const plain = policy === undefined ? own : { ...own, policy: policy(own.policy) }
  return setup?.(plain) ?? plain
}

/** A stop has this long to end what is in hand, as in the service, ms. */
const STOP_PATIENCE_MS = 15_000

/** One process: the real engine over virtual parts, opened as the service opens it. */
export class Service {
  readonly port: ProcessPort
  engine: Engine | null = null
  disk: Disk | null = null
  readonly ledger: Ledger
  readonly #tools: ServiceTools
  readonly #stop = new AbortController()
  #opened: (apply: Apply) => void = () => undefined
  readonly #ready = new Promise<Apply>((resolve) => {
    this.#opened = resolve
  })
  #turn: Promise<void> = Promise.resolve()

  constructor(tools: ServiceTools) {
    this.#tools = tools
    const { clock, luck, world } = tools
    this.port = new ProcessPort(clock, luck(`steps of ${tools.number}`), world.slowness, tools)
    const ledger = tools.shelf.forProcess(this.port)
    this.ledger = tools.planted.ledger?.(ledger) ?? ledger
  }

  /** Opens everything and runs; what goes wrong is told to `onFailure`, unless the process died of it. */
  start(): void {
    this.#run().catch((error: unknown) => {
      if (this.port.isAlive) this.#tools.onFailure(error)
    })
  }

  /** The first signal: what is in hand ends, then the process. */
  stop(): void {
    this.#stop.abort(new Error('stopped'))
    this.#tools.clock.after(STOP_PATIENCE_MS, () => this.port.die())
  }

  /** The config file was edited: it is read anew, once what was read before is in force. */
  edit(configured: readonly FolderTruth[]): void {
    const carryOver = async (): Promise<void> => {
      const apply = await this.#ready
      if (this.#stop.signal.aborted) return
      await apply(configured)
      if (this.port.isAlive) this.#tools.onConfig?.(configured)
    }
    this.#turn = this.#turn.then(carryOver).catch((error: unknown) => {
      if (this.port.isAlive) this.#tools.onFailure(error)
    })
  }

  async #run(): Promise<void> {
    const { world, server, folders, configured, planted, shelf } = this.#tools
    const { port } = this
    const { ledger, log } = tellAfterWrites(this.ledger, this.#tools.log)
    const clock = clockOf(this.#tools.clock, () => port.isAlive)
    const random = this.#tools.luck(`engine ${this.#tools.number}`)
    const { signal } = this.#stop
    ledger.now(() => void ledger.operations.doubtIntents())
    const live: Live = { config: configOf(world, configured), folders: [], setups: new Map() }
    const patternsOf = (root: string) =>
      live.config.folders.find((folder) => folder.path === root)?.ignore.map((rule) => rule.pattern) ?? []
    const plain = virtualDisk({ folders, clock: this.#tools.clock, port, tree: shelf.ledger.tree, patternsOf })
    const disk = planted.disk?.(plain) ?? plain
    this.disk = disk
    let ids = 0
    const bound = await bindFolders(
      {
        ledger,
        disk,
        log,
        wallMs: () => clock.wallMs(),
        newId: () => `folder-${this.#tools.number}-${ids++}`,
        graceOf: (_folder, { deletes }) => deletes.graceMs,
      },
      live.config.folders.map(({ path, dataset, policy, ignore }) => ({
        path,
        writtenAs: path,
        domain: 'sim',
        dataset,
        policy,
        rules: createHash('sha256')
          .update(JSON.stringify([ignore.map((rule) => rule.pattern), policy.subdirectories]))
          .digest('hex'),
      })),
    )
    live.folders = bound
    this.#tools.onConfig?.(configured)
    let touched: (ids: readonly number[]) => void = () => undefined
    const open = new Map<number, RemoteLink>()
    const links: Links = {
      links: open,
      ensure({ remoteId }) {
        const known = open.get(remoteId)
        if (known !== undefined) return known
        const { remote, deleteCall } = server.connect(ledger.remotes.get(remoteId).dataset, port)
        const tools = { ledger, clock, random, log, signal, absentGapMs: world.absentGapMs }
        const [asked, asking] = [planted.remote?.(remote) ?? remote, planted.deleteCall?.(deleteCall) ?? deleteCall]
        const link = openRemoteLink(tools, remoteId, asked, asking, (unitIds) => touched(unitIds))
        open.set(remoteId, link)
        return link
      },
      release: (remoteId) => void open.delete(remoteId),
      close: () => undefined,
    }
    const setUp = (folder: FolderRecord, entry: FolderConfig): LiveSetup => {
      const opened = openSetup(ledger, folder, entry, { clock, watch: () => NO_WATCH }, async () => true)
      return { ...opened, setup: plantedSetup(planted, opened.setup) }
    }
    for (const folder of bound) links.ensure(folder)
    for (const { folder, entry } of pair(live.config, bound)) live.setups.set(folder.id, setUp(folder, entry))
    const slots = openSlots(world.concurrency, () => clock.monotonicMs())
    this.engine = openEngine(
      {
        ledger,
        disk,
        looks: openLooks(clock, ledger.scans.get(ledger.scans.newest())?.endedMs ?? null),
        slots,
        log,
        clock,
        random,
        signal,
        process: `process-${this.#tools.number}`,
        absentGapMs: world.absentGapMs,
        rescanMs: world.rescanMs,
        crashPoint: (name) => port.point(name),
      },
      [...live.setups.values()].map(({ setup }) => setup),
      links.links,
    )
    touched = (unitIds) => {
      for (const folder of this.engine?.folders ?? []) folder.touch(unitIds)
    }
    const places: ReconfigureParts['places'] = async (next) => new Map(next.folders.map(({ path }) => [path, path]))
    const parts = { live, ledger, disk, engine: this.engine, links, slots, machineId: null, places, setUp }
    this.#opened((next) => reconfigure(parts, configOf(world, next), { clock, log }))
    await this.engine.run()
    port.die()
  }
}
