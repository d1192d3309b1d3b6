import { createHash, randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { LoadedConfig } from '../config/loadedConfig.ts'
import { keepsDirectoryTimes } from '../disk/probe.ts'
import type { Clock, Random } from '../model/clock.ts'
import type { Log } from '../model/event.ts'
import type { FolderPolicy } from '../model/folder.ts'
import { lockedError, takeLock } from '../store/lock.ts'
import { type Ledger, prepareLedgerPlace } from '../store/openLedger.ts'
import { openSafely } from '../store/openSafely.ts'
import { bindFolders, type FolderRequest } from '../sync/bindFolders.ts'
import type { CrashPoint } from '../sync/effectTools.ts'
import { type Engine, openEngine } from '../sync/engine.ts'
import type { FolderSetup } from '../sync/folderEngine.ts'
import { openLooks } from '../sync/looks.ts'
import type { Disk } from '../sync/ports.ts'
import type { FolderRecord } from '../sync/records.ts'
import type { RemoteLink } from '../sync/remoteLink.ts'
import { openSlots } from '../sync/slots.ts'
import { freezeClone } from './cloneGuard.ts'
import { openDisk } from './disk.ts'
import { guardOf } from './guard.ts'
import { openLinks } from './links.ts'
import { configuredFolders, entryOf } from './localParts.ts'
import { readMachineId } from './machineId.ts'
import { openSurveyor } from './surveyor.ts'

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
  readonly folders: readonly FolderRecord[]
  /** By the id of the dataset's record. */
  readonly links: ReadonlyMap<number, RemoteLink>
  close(): Promise<void>
}

/** Requests in flight for `concurrency: auto`: at 50 ms of latency everything waits for the wire, and the server's limits are unknown. */
const AUTO_CONCURRENCY = 16
/** A second instance that is just ending lets go of the lock within this time, ms. */
const LOCK_PATIENCE_MS = 2_000
/** `settle` where files arrive over a network and nothing is said in the config, ms. */
const NETWORK_SETTLE_MS = 60_000

/**
 * Opens everything that syncs: lock, ledger, folders, links, engine; closes what is open when a step fails.
 * @throws UserError (75) when another instance holds the ledger, (2) for a place that can't hold one, (3) when it is damaged
 */
export async function openSync(config: LoadedConfig, tools: SyncTools): Promise<Sync> {
  // Every call in flight listens to the stop, and lets go of it at its end: more than ten at a time are no leak.
  setMaxListeners(0, tools.signal)
  const closers: (() => void | Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const watched = config.folders.map((folder) => folder.path)
    prepareLedgerPlace(config.ledgerPath, watched)
    const lock = await patientLock(config.ledgerPath, tools.clock)
    closers.push(() => lock.release())
    const ledger = await openSafely(config.ledgerPath, watched, {
      wallMs: () => tools.clock.wallMs(),
      onMigrated: (migrated) => tools.log.emit('ledger.migrated', migrated),
    })
    closers.push(() => ledger.close())
    ledger.now(() => void ledger.operations.doubtIntents())
    const surveyor = openSurveyor(config.ledgerPath)
    closers.push(() => surveyor.close())
    const disk = openDisk(
      (request) => surveyor.survey(request),
      (root) => entryOf({ config }, { path: root })?.ignore.map((rule) => rule.pattern) ?? [],
    )
    const bound = await bindConfigured(config, ledger, disk, tools)
    freezeClone(ledger, (tools.machineId ?? readMachineId)(), { log: tools.log, wallMs: () => tools.clock.wallMs() })
    const folders = bound.map((folder) => ledger.folders.get(folder.id))

    const concurrency = config.upload.concurrency === 'auto' ? AUTO_CONCURRENCY : config.upload.concurrency
    let touched: (unitIds: readonly number[]) => void = () => undefined
    const remoteTools = { ledger, clock: tools.clock, random: tools.random, log: tools.log, signal: tools.signal }
    const { links, close: closeLinks } = openLinks(
      config,
      folders,
      { ...remoteTools, maxSockets: concurrency + 4, onTouched: (ids) => touched(ids) },
      'may-delete',
    )
    closers.push(closeLinks)
    const setups: FolderSetup[] = []
    for (const { folder, entry } of pair(config, folders)) {
      // Asked for each time: a folder that is away at the start is known only later.
      const guard = () => guardOf(ledger.folders.get(folder.id), entry.policy)
      const watch = tools.watch(folder, entry.watch, guard().fileSystem)
      closers.push(() => watch.close())
      setups.push({
        folderId: folder.id,
        remoteId: folder.remoteId,
        get policy() {
          return policyFor(entry.policy, entry.explicit.settle, guard().fileSystem)
        },
        ignore: entry.ignore,
        get fileSystem() {
          return guard().fileSystem
        },
        keepsDirTimes: directoryTimes(
          () => ledger.folders.get(folder.id),
          () => guard().fileSystem,
          tools.clock,
        ),
        get graceMs() {
          return guard().graceMs
        },
        watch,
      })
    }
    const engine = openEngine(
      {
        ...remoteTools,
        disk,
        looks: openLooks(tools.clock),
        slots: openSlots(concurrency),
        process: randomUUID(),
        absentGapMs: config.encord.absentGapMs,
        rescanMs: config.rescanMs,
        crashPoint: (name) => tools.crashPoint(name),
      },
      setups,
      links,
    )
    touched = (ids) => {
      for (const folder of engine.folders) folder.touch(ids)
    }
    return { ledger, engine, disk, folders, links, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Whether a folder's file system keeps directory times, tried out once it is there and can be written. */
function directoryTimes(record: () => FolderRecord, fileSystem: () => 'local' | 'network', clock: Clock): () => Promise<boolean> {
  let told: boolean | null = null
  return async () => {
    const { path, marker } = record()
    if (fileSystem() !== 'local' || marker !== 'written') return false
    if (told === null) {
      const answer = await keepsDirectoryTimes(path, clock)
      if (answer !== 'unknown') told = answer
    }
    return told ?? false
  }
}

/** The configured folders, bound to the ledger's records. */
export async function bindConfigured(
  config: LoadedConfig,
  ledger: Ledger,
  disk: Disk,
  tools: Pick<SyncTools, 'clock' | 'log'>,
): Promise<readonly FolderRecord[]> {
  const requests = configuredFolders(config).map(
    ({ entry, realPath }): FolderRequest => ({
      path: realPath,
      domain: config.encord.domain,
      dataset: entry.dataset,
      policy: entry.policy,
      rules: createHash('sha256')
        .update(JSON.stringify([entry.ignore.map((rule) => rule.pattern), entry.policy.subdirectories]))
        .digest('hex'),
    }),
  )
  return await bindFolders({ ledger, disk, log: tools.log, wallMs: () => tools.clock.wallMs(), newId: randomUUID }, requests)
}

/** Folders with their config entries, in the config's order. */
export function pair(config: LoadedConfig, folders: readonly FolderRecord[]) {
  return config.folders.flatMap((entry, i) => {
    const folder = folders[i]
    return folder === undefined ? [] : [{ entry, folder }]
  })
}

/** Where files arrive over a network, two equal looks have to be further apart. */
export function policyFor(policy: FolderPolicy, settleIsExplicit: boolean, fileSystem: 'local' | 'network'): FolderPolicy {
  if (fileSystem === 'local' || settleIsExplicit) return policy
  return { ...policy, settleMs: Math.max(policy.settleMs, NETWORK_SETTLE_MS) }
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
