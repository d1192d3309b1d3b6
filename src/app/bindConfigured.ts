import { createHash, randomUUID } from 'node:crypto'
import type { FolderConfig, LoadedConfig } from '../config/loadedConfig.ts'
import type { FolderPolicy } from '../model/folder.ts'
import type { Ledger } from '../store/openLedger.ts'
import { bindFolders, type FolderRequest } from '../sync/bindFolders.ts'
import type { Disk } from '../sync/ports.ts'
import type { FolderRecord } from '../sync/records.ts'
import { type FolderPlaces, findPlaces } from './folderPlaces.ts'
import { guardOf } from './guard.ts'
import type { SyncTools } from './openSync.ts'

/**
 * The configured folders, bound to the ledger's records, in the config's order.
 * @param places where they lie, when that is known already
 */
export async function bindConfigured(
  config: LoadedConfig,
  ledger: Ledger,
  disk: Disk,
  tools: Pick<SyncTools, 'clock' | 'log'>,
  places?: FolderPlaces,
): Promise<readonly FolderRecord[]> {
  const found = places ?? (await findPlaces(config, ledger.folders.all(), tools.clock))
  const requests = config.folders.map(
    (entry): FolderRequest => ({
      path: found.get(entry.path) ?? entry.path,
      writtenAs: entry.path,
      domain: config.encord.domain,
      dataset: entry.dataset,
      policy: entry.policy,
      rules: rulesOf(entry),
    }),
  )
  const graceOf = (folder: FolderRecord, policy: FolderPolicy): number => guardOf(folder, policy).graceMs
  return await bindFolders({ ledger, disk, log: tools.log, wallMs: () => tools.clock.wallMs(), newId: randomUUID, graceOf }, requests)
}

function rulesOf(entry: FolderConfig): string {
  const { subdirectories, dicom } = entry.policy
  // As older versions wrote it where nothing of DICOM is asked for: an update of the program is no change of rules.
  const rules = [entry.ignore.map((rule) => rule.pattern), subdirectories, ...(dicom === 'series' ? [dicom] : [])]
  return createHash('sha256').update(JSON.stringify(rules)).digest('hex')
}

/** Folders with their config entries, in the config's order. */
export function pair(
  config: LoadedConfig,
  folders: readonly FolderRecord[],
): readonly { readonly entry: FolderConfig; readonly folder: FolderRecord }[] {
  return config.folders.flatMap((entry, i) => {
    const folder = folders[i]
    return folder === undefined ? [] : [{ entry, folder }]
  })
}
