import type { FolderPolicy } from '../model/folder.ts'
import type { Survey } from './survey.ts'

/** One folder, as the config and its file system want it treated. */
export type FolderSetup = {
  readonly folderId: number
  readonly remoteId: number
  readonly policy: FolderPolicy
  readonly ignore: readonly { readonly pattern: string; readonly where: string }[]
  readonly fileSystem: 'local' | 'network'
  /** Does an unlink show in its directory's times? Asked before each look; found out once. */
  keepsDirTimes(): Promise<boolean>
  /** The grace in force: at least 10 min on network file systems, ms. */
  readonly graceMs: number
  /** Told what was read, so that it hears of later changes; `restart` after the folder became another one. */
  readonly watch: { synced(tree: Survey['tree']): void; restart(): void }
}
