import { dirOf, nameOf, type RelPath } from '../model/file.ts'
import { detachUnit } from '../sync/detachUnit.ts'
import type { FileRecord, FolderRecord } from '../sync/records.ts'
import { mountsChanged } from '../sync/takeSurvey.ts'
import type { ChangeParts } from './changeParts.ts'
import { changedMounts } from './survey.ts'

/** What a folder's disks that came or went since its last scan took out of sight. */
export type BehindMounts = {
  /** Mount points that came, went, or are another disk now; the folder's own ('') too. */
  readonly points: readonly RelPath[]
  /** Files that the ledger knows at or below them, and that do not stand there now: the next scan, with the mounts as they are, would take them for gone. */
  readonly files: readonly FileRecord[]
}

/** @param mounts as they are now, in the words of `Disk.mounts` */
export function behindMounts({ ledger, disk }: ChangeParts, folder: FolderRecord, mounts: readonly string[]): BehindMounts {
  const points = changedMounts(folder.mounts, mounts)
  const byDir = new Map<RelPath, FileRecord[]>()
  for (const file of points.flatMap((point) => ledger.tree.filesBelow(folder.id, point))) {
    if (file.unitId === null || file.local === 'excluded' || file.path.includes('\u0000')) continue
    const dir = dirOf(file.path)
    byDir.set(dir, [...(byDir.get(dir) ?? []), file])
  }
  const files = [...byDir].flatMap(([dir, known]) => {
    const names = known.map((file) => nameOf(file.path))
    const seen = disk.filesIn(folder.path, dir, names)
    return known.filter((file) => seen?.has(nameOf(file.path)) !== true)
  })
  return { points, files }
}

/** Ids of the folder's units that cannot be seen, as the last scan found it or as its mounts are now. */
export function unseenUnits({ ledger }: ChangeParts, folder: FolderRecord, { files }: BehindMounts): ReadonlySet<number> {
  const known = ledger.units.list(folder.id).filter((unit) => unit.local === 'unseen')
  const behind = new Set(files.map((file) => file.id))
  const isSeen = (unitId: number): boolean =>
    ledger.tree.filesOfUnit(unitId).some((file) => file.local === 'present' && !behind.has(file.id))
  const lost = [...new Set(files.flatMap((file) => file.unitId ?? []))].filter((unitId) => !isSeen(unitId))
  return new Set([...known.map((unit) => unit.id), ...lost])
}

/**
 * What can't be seen is no longer waited for; its rows stay until it is seen again. What is gone elsewhere in the folder may have gone to a disk
 * that is away by now. Called inside the transaction that takes the mounts as they are.
 */
export function letGoOfUnseen(parts: ChangeParts, folder: FolderRecord, behind: BehindMounts): void {
  const { ledger } = parts
  const unseen = unseenUnits(parts, folder, behind)
  for (const file of behind.files) ledger.tree.setFileLocal(file.id, 'unseen', null, null)
  // As if the next scan had found it: what was read after the newest one may have gone there just the same.
  if (behind.points.length > 0) ledger.meta.write(mountsChanged(folder.id), String(ledger.scans.newest() + 1))
  for (const dir of ledger.tree.allDirs(folder.id)) if (dir.local === 'unseen') ledger.tree.setDirLocal(dir.id, 'excluded', 'accepted')
  for (const unit of ledger.units.list(folder.id)) {
    if (!unseen.has(unit.id)) continue
    for (const file of ledger.tree.filesOfUnit(unit.id)) {
      if (file.local === 'unseen') ledger.tree.setFileLocal(file.id, 'excluded', null, null)
    }
    // Older rows of it stay what they are, with their proof to come: nobody else would ask for their end.
    detachUnit(parts, folder, unit, 'its place cannot be seen, and its folder was accepted as it stands')
  }
}
