import { type DirStamp, dirOf, type RelPath, sameStamp } from '../model/file.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { Looks } from './looks.ts'
import type { FolderRecord } from './records.ts'
import type { Difference, Survey } from './survey.ts'

type DirTools = { readonly ledger: LedgerPort; readonly looks: Looks }

/** Groups and series whose directory has a new `.done`: that alone ends their wait. */
export function completedGroups(ledger: LedgerPort, folder: FolderRecord, survey: Survey): readonly number[] {
  return survey.dirs.flatMap(({ path, doneNs }) => {
    const known = doneNs === null ? null : ledger.tree.dir(folder.id, path)
    if (doneNs === null || known?.doneNs === doneNs) return []
    const series = known === null ? [] : ledger.units.seriesIn(known.id).map((unit) => unit.id)
    return [...series, ledger.units.byKey(folder.id, 'dir', path)?.id ?? []].flat()
  })
}

/** Writes down the directories that a survey read. @returns their ids */
export function writeDirs({ ledger, looks }: DirTools, folder: FolderRecord, survey: Survey): Map<RelPath, number> {
  const ids = new Map<RelPath, number>()
  for (const dir of survey.dirs) {
    const id = ledger.tree.ensureDir(folder.id, dir.path, parentOf(ledger, folder.id, dir.path), dir.stamp, dir.doneNs)
    ids.set(dir.path, id)
    ledger.tree.setDigest(id, dir.digest)
  }
  for (const difference of survey.differences) {
    if (!isNews(difference)) continue
    const path = difference.kind === 'new' ? difference.path : difference.known.path
    const id = ids.get(dirOf(path))
    if (id !== undefined) looks.dirChanged(id)
  }
  return ids
}

/**
 * What is told in every survey says nothing new: a file that is away, or one whose ctime lies in the future, as one machine's clock is ahead
 * of another's. Its group would wait for as long as that lasts.
 */
function isNews(difference: Difference): boolean {
  switch (difference.kind) {
    case 'new':
      return true
    case 'changed':
      return difference.known.local !== 'present' || !sameStamp(difference.known.stamp, difference.stamp)
    default:
      return difference.known.local !== difference.kind
  }
}

const NEVER_READ: DirStamp = { mtimeNs: '0', ctimeNs: '0', ino: '0', birthNs: null }

/** What is between may have been closed as it was to be read: without it in the ledger, nobody would miss what was seen below. */
function parentOf(ledger: LedgerPort, folderId: number, path: RelPath): number | null {
  if (path === '') return null
  const above = dirOf(path)
  const known = ledger.tree.dir(folderId, above)
  if (known !== null) return known.id
  const id = ledger.tree.ensureDir(folderId, above, parentOf(ledger, folderId, above), NEVER_READ, null)
  ledger.tree.setDirLocal(id, 'unseen', 'it was not read yet')
  return id
}
