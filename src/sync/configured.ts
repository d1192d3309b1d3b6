import type { LedgerPort } from './ledgerPort.ts'

type Port = Pick<LedgerPort, 'folders'>

/** Does the config name the folder? One that left it keeps its rows, and is looked at no more. */
export function isConfigured({ folders }: Port, folderId: number): boolean {
  return folders.all().some(({ id }) => id === folderId)
}

/** Is it the id, as its marker and our notes say it, of a folder of this dataset that the config names? */
export function isFollowed({ folders }: Port, folderUid: string | null, remoteId: number): boolean {
  return folders.all().some((folder) => folder.uid === folderUid && folder.remoteId === remoteId)
}
