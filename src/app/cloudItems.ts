import { nameOf, type RelPath } from '../model/file.ts'
import type { FolderPolicy } from '../model/folder.ts'
import type { UnitKind, UnitShape } from '../model/unit.ts'
import { mapFile } from '../sync/plan/mapping.ts'
import { compareNatural } from '../sync/plan/naturalOrder.ts'
import { NOT_USED, sidecarOwner, sidecarPath } from '../sync/plan/sidecar.ts'
import { partTitle, titleOf } from '../sync/plan/title.ts'
import type { FileRecord, Look } from '../sync/records.ts'
import { type Slice, seriesOf } from './cloudSeries.ts'

/** One object of the bucket, by its path below the prefix. */
export type CloudEntry = {
  readonly path: RelPath
  /** What its bytes say; null where only its name is known. */
  readonly look: Look | null
  /** Null where no time is known: `{date}` in titles is empty then. */
  readonly mtimeNs: string | null
  /** Why it can't be sent; null when nothing speaks against it. */
  readonly problem: string | null
}

/** What the metadata files say, by their path: values, or why they are not used. */
type CloudMetadata = ReadonlyMap<RelPath, { readonly values: Readonly<Record<string, unknown>> } | { readonly problem: string }>

export type CloudTree = {
  readonly entries: readonly CloudEntry[]
  readonly metadata: CloudMetadata
  /** DICOM files that are to be sent, as series. */
  readonly slices: readonly Slice[]
  readonly ignored: number
  /** What is no object of media, and why. */
  readonly left: readonly Left[]
}

type Left = { readonly path: RelPath; readonly why: string }
type Item = Readonly<Record<string, unknown>>

/** The vendor's private-cloud JSON, and what was left out of it. */
export type CloudJson = {
  readonly files: {
    readonly videos: readonly Item[]
    readonly image_groups: readonly Item[]
    readonly images: readonly Item[]
    /** Only where there are any. */
    readonly dicom_series?: readonly Item[]
  }
  readonly urls: number
  readonly ignored: number
  readonly left: readonly Left[]
}

type CloudPolicy = Pick<FolderPolicy, 'title' | 'subdirectories'>
type Unit = { readonly shape: UnitShape; readonly key: RelPath; readonly kind: UnitKind; readonly entries: CloudEntry[] }

/**
 * Makes rows of a tree of objects by the same rules as a folder's: mapping, natural order, titles, metadata. A group with an image that
 * can't go is left out whole.
 * @param urlPrefix ends with a slash; what follows it is percent-encoded, as the vendor wants no white space in a URL
 */
export function cloudJson(tree: CloudTree, urlPrefix: string, policy: CloudPolicy): CloudJson {
  const left: Left[] = [...tree.left]
  const units = new Map<string, Unit>()
  for (const entry of tree.entries) {
    const mapping = mapFile(entry.path, entry.look, { ...policy, dicom: 'set-aside' })
    if (mapping.kind === 'none') {
      left.push({ path: entry.path, why: mapping.problem === 'labels' ? 'labels are not sent' : 'no known video or image type' })
      continue
    }
    const id = `${mapping.shape} ${mapping.key}`
    const known = units.get(id)
    if (known !== undefined) known.entries.push(entry)
    else units.set(id, { shape: mapping.shape, key: mapping.key, kind: mapping.unitKind, entries: [entry] })
  }
  const files = { videos: [] as Item[], image_groups: [] as Item[], images: [] as Item[] }
  let urls = 0
  for (const unit of [...units.values()].sort((a, b) => compareNatural(a.key, b.key))) {
    const blocked = unit.entries.find((entry) => entry.problem !== null)
    if (blocked !== undefined) {
      const why = blocked.problem ?? ''
      left.push({ path: unit.key, why: unit.shape === 'dir' ? `${blocked.path}: ${why}` : why })
      continue
    }
    urls += unit.entries.length
    const item = itemOf(unit, urlPrefix, policy, tree.metadata)
    if (unit.kind === 'video') files.videos.push(item)
    else if (unit.kind === 'image') files.images.push(item)
    else files.image_groups.push(item)
  }
  const series = seriesItems(tree.slices, urlPrefix, policy)
  urls += series.urls
  left.push(...series.left)
  return {
    files: series.items.length === 0 ? files : { ...files, dicom_series: series.items },
    urls,
    ignored: tree.ignored,
    left: [...left, ...unusedMetadata(tree, units)].sort((a, b) => compareNatural(a.path, b.path)),
  }
}

function itemOf(unit: Unit, urlPrefix: string, policy: CloudPolicy, metadata: CloudMetadata): Item {
  const title = titleOf(unit, unit.entries.flatMap(timeOf), policy, true)
  const found = metadata.get(sidecarPath(unit) ?? '')
  const extra = found !== undefined && 'values' in found ? { clientMetadata: found.values } : {}
  const urlOf = (path: RelPath): string => objectUrl(urlPrefix, path)
  if (unit.shape === 'file') return { objectUrl: urlOf(unit.key), title, ...extra }
  const frames = unit.entries.map((entry) => entry.path).sort((a, b) => compareNatural(nameOf(a), nameOf(b)))
  return { title, createVideo: policy.subdirectories === 'sequence', ...numbered(urlPrefix, frames), ...extra }
}

function objectUrl(urlPrefix: string, path: RelPath): string {
  return urlPrefix + path.split('/').map(encodeURIComponent).join('/')
}

function numbered(urlPrefix: string, paths: readonly RelPath[]): Item {
  return Object.fromEntries(paths.map((path, number) => [`objectUrl_${number}`, objectUrl(urlPrefix, path)]))
}

/** A series is titled like a group of its directory; directly in the folder, where that has no name, by its UID. */
function seriesItems(slices: readonly Slice[], urlPrefix: string, policy: CloudPolicy) {
  const items: Item[] = []
  const left: Left[] = []
  let urls = 0
  for (const { dir, uid, paths, part, problem } of seriesOf(slices)) {
    if (problem !== null) {
      left.push({ path: dir === '' ? '.' : dir, why: `DICOM series: ${problem}` })
      continue
    }
    const title = dir === '' ? uid : partTitle(titleOf({ key: dir, shape: 'dir' }, [], policy, true), part)
    items.push({ title, ...numbered(urlPrefix, paths) })
    urls += paths.length
  }
  return { items, left, urls }
}

function timeOf({ mtimeNs }: CloudEntry): readonly Pick<FileRecord, 'stamp' | 'local'>[] {
  if (mtimeNs === null) return []
  return [{ stamp: { sizeBytes: 0, mtimeNs, ctimeNs: mtimeNs, ino: '0', birthNs: null }, local: 'present' }]
}

function unusedMetadata({ metadata }: CloudTree, units: ReadonlyMap<string, Unit>): readonly Left[] {
  return [...metadata].flatMap(([path, found]) => {
    if ('problem' in found) return [{ path, why: NOT_USED + found.problem }]
    const owner = sidecarOwner(path)
    return owner !== null && units.has(`${owner.shape} ${owner.key}`) ? [] : [{ path, why: 'metadata without a file or group of its name' }]
  })
}

/** The path of a key below the bucket's prefix; null when it is not below it. @param prefix '' or with a slash at its end */
export function belowPrefix(key: string, prefix: string): RelPath | null {
  if (!key.startsWith(prefix) || key.length === prefix.length) return null
  const path = key.slice(prefix.length)
  // Names that no path can have: two slashes in a row, or the dots that a path takes for something else.
  return path.split('/').some((name) => name === '' || name === '.' || name === '..') ? null : path
}
