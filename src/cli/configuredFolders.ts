import { realPathOf } from '../app/realPath.ts'
import type { FolderConfig, LoadedConfig } from '../config/loadedConfig.ts'

/** A config entry and the real path that the ledger knows it by. */
export type ConfiguredFolder = { readonly entry: FolderConfig; readonly realPath: string }

/** The config's folders with their links followed. */
export function configuredFolders(config: Pick<LoadedConfig, 'folders'>): readonly ConfiguredFolder[] {
  return config.folders.map((entry) => ({
    entry,
    // Only where it is asked for: a share that does not answer would hold up whoever asks.
    get realPath() {
      return realPathOf(entry.path)
    },
  }))
}
