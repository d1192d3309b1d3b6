import { realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, normalize, sep } from 'node:path'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import type { RelPath } from '../model/file.ts'
import type { Ledger } from '../store/openLedger.ts'
import type { FolderRecord } from '../sync/records.ts'

/** A path in a watched folder; '' is the folder itself. */
export type Place = { readonly folder: FolderRecord; readonly path: RelPath }

/**
 * Where a path leads: an absolute one into the folder that holds it, also through links; a relative one is a path below every
 * folder that knows it.
 * @throws UserError (2) when no folder holds it
 */
export function placesOf(ledger: Ledger, given: string): readonly Place[] {
  const folders = ledger.folders.all()
  if (isAbsolute(given)) {
    const spellings = [trimmed(given), realSpelling(trimmed(given))]
    for (const folder of folders) {
      for (const path of spellings) {
        const below = pathBelow(folder.path, path)
        if (below !== null) return [{ folder, path: below }]
      }
    }
    throw noFolder(given)
  }
  const path = trimmed(given)
  if (path === '..' || path.startsWith('../')) throw noFolder(given)
  const relative = path === '.' ? '' : path
  const known = folders.filter((folder) => knows(ledger, folder, relative)).map((folder) => ({ folder, path: relative }))
  if (known.length > 0) return known
  const [only] = folders
  // With one folder there is no doubt which one is meant, also for a file that was not seen yet.
  if (only !== undefined && folders.length === 1) return [{ folder: only, path: relative }]
  throw noFolder(given)
}

/** The one place of a path. @throws UserError (2) when several folders know it, or none does */
export function placeOf(ledger: Ledger, given: string): Place {
  const places = placesOf(ledger, given)
  const [first] = places
  if (first === undefined) throw noFolder(given)
  if (places.length === 1) return first
  throw new UserError(EXIT.usage, {
    what: `several folders hold ${given}: ${places.map(({ folder }) => folder.path).join(', ')}`,
    notDone: 'nothing was changed',
    next: 'give the whole path',
  })
}

/** The folder that is named by its path, its id, or a path in it. @throws UserError (2) */
export function folderNamed(ledger: Ledger, given: string): FolderRecord {
  return ledger.folders.byUid(given) ?? placeOf(ledger, given).folder
}

/** The part of an absolute path below a root, '' for the root itself; null when it lies elsewhere. */
export function pathBelow(root: string, path: string): RelPath | null {
  if (path === root) return ''
  const start = root.endsWith(sep) ? root : root + sep
  return path.startsWith(start) ? path.slice(start.length) : null
}

/** The path with the links of its directories resolved, as far down as they exist; its last name stays what it is. */
export function realSpelling(path: string): string {
  const above = dirname(path)
  if (above === path) return path
  try {
    return join(realpathSync(above), basename(path))
  } catch {
    return join(realSpelling(above), basename(path))
  }
}

function trimmed(path: string): string {
  const normal = normalize(path)
  return normal.length > 1 && normal.endsWith(sep) ? normal.slice(0, -1) : normal
}

function knows(ledger: Ledger, folder: FolderRecord, path: RelPath): boolean {
  if (ledger.units.at(folder.id, path) !== null) return true
  if (ledger.tree.dir(folder.id, path) !== null) return true
  const dir = ledger.tree.dir(folder.id, dirname(path) === '.' ? '' : dirname(path))
  return dir !== null && ledger.tree.fileAt(dir.id, basename(path)) !== null
}

function noFolder(path: string): UserError {
  return new UserError(EXIT.usage, {
    what: `no watched folder holds ${path}`,
    notDone: 'nothing was changed',
    next: 'encord-sync folders list',
  })
}
