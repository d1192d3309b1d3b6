import type { FolderConfig, LoadedConfig } from '../config/loadedConfig.ts'
import type { ReloadView, StatusView } from '../control/api.ts'
import type { FolderPolicy } from '../model/folder.ts'
import type { Ledger } from '../store/openLedger.ts'
import type { FolderRecord } from '../sync/records.ts'
import { realPathOf } from './realPath.ts'

/** What decides over deletes besides the policy: it depends on where the folder lies. */
export type Guard = { readonly graceMs: number; readonly fileSystem: 'local' | 'network' }

/** What the local interface is made of, in the service as in a command that works on the ledger itself. */
export type LocalParts = {
  readonly ledger: Ledger
  readonly config: Pick<LoadedConfig, 'folders' | 'encord'>
  readonly version: string
  /** ms since 1970. */
  wallMs(): number
  /** The service that holds the ledger, this process; null in a command. */
  readonly service: { readonly pid: number; readonly startedAtMs: number } | null
  /** The config that the service follows; null in a command. */
  reloaded(): ReloadView | null
  /** Uploads in hand. */
  uploads(): StatusView['uploads']
  /** The grace in force. */
  guard(folder: FolderRecord, policy: FolderPolicy): Guard
}

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

/** The config entry of a known folder; null when it left the config. */
export function entryOf({ config }: Pick<LocalParts, 'config'>, folder: Pick<FolderRecord, 'path'>): FolderConfig | null {
  return configuredAt(config, folder.path)?.entry ?? null
}

/** The configured folder at a known path, looked for by what is written first: that needs no disk. */
export function configuredAt(config: Pick<LoadedConfig, 'folders'>, path: string): ConfiguredFolder | undefined {
  const folders = configuredFolders(config)
  return folders.find(({ entry }) => entry.path === path) ?? folders.find(({ realPath }) => realPath === path)
}
