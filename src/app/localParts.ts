import type { FolderConfig, LoadedConfig } from '../config/loadedConfig.ts'
import type { ReloadView, StatusView } from '../control/api.ts'
import type { FolderPolicy } from '../model/folder.ts'
import type { Ledger } from '../store/openLedger.ts'
import type { FolderRecord } from '../sync/records.ts'

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
  /** Why this process could not read a dataset when it tried last, by the remote's id; null when it could, or did not try. */
  unread(remoteId: number): string | null
  /** The grace in force. */
  guard(folder: FolderRecord, policy: FolderPolicy): Guard
}

/** The config entry of a known folder, by what was written when it was bound: no disk is asked. Null when it left the config. */
export function entryOf(
  { config: { folders } }: { readonly config: Pick<LoadedConfig, 'folders'> },
  { path, writtenAs }: Pick<FolderRecord, 'path' | 'writtenAs'>,
): FolderConfig | null {
  return folders.find((entry) => entry.path === writtenAs) ?? folders.find((entry) => entry.path === path) ?? null
}
