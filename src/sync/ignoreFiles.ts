import { isAtOrBelow, joinPath, type RelPath } from '../model/file.ts'
import { noteEdit } from './datasetEdits.ts'
import type { LedgerPort } from './ledgerPort.ts'
import type { FolderRecord } from './records.ts'
import { noteRules } from './ruleSince.ts'
import type { Survey } from './survey.ts'

type Seen = Pick<Survey, 'ignoreFiles' | 'tree'> & { readonly scan: Pick<Survey['scan'], 'whole' | 'blind' | 'endedMs'> }

/**
 * Remembers the ignore files of a folder by what they hold. One that came, went or changed is an edit of the rules, like one in the config. Of
 * places that could not be seen the last that was known stays. Called inside the transaction of a look, before the look is in the ledger.
 * @returns whether such an edit holds for directories that this look did not read
 */
export function noteIgnoreFiles(
  ledger: Pick<LedgerPort, 'meta' | 'scans'>,
  { id: folderId, remoteId }: Pick<FolderRecord, 'id' | 'remoteId'>,
  seen: Seen,
): boolean {
  const key = `ignore-files:${folderId}`
  const text = ledger.meta.read(key)
  const known = new Map<RelPath, string>(text === null ? [] : (JSON.parse(text) as [RelPath, string][]))
  const now = new Map([...known].filter(([dir]) => !wasAsked(seen, dir)))
  for (const { dir, digest } of seen.ignoreFiles) if (wasAsked(seen, dir)) now.set(dir, digest)
  const isSame = now.size === known.size && [...now].every(([dir, digest]) => known.get(dir) === digest)
  if (isSame && text !== null) return false
  // A ledger of before knew of no ignore file. Of a folder that was never looked at no rule covered anything.
  if (text !== null || ledger.scans.lastWhole(folderId) !== null) {
    noteRules(ledger, folderId)
    // This look may have missed a file before the edit that it then found: what it lacks tells the one after it.
    if (canHide(known, now, seen)) noteEdit(ledger, remoteId, 'rules', seen.scan.endedMs, ledger.scans.newest() + 1)
  }
  ledger.meta.write(key, JSON.stringify([...now]))
  const edited = [...new Set([...known.keys(), ...now.keys()])].filter((dir) => known.get(dir) !== now.get(dir))
  return !seen.scan.whole && edited.some((dir) => reachesFurther(dir, seen))
}

/** Are there directories below that were not read? Below one that is new all of them were. */
function reachesFurther(dir: RelPath, { tree }: Seen): boolean {
  const read = new Set(tree.map((one) => one.dir))
  const here = tree.find((one) => one.dir === dir)
  return here === undefined || here.subdirs.some((name) => !read.has(joinPath(dir, name)))
}

/**
 * Does any of them leave out what it did not before? One that went with its directory leaves nothing out there; a directory stands where it,
 * or one below it, was read.
 */
function canHide(known: ReadonlyMap<RelPath, string>, now: ReadonlyMap<RelPath, string>, { tree }: Seen): boolean {
  const stands = (dir: RelPath): boolean => tree.some((read) => isAtOrBelow(dir, read.dir))
  return [...now].some(([dir, digest]) => known.get(dir) !== digest) || [...known.keys()].some((dir) => !now.has(dir) && stands(dir))
}

/** Would this look have read the ignore file of that directory, if there was one? */
function wasAsked({ scan, tree }: Seen, dir: RelPath): boolean {
  if (scan.blind.some((place) => isAtOrBelow(place.dir, dir))) return false
  return scan.whole || tree.some((read) => isAtOrBelow(dir, read.dir))
}
