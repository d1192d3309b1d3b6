import type { FolderSetup } from '../../src/sync/folderSetup.ts'
import type { FolderRecord } from '../../src/sync/records.ts'
import { policyOf } from './planWorld.ts'

/** A local folder with the rules of the defaults, whose watch hears nothing. */
export function quietSetup({ id, remoteId }: Pick<FolderRecord, 'id' | 'remoteId'>): FolderSetup {
  return {
    folderId: id,
    remoteId,
    policy: policyOf(),
    ignore: [],
    fileSystem: 'local',
    keepsDirTimes: async () => true,
    graceMs: 1_000,
    watch: { synced: () => undefined, restart: () => undefined },
  }
}
