import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { FolderConfig, LoadedConfig } from '../config/loadedConfig.ts'
import type { Clock, Random } from '../model/clock.ts'
import { UserError } from '../model/error.ts'
import type { Log } from '../model/event.ts'
import { EXIT } from '../model/exitCode.ts'
import { inodeOf } from '../store/inode.ts'
import { lockedError, takeLock } from '../store/lock.ts'
import { type Ledger, prepareLedgerPlace } from '../store/openLedger.ts'
import { openSafely } from '../store/openSafely.ts'
import type { CrashPoint } from '../sync/effectTools.ts'
import { type Engine, openEngine } from '../sync/engine.ts'
import type { FolderSetup } from '../sync/folderSetup.ts'
import { openLooks } from '../sync/looks.ts'
import type { Disk } from '../sync/ports.ts'
import type { FolderRecord } from '../sync/records.ts'
import type { RemoteLink } from '../sync/remoteLink.ts'
import { openSlots } from '../sync/slots.ts'
import { tellAfterWrites } from '../sync/tellAfterWrites.ts'
import { bindConfigured, pair } from './bindConfigured.ts'
import { freezeClone } from './cloneGuard.ts'
import { openDisk } from './disk.ts'
import { findPlaces } from './folderPlaces.ts'
import { type LiveSetup, openSetup } from './folderSetup.ts'
import { openLinks } from './links.ts'
import { entryOf } from './localParts.ts'
import { readMachineId } from './machineId.ts'
import { patientDisk } from './patientDisk.ts'
import { type Live, type ReconfigureParts, reconfigure } from './reconfigure.ts'
import { openSurveyor } from './surveyor.ts'
import { surveyThreads } from './surveyThread.ts'

/** What a process brings: its clock, its chance, its log, the signal that ends it. */
export type SyncTools = {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
  /** How a folder is watched; `once` watches nothing. */
  watch(
    folder: FolderRecord,
    mode: 'auto' | 'events' | 'poll',
    fileSystem: 'local' | 'network',
  ): FolderSetup['watch'] & { close(): Promise<void> }
  /** Which machine this is; by default as the system says. */
  readonly machineId?: () => string | null
  /** Named points at which a test may let the process die. */
  crashPoint(name: CrashPoint): void
}

export type Sync = {
  readonly ledger: Ledger
  readonly engine: Engine
  readonly disk: Disk
  /** In force. */
  readonly config: LoadedConfig
  /** As they are now, in the config's order. */
  readonly folders: readonly FolderRecord[]
  /** By the id of the dataset's record. */
  readonly links: ReadonlyMap<number, RemoteLink>
  /** Carries a changed config into what runs, without losing a PUT; one at a time. */
  reconfigure(next: LoadedConfig): Promise<void>
  /**
   * Is the ledger still the one that was opened, and nobody else's?
   * @throws UserError (3) when it was taken away or replaced; (75) when another instance holds it by now
   */
  keepHold(): void
  /** Grows while the survey's thread gets on. */
  surveySteps(): number
  close(): Promise<void>
}

/** Connections to one server at most: as many as `upload.concurrency` may ask for, and some for what is no upload. */
const MOST_SOCKETS = 68
/** A second instance that is just ending lets go of the lock within this time, ms. */
const LOCK_PATIENCE_MS = 2_000

/**
 * Opens everything that syncs: lock, ledger, folders, links, engine; closes what is open when a step fails.
 * @throws UserError (75) when another instance holds the ledger, (2) for a place that can't hold one, (3) when it is damaged
 */
