import { isDeepStrictEqual } from 'node:util'
import type { FolderConfig, LoadedConfig } from '../config/loadedConfig.ts'
import type { Ledger } from '../store/openLedger.ts'
import type { Engine } from '../sync/engine.ts'
import type { Disk } from '../sync/ports.ts'
import type { FolderRecord } from '../sync/records.ts'
import type { Slots } from '../sync/slots.ts'
import { bindConfigured, pair } from './bindConfigured.ts'
import { freezeClone } from './cloneGuard.ts'
import type { FolderPlaces } from './folderPlaces.ts'
import type { LiveSetup } from './folderSetup.ts'
import type { Links } from './links.ts'
import { entryOf } from './localParts.ts'
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
  /** Where the folders of a config lie. */
  places(config: LoadedConfig, known: readonly FolderRecord[]): Promise<FolderPlaces>
  /** Sets up a folder that joins. */
  setUp(folder: FolderRecord, entry: FolderConfig): LiveSetup
  /** Which machine this is; null when nobody can tell. */
  readonly machineId: string | null
}

/**
 * Carries a changed config into what runs. Folders that left it are let go first, their PUTs broken off, and then detached: an edit of the
 * config deletes nothing. A folder whose `subdirectories` or `dicomseries` changed ends what it has in hand before its files make other units. Everything
 * else is followed where it is, and no PUT notices.
 * @param next differs from the one in force in nothing that needs a restart
 */
export async function reconfigure(parts: ReconfigureParts, next: LoadedConfig, tools: Pick<SyncTools, 'clock' | 'log'>): Promise<void> {
  const { live, links, slots } = parts
  const places = await parts.places(next, live.folders)
  slots.resize(next.upload.concurrency)
  const changes = live.folders.map((folder): Change => ({ folder, before: entryOf(live, folder), after: entryAt(next, places, folder) }))
  for (const change of changes) if (!isKept(change)) await letGo(parts, change.folder, 'cut')
  const remapped = changes.filter((change) => isKept(change) && isRemapped(change))
  await take(parts, keepMapping(next, remapped), places, tools)
  for (const { folder } of remapped) await letGo(parts, folder, 'drained')
  if (remapped.length > 0) await take(parts, next, places, tools)
  for (const remoteId of links.links.keys()) if (!live.folders.some((folder) => folder.remoteId === remoteId)) links.release(remoteId)
}

async function letGo({ engine, live }: ReconfigureParts, folder: FolderRecord, leaving: 'cut' | 'drained'): Promise<void> {
  await engine.remove(folder.id, leaving)
  await live.setups.get(folder.id)?.close()
  live.setups.delete(folder.id)
  live.folders = live.folders.filter((one) => one.id !== folder.id)
}

/** Binds the config's folders, has the running ones follow their entries, and takes up the others. */
async function take(
  parts: ReconfigureParts,
  config: LoadedConfig,
  places: FolderPlaces,
  tools: Pick<SyncTools, 'clock' | 'log'>,
): Promise<void> {
  const { live, ledger, disk, engine, links, machineId } = parts
  const before = live.config
  const bound = await bindConfigured(config, ledger, disk, tools, places)
  const joined = bound.filter(({ id }) => !live.setups.has(id))
  freezeClone(ledger, machineId, { log: tools.log, wallMs: () => tools.clock.wallMs() }, joined)
  live.config = config
  live.folders = bound.map((folder) => ledger.folders.get(folder.id))
  for (const { entry, folder } of pair(config, live.folders)) {
    const running = live.setups.get(folder.id)
    if (running === undefined) {
      const opened = parts.setUp(folder, entry)
      live.setups.set(folder.id, opened)
      engine.add(opened.setup, links.ensure(folder))
      continue
    }
    running.follow(entry)
    if (isSame(entryOf({ config: before }, folder), entry) && before.rescanMs === config.rescanMs) continue
    engine.poke(folder.id)
    engine.folders.find((one) => one.id === folder.id)?.requestScan('the config changed')
  }
}

/** A running folder and its entries in the config in force and in the next one; null where it has none. */
type Change = { readonly folder: FolderRecord; readonly before: FolderConfig | null; readonly after: FolderConfig | null }

function entryAt(config: LoadedConfig, places: FolderPlaces, { path }: FolderRecord): FolderConfig | null {
  return config.folders.find((entry) => places.get(entry.path) === path) ?? null
}

/** The same place, the same dataset of the same server. */
function isKept({ before, after }: Change): boolean {
  return after !== null && before?.dataset === after.dataset
}

/** What decides which units files make. */
function mappingOf({ policy: { subdirectories, dicom } }: FolderConfig) {
  return { subdirectories, dicom }
}

function isRemapped({ before, after }: Change): boolean {
  return before !== null && after !== null && !isDeepStrictEqual(mappingOf(before), mappingOf(after))
}

/** The new config with the old mapping of these folders. */
function keepMapping(next: LoadedConfig, remapped: readonly Change[]): LoadedConfig {
  const kept = new Map<FolderConfig, ReturnType<typeof mappingOf>>()
  for (const { before, after } of remapped) if (before !== null && after !== null) kept.set(after, mappingOf(before))
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
