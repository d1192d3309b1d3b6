import { dirOf, nameOf, type RelPath } from '../../src/model/file.ts'
import type { Content } from './content.ts'
import { type DirNode, type FileNode, type Node, type VirtualFolder, visibleSide } from './virtualFolder.ts'

/** A place in a virtual folder. */
export type Spot = { readonly folder: VirtualFolder; readonly path: RelPath }

/** Where a change was made: what a watcher would hear of. */
export type Heard = (folder: VirtualFolder, dir: RelPath) => void

/** The directory of a spot, if it is one that can be seen and is the folder's own: nobody writes into a mount point by mistake here. */
function openDir({ folder, path }: Spot): DirNode | null {
  const found = folder.lookUp(path)
  if ('errno' in found || found.node.kind !== 'dir') return null
  return found.node === folder.trueDir(path) && found.node.isReadable ? found.node : null
}

function makeDir(spot: Spot, heard: Heard): DirNode | null {
  const known = openDir(spot)
  if (known !== null || spot.path === '') return known
  const above = makeDir({ folder: spot.folder, path: dirOf(spot.path) }, heard)
  const name = nameOf(spot.path)
  if (above === null || above.entries.has(name)) return null
  const dir = spot.folder.newDir()
  above.entries.set(name, dir)
  spot.folder.stir(above)
  heard(spot.folder, dirOf(spot.path))
  return dir
}

function parentOf(spot: Spot): Spot {
  return { folder: spot.folder, path: dirOf(spot.path) }
}

function nodeAt(spot: Spot): Node | undefined {
  return openDir(parentOf(spot))?.entries.get(nameOf(spot.path))
}

/** Puts a node at a path, over what stands there. */
function put(spot: Spot, node: Node, heard: Heard): boolean {
  const dir = makeDir(parentOf(spot), heard)
  if (dir === null) return false
  const old = dir.entries.get(nameOf(spot.path))
  if (old !== undefined && old.kind !== 'file') return false
  if (old !== undefined) spot.folder.freeIno(old)
  dir.entries.set(nameOf(spot.path), node)
  spot.folder.stir(dir)
  heard(spot.folder, dirOf(spot.path))
  return true
}

function take(spot: Spot, heard: Heard): Node | null {
  const dir = openDir(parentOf(spot))
  const node = dir?.entries.get(nameOf(spot.path))
  if (dir === null || node === undefined) return null
  dir.entries.delete(nameOf(spot.path))
  spot.folder.stir(dir)
  heard(spot.folder, dirOf(spot.path))
  return node
}

/** Writes bytes into the file at a path, or makes it. `hidden`: its mtime is set back afterwards. */
export function writeFile(spot: Spot, content: Content, heard: Heard, hidden = false): void {
  const node = nodeAt(spot)
  if (node === undefined) {
    put(spot, spot.folder.newFile(content), heard)
    return
  }
  if (node.kind !== 'file') return
  node.content = content
  node.ctimeNs = spot.folder.nowNs()
  if (!hidden) node.mtimeNs = node.ctimeNs
  heard(spot.folder, dirOf(spot.path))
}

export function touchFile(spot: Spot, heard: Heard): void {
  const node = nodeAt(spot)
  if (node?.kind !== 'file') return
  node.mtimeNs = spot.folder.nowNs()
  node.ctimeNs = node.mtimeNs
  heard(spot.folder, dirOf(spot.path))
}

/** A new file takes the place of the old one in one step, as editors and rsync do. */
export function saveFile(spot: Spot, content: Content, heard: Heard): void {
  if (openDir(parentOf(spot)) === null) return
  const node = nodeAt(spot)
  if (node !== undefined && node.kind !== 'file') return
  const fresh = spot.folder.newFile(content)
  put(spot, fresh, heard)
}

