import type { FolderIdentityView } from '../control/api.ts'
import { type FolderState, shownMount } from '../model/folder.ts'
import { localMinute } from '../model/localTime.ts'
import { commandFor } from '../model/nextCommand.ts'
import type { FolderRecord } from '../sync/records.ts'
import type { LocalParts } from './localParts.ts'

/** A folder's state as people see it: a pause shows unless something is wrong as well. */
export function shownState(folder: FolderRecord): { readonly state: FolderState; readonly why: string; readonly next: string | null } {
  const isWell = folder.state === 'ok' || folder.state === 'degraded' || folder.state === 'paused'
  const until = folder.pausedUntilMs === null ? '' : ` until ${localMinute(folder.pausedUntilMs)}`
  if (folder.paused && isWell) return { state: 'paused', why: `paused by a person${until}`, next: commandFor('paused', folder.path, '') }
  const why = folder.paused ? `${folder.why} (and it is paused${until})` : folder.why
  return { state: folder.state, why, next: commandFor(folder.state, folder.path, folder.why) }
}

/** Who each folder is. */
export function folderLines({ ledger }: Pick<LocalParts, 'ledger'>): readonly FolderIdentityView[] {
  return ledger.folders.all().map((folder) => ({
    path: folder.path,
    id: folder.uid,
    ...shownState(folder),
    marker: folder.marker,
    mounts: folder.mounts.map(shownMount),
  }))
}
