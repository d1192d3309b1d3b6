import { isDeepStrictEqual } from 'node:util'
import type { FolderConfig, LoadedConfig } from '../config/loadedConfig.ts'
import type { Ledger } from '../store/openLedger.ts'
import type { Engine } from '../sync/engine.ts'
import type { Disk } from '../sync/ports.ts'
import type { FolderRecord } from '../sync/records.ts'
import type { Slots } from '../sync/slots.ts'
import { bindConfigured, pair } from './bindConfigured.ts'
import { type LiveSetup, openSetup } from './folderSetup.ts'
import type { Links } from './links.ts'
import { configuredAt } from './localParts.ts'
import type { SyncTools } from './openSync.ts'

/** What runs, and what a changed config is carried into. */
export type Live = {
  /** In force. */
  config: LoadedConfig
  /** In the config's order. */
  folders: readonly FolderRecord[]
  readonly setups: Map<number, LiveSetup>
}

export type ReconfigureParts = {
  readonly live: Live
  readonly ledger: Ledger
  readonly disk: Disk
  readonly engine: Engine
  readonly links: Links
  readonly slots: Slots
}

/**
 * Carries a changed config into what runs. Folders that left it are let go first, their PUTs broken off, and then detached: an edit of the
 * config deletes nothing. A folder whose `subdirectories` or `dicomseries` changed ends what it has in hand before its files make other units. Everything
 * else is followed where it is, and no PUT notices.
 * @param next differs from the one in force in nothing that needs a restart
 */
export async function reconfigure(
  parts: ReconfigureParts,
  next: LoadedConfig,
  tools: Pick<SyncTools, 'clock' | 'log' | 'watch'>,
): Promise<void> {
  const { live, links, slots } = parts
  const before = live.config
  slots.resize(next.upload.concurrency)
  for (const folder of live.folders) if (entryFor(next, before, folder) === null) await letGo(parts, folder, 'cut')
  const remapped = live.folders.filter((folder) => isRemapped(entryFor(before, before, folder), entryFor(next, before, folder)))
  await take(parts, keepMapping(next, before, remapped), tools)
  for (const folder of remapped) await letGo(parts, folder, 'drained')
  if (remapped.length > 0) await take(parts, next, tools)
  for (const remoteId of links.links.keys()) if (!live.folders.some((folder) => folder.remoteId === remoteId)) links.release(remoteId)
}

async function letGo({ engine, live }: ReconfigureParts, folder: FolderRecord, leaving: 'cut' | 'drained'): Promise<void> {
  await engine.remove(folder.id, leaving)
  await live.setups.get(folder.id)?.close()
  live.setups.delete(folder.id)
  live.folders = live.folders.filter((one) => one.id !== folder.id)
}

/** Binds the config's folders, has the running ones follow their entries, and takes up the others. */
async function take(parts: ReconfigureParts, config: LoadedConfig, tools: Pick<SyncTools, 'clock' | 'log' | 'watch'>): Promise<void> {
  const { live, ledger, disk, engine, links } = parts
  const before = live.config
  const bound = await bindConfigured(config, ledger, disk, tools)
  live.config = config
  live.folders = bound.map((folder) => ledger.folders.get(folder.id))
  for (const { entry, folder } of pair(config, live.folders)) {
    const running = live.setups.get(folder.id)
    if (running === undefined) {
      const opened = openSetup(ledger, folder, entry, tools)
      live.setups.set(folder.id, opened)
      engine.add(opened.setup, links.ensure(folder))
      continue
    }
    running.follow(entry)
    if (isSame(entryFor(before, before, folder), entry) && before.rescanMs === config.rescanMs) continue
    engine.poke(folder.id)
    engine.folders.find((one) => one.id === folder.id)?.requestScan('the config changed')
  }
}

/** The entry of a running folder in a config: the same place, the same dataset of the same server. Null: it is none of this config. */
function entryFor(config: LoadedConfig, running: LoadedConfig, folder: FolderRecord): FolderConfig | null {
  const known = configuredAt(running, folder.path)
  const found = configuredAt(config, folder.path)
  return found !== undefined && known?.entry.dataset === found.entry.dataset ? found.entry : null
}

/** What decides which units files make. */
function mappingOf({ policy: { subdirectories, dicom } }: FolderConfig) {
  return { subdirectories, dicom }
}

function isRemapped(before: FolderConfig | null, after: FolderConfig | null): boolean {
  return before !== null && after !== null && !isDeepStrictEqual(mappingOf(before), mappingOf(after))
}

/** The new config with the old mapping of these folders. */
function keepMapping(next: LoadedConfig, before: LoadedConfig, folders: readonly FolderRecord[]): LoadedConfig {
  const kept = new Map<FolderConfig, ReturnType<typeof mappingOf>>()
  for (const folder of folders) {
    const [entry, old] = [entryFor(next, before, folder), entryFor(before, before, folder)]
    if (entry !== null && old !== null) kept.set(entry, mappingOf(old))
  }
  const withKept = (entry: FolderConfig): FolderConfig => {
    const mapping = kept.get(entry)
    return mapping === undefined ? entry : { ...entry, policy: { ...entry.policy, ...mapping } }
  }
  return { ...next, folders: next.folders.map(withKept) }
}

function isSame(before: FolderConfig | null, after: FolderConfig): boolean {
  if (before === null) return false
  const plain = ({ path, dataset, policy, explicit, ignore, watch }: FolderConfig) => ({
    path,
    dataset,
    policy,
    explicit,
    ignore: ignore.map((rule) => rule.pattern),
    watch,
  })
  return isDeepStrictEqual(plain(before), plain(after))
}