export async function openSync(config: LoadedConfig, given: SyncTools): Promise<Sync> {
  // Every call in flight listens to the stop, and lets go of it at its end: more than ten at a time are no leak.
  setMaxListeners(0, given.signal)
  const closers: (() => void | Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const watched = config.folders.map((folder) => folder.path)
    prepareLedgerPlace(config.ledgerPath, watched)
    const lock = await patientLock(config.ledgerPath, given.clock)
    closers.push(() => lock.release())
    const opened = await openSafely(config.ledgerPath, watched, {
      wallMs: () => given.clock.wallMs(),
      onMigrated: (migrated) => given.log.emit('ledger.migrated', migrated),
    })
    const inode = inodeOf(config.ledgerPath)
    const { ledger, log } = tellAfterWrites(opened, given.log)
    const tools: SyncTools = { ...given, log }
    closers.push(() => ledger.close())
    ledger.now(() => void ledger.operations.doubtIntents())
    const surveyor = openSurveyor(surveyThreads(config.ledgerPath), tools.clock)
    closers.push(() => surveyor.close())
    const live: Live = { config, folders: [], setups: new Map() }
    const disk = patientDisk(
      openDisk(
        (request) => surveyor.survey(request),
        (root) => {
          const folder = live.folders.find(({ path }) => path === root)
          return (folder === undefined ? null : entryOf(live, folder))?.ignore.map((rule) => rule.pattern) ?? []
        },
      ),
      tools.clock,
    )
    const bound = await bindConfigured(config, ledger, disk, tools)
    const machineId = (tools.machineId ?? readMachineId)()
    freezeClone(ledger, machineId, { log: tools.log, wallMs: () => tools.clock.wallMs() })
    live.folders = bound.map((folder) => ledger.folders.get(folder.id))

    const slots = openSlots(config.upload.concurrency, () => tools.clock.monotonicMs())
    let touched: (unitIds: readonly number[]) => void = () => undefined
    const remoteTools = { ledger, clock: tools.clock, random: tools.random, log, signal: tools.signal }
    const links = openLinks(
      () => live.config,
      live.folders,
      { ...remoteTools, maxSockets: MOST_SOCKETS, onTouched: (ids) => touched(ids) },
      'may-delete',
    )
    closers.push(() => links.close())
    closers.push(async () => {
      for (const setup of live.setups.values()) await setup.close()
    })
    const setUp = (folder: FolderRecord, entry: FolderConfig): LiveSetup => openSetup(ledger, folder, entry, tools)
    for (const { folder, entry } of pair(config, live.folders)) live.setups.set(folder.id, setUp(folder, entry))
    const engine = openEngine(
      {
        ...remoteTools,
        disk,
        looks: openLooks(tools.clock, ledger.scans.get(ledger.scans.newest())?.endedMs ?? null),
        slots,
        process: randomUUID(),
        get absentGapMs() {
          return live.config.encord.absentGapMs
        },
        get rescanMs() {
          return live.config.rescanMs
        },
        crashPoint: (name) => tools.crashPoint(name),
      },
      [...live.setups.values()].map(({ setup }) => setup),
      links.links,
    )
    touched = (ids) => {
      for (const folder of engine.folders) folder.touch(ids)
    }
    const places: ReconfigureParts['places'] = (next, known) => findPlaces(next, known, tools.clock)
    return {
      ledger,
      engine,
      disk,
      get config() {
        return live.config
      },
      get folders() {
        return live.folders
      },
      links: links.links,
      keepHold() {
        const now = inodeOf(config.ledgerPath)
        if (now !== null && now !== inode) throw replacedError(config.ledgerPath)
        lock.keep()
      },
      surveySteps: () => surveyor.steps(),
      reconfigure: (next) => reconfigure({ live, ledger, disk, engine, links, slots, machineId, places, setUp }, next, tools),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function replacedError(ledgerPath: string): UserError {
  return new UserError(EXIT.person, {
    what: [
      `the ledger ${ledgerPath} was taken away, or another one put in its place, while it was used`,
      '  without it the dataset is read anew, its rows are linked by the notes they carry, and deletes are held until a person accepts the folders',
    ].join('\n'),
    notDone: 'nothing more was sent',
    next: 'put it back, or go on with what is there: encord-sync resume',
  })
}

async function patientLock(ledgerPath: string, clock: Clock) {
  const deadlineMs = clock.monotonicMs() + LOCK_PATIENCE_MS
  for (;;) {
    const lock = takeLock(ledgerPath)
    if (lock !== null) return lock
    if (clock.monotonicMs() >= deadlineMs) throw lockedError(ledgerPath)
    await clock.sleep(100)
  }
}
