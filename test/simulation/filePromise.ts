import { dirOf, nameOf } from '../../src/model/file.ts'
import type { FileRecord, FolderRecord, UnitRecord } from '../../src/sync/records.ts'
import { mappingOf } from './mappingOf.ts'
import type { Scene } from './promises.ts'
import type { FileNode, VirtualFolder } from './virtualFolder.ts'
import type { Row } from './virtualServer.ts'

type FileScene = Pick<Scene, 'ledger' | 'folders' | 'edits' | 'clock' | 'met' | 'hasLeapt' | 'truth' | 'server'>

/** A row that is about to go by itself, as its unit's file is gone; `seenMs`: how long ago the look began that confirmed it. */
export type Going = { readonly dataset: string; readonly unit: UnitRecord; readonly row: Row; readonly seenMs: number }

/**
 * Where a file that a unit lost stands, untouched since before the second scan, while its row goes: by inode and birth time it is the very file. The
 * row is an older version of what it holds; or, where that is the same, it has to take the place of one that is older than itself.
 * @returns null: nowhere that can be seen, or with a row that is as good
 */
export function stillStands(scene: FileScene, { dataset, unit, row, seenMs }: Going): string | null {
  if (scene.hasLeapt()) return null
  scene.met.add('promise file')
  const lost = lostFiles(scene.ledger, unit, row)
  for (const { folder, path, sha256, node } of restingFiles(scene, dataset, seenMs)) {
    if (!lost.some(({ stamp }) => stamp.ino === node.ino && stamp.birthNs === node.birthNs)) continue
    if (!row.contents.includes(sha256)) {
      // What was written before the row was made, and is not in it, was never the row's: a file that was linked into its group, say.
      if (Number(node.mtimeNs) / 1_000_000 + folder.traits.tickMs <= row.bornMs) continue
      return `its file is ${folder.path}/${path}, and holds something else`
    }
    const older = olderRowAt(scene, folder, path, row)
    if (older !== null && scene.truth.heldSinceMs(folder.path, path, sha256) > row.bornMs)
      return `its file went to ${folder.path}/${path}, whose row ${older.hash} is older`
  }
  return null
}

type Resting = { readonly folder: VirtualFolder; readonly path: string; readonly sha256: string; readonly node: FileNode }

/** Files that can be seen in the folders of a dataset, in no ignore rule's way, there and untouched for so long, ms. */
export function* restingFiles(
  { folders, edits, clock, truth }: Pick<FileScene, 'folders' | 'edits' | 'clock' | 'truth'>,
  dataset: string,
  forMs: number,
): Generator<Resting> {
  for (const folder of folders) {
    const setup = edits.inForce(folder.path)
    if (setup?.dataset !== dataset) continue
    const files = folder.trueFiles()
    const { isIgnored } = mappingOf(setup, files)
    const sinceMs = clock.wallMs() - forMs - folder.traits.tickMs
    for (const [path, { sha256 }] of files) {
      const seen = folder.lookUp(path)
      if (!('node' in seen) || seen.node.kind !== 'file' || isIgnored(path)) continue
      // A directory that was away, and is back, has files in it that nobody touched.
      const stood = truth.stoodThrough(folder.path, path, clock.nowMs - forMs, clock.nowMs)
      if (stood && Number(seen.node.ctimeNs) / 1_000_000 < sinceMs) yield { folder, path, sha256, node: seen.node }
    }
  }
}

/** What a row was made of and is gone from its unit; a frame that came since is none of it. */
function lostFiles(ledger: FileScene['ledger'], unit: UnitRecord, { hash }: Row): readonly FileRecord[] {
  const version = ledger.versions.ofUnit(unit.id).find(({ dataHash }) => dataHash === hash)
  const names = version === undefined ? [] : ledger.versions.frames(version.id).map(({ name }) => name)
  const isHeld = ({ path }: FileRecord): boolean => unit.shape === 'file' || names.includes(nameOf(path))
  const isLost = ({ local, path, stamp }: FileRecord): boolean => local === 'absent' && stamp.birthNs !== null && !path.includes('\u0000')
  return ledger.tree.filesOfUnit(unit.id).filter((file) => isLost(file) && isHeld(file))
}

/** The row of a place, where that was made before this one: it lacks the work that was done since. */
function olderRowAt(scene: FileScene, folder: VirtualFolder, path: string, row: Row): Row | null {
  const held = rowAt(scene, folder, path)
  return held !== null && held.bornMs < row.bornMs ? held : null
}

/** The row that the ledger has for a place. */
export function rowAt({ ledger, server }: Pick<FileScene, 'ledger' | 'server'>, { path: folder }: VirtualFolder, path: string): Row | null {
  const record = ledger.folders.byPath(folder)
  const unit = record === null ? null : unitAt({ ledger }, record, path)
  const current =
    unit === null ? undefined : ledger.versions.ofUnit(unit.id).find(({ role, remote }) => role === 'current' && remote === 'live')
  return server().rows.get(current?.dataHash ?? '') ?? null
}

function unitAt({ ledger }: Pick<FileScene, 'ledger'>, { id }: FolderRecord, path: string): UnitRecord | null {
  const file = ledger.units.byKey(id, 'file', path)
  // A video that stood there before a frame came has its unit until its row is gone.
  return file?.local === 'present' ? file : ledger.units.byKey(id, 'dir', dirOf(path))
}
