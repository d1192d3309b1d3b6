import { createHash } from 'node:crypto'
import type { Log } from '../../src/model/event.ts'
import type { FolderPolicy } from '../../src/model/folder.ts'
import type { Ledger } from '../../src/store/openLedger.ts'
import { bindFolders } from '../../src/sync/bindFolders.ts'
import { type Engine, openEngine } from '../../src/sync/engine.ts'
import type { FolderSetup } from '../../src/sync/folderSetup.ts'
import { openLooks } from '../../src/sync/looks.ts'
import type { DeleteCall, Disk, Remote } from '../../src/sync/ports.ts'
import { openRemoteLink, type RemoteLink } from '../../src/sync/remoteLink.ts'
import { openSlots } from '../../src/sync/slots.ts'
import { tellAfterWrites } from '../../src/sync/tellAfterWrites.ts'
import type { streams } from './chance.ts'
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
  /** It is about to die where it was doomed to: at a named point, or at a step. */
  onDoom?(where: string): void
  onDeath(): void
  onFailure(error: unknown): void
}

function policyOf(folder: FolderTruth): FolderPolicy {
  return {
    via: { kind: 'upload' },
    title: { kind: 'path' },
    dicom: 'set-aside',
    subdirectories: folder.subdirectories,
    settleMs: folder.settleMs,
    groupSettleMs: folder.groupSettleMs,
    regroupSettleMs: folder.regroupSettleMs,
    groupIncomplete: 'block',
    onChange: folder.onChange,
    deletes: { mode: folder.mode, graceMs: folder.graceMs, limit: { ...folder.limit, perMs: 86_400_000 } },
  }
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

  async #run(): Promise<void> {
    const { world, server, folders, configured, planted, shelf } = this.#tools
    const { port } = this
    const { ledger, log } = tellAfterWrites(this.ledger, this.#tools.log)
    const clock = clockOf(this.#tools.clock, () => port.isAlive)
    const random = this.#tools.luck(`engine ${this.#tools.number}`)
    const { signal } = this.#stop
    ledger.now(() => void ledger.operations.doubtIntents())
    const patternsOf = (root: string) => configured.find((folder) => folder.path === root)?.ignore ?? []
    const plain = virtualDisk({ folders, clock: this.#tools.clock, port, tree: shelf.ledger.tree, patternsOf })
    const disk = planted.disk?.(plain) ?? plain
    this.disk = disk
    let ids = 0
    const bound = await bindFolders(
      { ledger, disk, log, wallMs: () => clock.wallMs(), newId: () => `folder-${this.#tools.number}-${ids++}` },
      configured.map((folder) => ({
        path: folder.path,
        writtenAs: folder.path,
        domain: 'sim',
        dataset: folder.dataset,
        policy: policyOf(folder),
        rules: createHash('sha256')
          .update(JSON.stringify([folder.ignore, folder.subdirectories]))
          .digest('hex'),
      })),
    )
    let touched: (ids: readonly number[]) => void = () => undefined
    const links = new Map<number, RemoteLink>()
    for (const { remoteId } of bound) {
      if (links.has(remoteId)) continue
      const { remote, deleteCall } = server.connect(ledger.remotes.get(remoteId).dataset, port)
      const tools = { ledger, clock, random, log, signal, absentGapMs: world.absentGapMs }
      links.set(
        remoteId,
        openRemoteLink(tools, remoteId, planted.remote?.(remote) ?? remote, planted.deleteCall?.(deleteCall) ?? deleteCall, (unitIds) =>
          touched(unitIds),
        ),
      )
    }
    const setups = bound.map((folder, i): FolderSetup => {
      const truth = configured[i] as FolderTruth
      const policy = policyOf(truth)
      const setup: FolderSetup = {
        folderId: folder.id,
        remoteId: folder.remoteId,
        policy: planted.policy?.(policy) ?? policy,
        ignore: truth.ignore.map((pattern) => ({ pattern, where: 'config' })),
        fileSystem: 'local',
        keepsDirTimes: async () => ledger.folders.get(folder.id).marker === 'written',
        graceMs: truth.graceMs,
        watch: { synced: () => undefined, restart: () => undefined },
      }
      return planted.setup?.(setup) ?? setup
    })
    this.engine = openEngine(
      {
        ledger,
        disk,
        looks: openLooks(clock),
        slots: openSlots(world.concurrency, () => clock.monotonicMs()),
        log,
        clock,
        random,
        signal,
        process: `process-${this.#tools.number}`,
        absentGapMs: world.absentGapMs,
        rescanMs: world.rescanMs,
        crashPoint: (name) => port.point(name),
      },
      setups,
      links,
    )
    touched = (unitIds) => {
      for (const folder of this.engine?.folders ?? []) folder.touch(unitIds)
    }
    await this.engine.run()
    port.die()
  }
}
