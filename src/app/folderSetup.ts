import type { FolderConfig } from '../config/loadedConfig.ts'
import { keepsDirectoryTimes } from '../disk/probe.ts'
import type { FolderPolicy } from '../model/folder.ts'
import type { Ledger } from '../store/openLedger.ts'
import type { FolderSetup } from '../sync/folderSetup.ts'
import type { FolderRecord } from '../sync/records.ts'
import { guardOf } from './guard.ts'
import type { Guard } from './localParts.ts'
import type { SyncTools } from './openSync.ts'

/** `settle` where files arrive over a network and nothing is said in the config, ms. */
const NETWORK_SETTLE_MS = 60_000

/** A folder's setup, which follows its config entry, and its watch. */
export type LiveSetup = {
  readonly setup: FolderSetup
  /** Takes another entry for the same folder: read from here on. */
  follow(entry: FolderConfig): void
  /** Ends its watch. */
  close(): Promise<void>
}

/**
 * Sets up a folder by its config entry. What depends on where it lies is asked for each time: one that is away at the start is known only later.
 * @param probe whether its file system keeps directory times; the real disk is tried by default, a simulation hands in its own
 */
export function openSetup(
  ledger: Ledger,
  folder: FolderRecord,
  first: FolderConfig,
  tools: Pick<SyncTools, 'clock' | 'watch'>,
  probe: typeof keepsDirectoryTimes = keepsDirectoryTimes,
): LiveSetup {
  let entry = first
  const guard = (): Guard => guardOf(ledger.folders.get(folder.id), entry.policy)
  const openWatch = (): ReturnType<SyncTools['watch']> => tools.watch(ledger.folders.get(folder.id), entry.watch, guard().fileSystem)
  let watch = openWatch()
  let closing: Promise<unknown> = Promise.resolve()
  return {
    setup: {
      folderId: folder.id,
      remoteId: folder.remoteId,
      get policy() {
        return policyFor(entry.policy, entry.explicit.settle, guard().fileSystem)
      },
      get ignore() {
        return entry.ignore
      },
      get fileSystem() {
        return guard().fileSystem
      },
      keepsDirTimes: directoryTimes(
        () => ledger.folders.get(folder.id),
        () => guard().fileSystem,
        () => probe(ledger.folders.get(folder.id).path, tools.clock),
      ),
      get graceMs() {
        return guard().graceMs
      },
      watch: {
        synced: (tree) => watch.synced(tree),
        restart: () => watch.restart(),
      },
    },
    follow(next) {
      const { watch: mode } = entry
      entry = sameIgnore(entry, next) ? { ...next, ignore: entry.ignore } : next
      if (next.watch === mode) return
      closing = Promise.all([closing, watch.close()])
      watch = openWatch()
    },
    async close() {
      await closing
      await watch.close()
    },
  }
}

/** Places in the file aside: a line that moved is the same rule, and a walk under way stays good. */
function sameIgnore(a: FolderConfig, b: FolderConfig): boolean {
  return JSON.stringify(a.ignore.map((rule) => rule.pattern)) === JSON.stringify(b.ignore.map((rule) => rule.pattern))
}

/** Whether a folder's file system keeps directory times, tried out once it is there and can be written. */
function directoryTimes(
  record: () => FolderRecord,
  fileSystem: () => 'local' | 'network',
  probe: () => Promise<boolean | 'unknown'>,
): () => Promise<boolean> {
  let told: boolean | null = null
  return async () => {
    if (fileSystem() !== 'local' || record().marker !== 'written') return false
    if (told === null) {
      const answer = await probe()
      if (answer !== 'unknown') told = answer
    }
    return told ?? false
  }
}

/** Where files arrive over a network, two equal looks have to be further apart. */
export function policyFor(policy: FolderPolicy, settleIsExplicit: boolean, fileSystem: 'local' | 'network'): FolderPolicy {
  if (fileSystem === 'local' || settleIsExplicit) return policy
  return { ...policy, settleMs: Math.max(policy.settleMs, NETWORK_SETTLE_MS) }
}
