import { dirOf, type RelPath } from '../model/file.ts'
import { compareNatural } from '../sync/plan/naturalOrder.ts'
import { compareSlices, sliceOf } from '../sync/plan/series.ts'
import type { Look } from '../sync/records.ts'

/** A DICOM file of a tree. */
export type Slice = { readonly path: RelPath; readonly look: Extract<Look, { kind: 'dicom' }> }

/** The files of one series in one directory, in the order of their numbers. */
export type Series = {
  readonly dir: RelPath
  readonly uid: string
  readonly paths: readonly RelPath[]
  /** How many series of this directory come before it. */
  readonly part: number
  /** Why it can't be sent: a slice that is cut, or lacks what Encord needs; null when none is. */
  readonly problem: string | null
}

/** One series for each SeriesInstanceUID of a directory; a slice that lacks a tag holds up its series, or the whole directory if it lacks that one. */
export function seriesOf(slices: readonly Slice[]): readonly Series[] {
  const byDir = new Map<RelPath, Slice[]>()
  for (const slice of slices) byDir.set(dirOf(slice.path), [...(byDir.get(dirOf(slice.path)) ?? []), slice])
  return [...byDir].sort(([a], [b]) => compareNatural(a, b)).flatMap(([dir, inside]) => seriesIn(dir, inside))
}

function seriesIn(dir: RelPath, slices: readonly Slice[]): readonly Series[] {
  const stray = slices.find(({ look }) => look.series === null)
  const uids = [...new Set(slices.map(({ look }) => look.series ?? ''))].sort(compareNatural)
  return uids.map((uid, part) => {
    const own = slices.filter(({ look }) => (look.series ?? '') === uid).sort(bySlice)
    const problem = [...(stray === undefined ? [] : [stray]), ...own].map(problemOf).find((found) => found !== null) ?? null
    return { dir, uid, paths: own.map(({ path }) => path), part, problem }
  })
}

function problemOf({ path, look }: Slice): string | null {
  if (look.whole.kind === 'cut') return `${path} looks cut off: ${look.whole.why}`
  return look.missing.length === 0 ? null : `${path} lacks ${look.missing.join(', ')}, which Encord needs`
}

function bySlice(a: Slice, b: Slice): number {
  return compareSlices(sliceOf(a), sliceOf(b))
}