/** Renames a file or a directory, also into another folder of the machine. A directory is never moved over another, nor into itself. */
export function rename(from: Spot, to: Spot, heard: Heard): void {
  const node = nodeAt(from)
  const target = nodeAt(to)
  if (node === undefined || node.kind === 'link' || (from.folder === to.folder && from.path === to.path)) return
  // Two names of one file: the system does nothing.
  if (target === node) return
  if (target !== undefined && (target.kind !== 'file' || node.kind !== 'file')) return
  if (node.kind === 'dir' && (holdsMount(node) || (from.folder === to.folder && `${to.path}/`.startsWith(`${from.path}/`)))) return
  if (makeDir(parentOf(to), heard) === null) return
  take(from, heard)
  node.ctimeNs = to.folder.nowNs()
  put(to, node, heard)
}

/** Renames a file, and writes other bytes into it at its new place before anyone can look. */
export function renameEdited(from: Spot, to: Spot, content: Content, heard: Heard): void {
  const node = nodeAt(from)
  rename(from, to, heard)
  if (node?.kind === 'file' && nodeAt(to) === node && nodeAt(from) !== node) writeFile(to, content, heard)
}

function holdsMount(dir: DirNode): boolean {
  if (dir.over !== null || dir.away !== null) return true
  return [...dir.entries.values()].some((node) => node.kind === 'dir' && holdsMount(node))
}

export function swapFiles(one: Spot, other: Spot, heard: Heard): void {
  const a = nodeAt(one)
  const b = nodeAt(other)
  if (a?.kind !== 'file' || b?.kind !== 'file' || a === b) return
  const dirA = openDir(parentOf(one))
  const dirB = openDir(parentOf(other))
  dirA?.entries.set(nameOf(one.path), b)
  dirB?.entries.set(nameOf(other.path), a)
  for (const [spot, dir, node] of [[one, dirA, b] as const, [other, dirB, a] as const]) {
    node.ctimeNs = spot.folder.nowNs()
    if (dir !== null) spot.folder.stir(dir)
    heard(spot.folder, dirOf(spot.path))
  }
}

export function copyFile(from: Spot, to: Spot, heard: Heard): void {
  const node = nodeAt(from)
  if (node?.kind === 'file') writeFile(to, node.content, heard)
}

/** Gives a file a second name in its folder, where nothing stands. */
export function linkFile(from: Spot, to: Spot, heard: Heard): void {
  const node = nodeAt(from)
  if (node?.kind !== 'file' || from.folder !== to.folder || nodeAt(to) !== undefined) return
  if (!put(to, node, heard)) return
  node.links++
  from.folder.linked.add(node.content.sha256)
  node.ctimeNs = to.folder.nowNs()
}

/** Removes a file, or a directory with all below it. @returns what stood there */
export function remove(spot: Spot, heard: Heard): Node | null {
  const node = nodeAt(spot)
  if (node === undefined || (node.kind === 'dir' && holdsMount(node))) return null
  return take(spot, heard)
}

/** Gives the inodes of a removed tree to those who come next. */
export function freeAll(folder: VirtualFolder, node: Node): void {
  folder.freeIno(node)
  if (node.kind === 'dir') for (const child of node.entries.values()) freeAll(folder, child)
}

/** Puts back what was taken away, unless something else stands there now. */
export function putBack(spot: Spot, node: Node, heard: Heard): boolean {
  if (nodeAt(spot) !== undefined) return false
  const dir = makeDir(parentOf(spot), heard)
  if (dir === null) return false
  dir.entries.set(nameOf(spot.path), node)
  if (node.kind !== 'link') node.ctimeNs = spot.folder.nowNs()
  spot.folder.stir(dir)
  heard(spot.folder, dirOf(spot.path))
  return true
}

/** A copy of a whole tree with inodes of its own, as a restore from a backup makes it. */
export function copyTree(folder: VirtualFolder, dir: DirNode): DirNode {
  const copy = folder.newDir()
  for (const [name, node] of visibleSide(dir).entries) {
    if (node.kind === 'dir') copy.entries.set(name, copyTree(folder, node))
    else if (node.kind === 'file') copy.entries.set(name, copied(folder, node))
  }
  return copy
}

function copied(folder: VirtualFolder, node: FileNode): FileNode {
  return { ...folder.newFile(node.content), mtimeNs: node.mtimeNs }
}
