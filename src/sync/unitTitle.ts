import { nameOf } from '../model/file.ts'
import type { FolderPolicy } from '../model/folder.ts'
import type { LedgerPort } from './ledgerPort.ts'
import { compareNatural } from './plan/naturalOrder.ts'
import { dirOfUnit, isUnsorted } from './plan/series.ts'
import { partTitle, titleOf } from './plan/title.ts'
import type { FileRecord, UnitRecord } from './records.ts'

type Titled = Pick<UnitRecord, 'folderId' | 'key' | 'shape'>
type TitleLedger = Pick<LedgerPort, 'tree' | 'units' | 'versions'>
type TitlePolicy = Pick<FolderPolicy, 'title'>

/**
 * The title that a row of a unit is to have now.
 * @param part which of the rows of a sequence it is; 0 for all others
 * @param pathTitles as `titleOf`
 */
export function unitTitle(
  ledger: TitleLedger,
  unit: Titled,
  files: readonly Pick<FileRecord, 'stamp' | 'local'>[],
  policy: TitlePolicy,
  pathTitles: boolean,
  part = 0,
): string {
  const title = titleOf(unit, files, policy, pathTitles)
  return partTitle(title, part + seriesPart(ledger, unit, title))
}

/**
 * Which of the series of its directory one is, for its title: by the natural order of UIDs, past titles that others of them have; a title that
 * it has already stays. 0 for a unit of another shape, and directly in the folder, where each is titled by its UID.
 * @param title without a part
 */
export function seriesPart(ledger: TitleLedger, unit: Titled, title: string): number {
  const dirPath = dirOfUnit(unit)
  const dir = unit.shape === 'series' && dirPath !== '' ? ledger.tree.dir(unit.folderId, dirPath) : null
  if (dir === null) return 0
  const all = ledger.units.seriesIn(dir.id).filter((one) => !isUnsorted(one) && dirOfUnit(one) === dirPath)
  const others = all.filter((one) => one.key !== unit.key)
  const taken = new Set(others.flatMap((one) => titlesOf(ledger, one)))
  const own = new Set(all.filter((one) => one.key === unit.key).flatMap((one) => titlesOf(ledger, one)))
  const isFree = (part: number): boolean => !taken.has(partTitle(title, part))
  for (let part = 0; part <= others.length; part++) if (own.has(partTitle(title, part)) && isFree(part)) return part
  let part = others.filter((one) => compareNatural(nameOf(one.key), nameOf(unit.key)) < 0).length
  while (!isFree(part)) part++
  return part
}

function titlesOf({ versions }: TitleLedger, { id }: UnitRecord): readonly string[] {
  return versions.ofUnit(id).flatMap(({ role, title }) => (role === 'coming' || role === 'current' ? [title] : []))
}
