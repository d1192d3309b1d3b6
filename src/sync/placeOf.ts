import { dirOf, joinPath, nameOf } from '../model/file.ts'
import { type FolderPolicy, isShut } from '../model/folder.ts'
import { isConfigured } from './configured.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { areLooksOutdated } from './oldLooks.ts'
import type { NotedPlace } from './plan/context.ts'
import { mapFile } from './plan/mapping.ts'
import { dirOfUnit } from './plan/series.ts'
import type { Disk } from './ports.ts'
import type { FolderRecord, ForeignRow, OwnNote, UnitRecord } from './records.ts'
import { standing } from './standing.ts'

export type PlaceTools = {
  readonly ledger: LedgerPort
  readonly disk: Pick<Disk, 'namesIn'>
  readonly policy: Pick<FolderPolicy, 'subdirectories' | 'dicom'>
}

/**
 * Is what a row holds still at the place that our own note on it names? Where that place may yet be another unit's, or looked at, nobody knows; where
 * something else stands there it is in doubt.
 */
export function placeOf(tools: PlaceTools, { id, folderId, shape }: UnitRecord, remoteId: number, row: ForeignRow): NotedPlace {
  const { ledger } = tools
  const { own, sizeBytes } = row
  const folder = own === null ? null : ledger.folders.byUid(own.folder)
  if (own === null || folder === null || folder.remoteId !== remoteId) return 'vacated'
  // One that left the config is looked at no more, nor is its disk, which may be dead: what was left out with it stands where it was.
  const isLooked = isConfigured(ledger, folder.id)
  if (isLooked && folder.id !== folderId) {
    if (folder.paused || isShut(folder.state) || ledger.scans.lastWhole(folder.id) === null) return 'unseen'
    // What stood there may have come here since: this folder's looks are of now.
    if (areLooksOutdated(ledger, folder.id)) return 'unknown'
  }
  const unit = ledger.units.byKey(folder.id, shape, own.path)
  if (unit === null) return isLooked ? unlistedAt(tools, folder, shape, own) : 'vacated'
  if (unit.id === id) return 'vacated'
  const place = standing(ledger, unit, { content: own.sha256, sizeBytes: sizeBytes === 0 ? null : sizeBytes })
  // Whatever stands there may be what the row was made of: edited since, or known by now as it was before. The ledger forgot what would tell.
  if (place === 'vacated' && unit.local !== 'absent') return 'doubtful'
  // Nobody is about to read it.
  return place === 'unknown' && unit.work !== 'waiting' && unit.work !== 'queued' ? 'unseen' : place
}

/**
 * What the ledger knows no unit of may stand there all the same: what an ignore rule left out since before this ledger is in none of its looks, as
 * is what lies in a directory that cannot be read. Or it is a part of another unit by now. It may be what the row holds, or was made of, or what was
 * left behind there, and may be known by more names than one.
 */
function unlistedAt(
  { ledger, disk, policy }: PlaceTools,
  { id, path: root }: FolderRecord,
  shape: UnitRecord['shape'],
  own: OwnNote,
): 'there' | 'vacated' | 'doubtful' {
  if (shape !== 'file') {
    const dir = dirOfUnit({ shape, key: own.path })
    const isOfShape = (name: string): boolean => {
      const mapping = mapFile(joinPath(dir, name), null, policy)
      return mapping.kind === 'unit' && mapping.shape === shape
    }
    return (disk.namesIn(root, dir)?.some(isOfShape) ?? true) ? 'doubtful' : 'vacated'
  }
  const dir = ledger.tree.dir(id, dirOf(own.path))
  const known = dir === null ? null : ledger.tree.fileAt(dir.id, nameOf(own.path))
  if (known?.local === 'present' && known.sha256 === own.sha256) return 'there'
  const name = nameOf(own.path)
  return (disk.namesIn(root, dirOf(own.path), [name])?.includes(name) ?? true) ? 'doubtful' : 'vacated'
}
