import { openIgnoreRules } from '../disk/ignoreRules.ts'
import { type WalkedListing, walk } from '../disk/walk.ts'
import { type FileStamp, joinPath, nameOf, type RelPath } from '../model/file.ts'
import { isSidecar } from '../sync/plan/sidecar.ts'
import type { Look } from '../sync/records.ts'
import { readSidecar } from '../sync/sidecarFile.ts'
import type { CloudEntry, CloudTree } from './cloudItems.ts'
import type { Slice } from './cloudSeries.ts'
import { openDisk } from './disk.ts'
import type { PlanTools } from './planRun.ts'
import { problemText } from './unitLines.ts'

/** An object as a bucket's listing names it. `day`: YYYY-MM-DD as the listing shows it, null where it tells none. */
export type ListedObject = { readonly path: RelPath; readonly sizeBytes: number | null; readonly day: string | null }

const disk = openDisk(() => Promise.reject(new Error('no ledger is compared here')))

/**
 * A local tree that is mirrored to a bucket: every file is looked into, as before an upload.
 * @param root absolute, links resolved. @param patterns ignore rules besides the built-in ones and `.encordignore`
 * @param dicom whether DICOM files are taken, or left out with a reason: they hold patient data
 */
export async function localTree(
  root: string,
  patterns: readonly string[],
  dicom: 'taken' | 'left',
  { clock, signal }: Pick<PlanTools, 'clock' | 'signal'>,
): Promise<CloudTree> {
  const rules = openIgnoreRules(root, patterns)
  const listings = new Map<RelPath, WalkedListing>()
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  const { blind } = walk(root, {
    isIgnored: (path, isDirectory) => rules.check(path, isDirectory).ignored,
    onEnter: (dir) => rules.enter(dir),
    onListing: (listing) => void listings.set(listing.dir, listing),
    onVanished: (dir) => void listings.delete(dir),
    pause: (ms) => void Atomics.wait(sleeper, 0, 0, ms),
    wallMs: () => clock.wallMs(),
  })
  const all = [...listings.values()]
  const entries: CloudEntry[] = []
  const slices: Slice[] = []
  const metadata = new Map<RelPath, { readonly values: Readonly<Record<string, unknown>> } | { readonly problem: string }>()
  for (const listing of all) {
    for (const { name, stamp } of listing.files) {
      signal.throwIfAborted()
      const path = joinPath(listing.dir, name)
      if (isSidecar(name)) metadata.set(path, await metadataAt(root, path, stamp))
      else {
        const found = await entryAt(root, path, stamp)
        if ('problem' in found) entries.push(found)
        else slices.push(found)
      }
    }
  }
  const left = [
    ...blind.map(({ dir, why }) => ({ path: dir === '' ? '.' : dir, why: `it cannot be looked into (${why})` })),
    ...all.flatMap((listing) =>
      listing.problems.map(({ name, reason }) => ({ path: joinPath(listing.dir, name), why: problemText(reason) })),
    ),
  ]
  const unasked = dicom === 'taken' ? [] : slices.splice(0)
  for (const { path } of unasked) left.push({ path, why: 'a DICOM file, which may hold patient data: --dicom takes them as series' })
  return { entries, metadata, slices, ignored: all.reduce((sum, listing) => sum + listing.ignored.length, 0), left }
}

async function metadataAt(root: string, path: RelPath, stamp: FileStamp) {
  const found = await readSidecar(disk, { path: root }, { path, stamp })
  if (found.kind === 'values') return { values: found.values }
  return { problem: found.kind === 'look' ? 'it changed while it was read' : found.why }
}

async function entryAt(root: string, path: RelPath, stamp: FileStamp): Promise<CloudEntry | Slice> {
  const { mtimeNs } = stamp
  if (stamp.sizeBytes === 0) return { path, look: null, mtimeNs, problem: problemText('empty') }
  const opened = await disk.openRegular(root, path, stamp)
  if ('kind' in opened) return { path, look: null, mtimeNs, problem: `it cannot be read (${opened.errno})` }
  try {
    const look = await disk.inspect(opened)
    if (look.kind === 'dicom') return { path, look }
    return { path, look, mtimeNs, problem: problemOf(look) }
  } finally {
    await opened.close()
  }
}

function problemOf(look: Exclude<Look, { kind: 'dicom' }>): string | null {
  switch (look.kind) {
    case 'unknown':
      return 'its content is no video or image that Encord takes'
    case 'unreadable':
      return `it cannot be read (${look.why})`
    default:
      return look.whole.kind === 'cut' ? `looks cut off: ${look.whole.why}` : null
  }
}

/** Objects of a bucket's listing: their names decide, as nothing of them is here. */
export function listedTree(objects: readonly ListedObject[], patterns: readonly string[]): CloudTree {
  const rules = openIgnoreRules(null, patterns)
  const kept = objects.filter(({ path }) => !rules.check(path, false).ignored)
  const isMetadata = ({ path }: ListedObject): boolean => isSidecar(nameOf(path))
  return {
    entries: kept
      .filter((one) => !isMetadata(one))
      .map(({ path, sizeBytes, day }) => ({
        path,
        look: null,
        mtimeNs: day === null ? null : `${Date.parse(`${day}T00:00:00Z`)}000000`,
        problem: sizeBytes === 0 ? problemText('empty') : null,
      })),
    metadata: new Map(),
    slices: [],
    ignored: objects.length - kept.length,
    left: kept.filter(isMetadata).map(({ path }) => ({ path, why: 'metadata cannot be read from a listing: name the directory instead' })),
  }
}
