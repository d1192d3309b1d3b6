import type { DirStamp, FileStamp, RelPath } from '../../src/model/file.ts'
import { dirOf, nameOf, sameStamp } from '../../src/model/file.ts'
import type { Content } from './content.ts'

export type FileNode = {
  kind: 'file'
  ino: string
  birthNs: string | null
  content: Content
  mtimeNs: string
  ctimeNs: string
  /** How many names it has. */
  links: number
}
export type DirNode = {
  kind: 'dir'
  ino: string
  birthNs: string | null
  mtimeNs: string
  ctimeNs: string
  readonly entries: Map<string, Node>
  isReadable: boolean
  /** The file system that is mounted here, and the same one while it is away. */
  over: DirNode | null
  away: DirNode | null
}
/** A link to a directory that was moved elsewhere; `null` when its disk is away. */
type LinkNode = { kind: 'link'; ino: string; ctimeNs: string; target: DirNode; isDangling: boolean }
export type Node = FileNode | DirNode | LinkNode

export type FolderTraits = {
  /** Whether the file system keeps birth times. */
  readonly birth: boolean
  /** How fine its times are, ms. */
  readonly tickMs: number
  readonly network?: boolean
}

/** What `.encord-sync/` of a folder holds. */
export type FolderState = {
  marker: { folderId: string; ledgerId: string } | 'none'
  alive: { ledgerId: string; sequence: number; atMs: number; released: boolean } | null
}

/** What a folder was, never changed. */
export type Snapshot = { readonly root: DirNode; readonly state: FolderState }

/** The inodes of a machine: a freed one goes to the next new file, and the birth time tells them apart. */
export class Inodes {
  readonly wallMs: () => number
  /** What the wall clock would say had nobody set it, ms. */
  readonly trueMs: () => number
  #next = 100
  #births = 0
  readonly #free: string[] = []

  constructor(wallMs: () => number, trueMs: () => number) {
    this.wallMs = wallMs
    this.trueMs = trueMs
  }

  take(): string {
    return this.#free.pop() ?? String(this.#next++)
  }

  free(ino: string): void {
    this.#free.push(ino)
  }

  /** These are in use again. */
  keep(inos: ReadonlySet<string>): void {
    const left = this.#free.filter((ino) => !inos.has(ino))
    this.#free.splice(0, this.#free.length, ...left)
  }

  birthNs(): string {
    return `${this.wallMs()}${String(this.#births++ % 1_000_000).padStart(6, '0')}`
  }
}

/** Where a path leads in what can be seen now. */
export type Found = { readonly node: Node } | { readonly errno: string; readonly at: RelPath }

const FS_TYPE = 'ext4'
/** Writes this close to each other may share a tick. */
const RACY_MS = 2_000

/** One watched folder: a small file system with inodes that are used again, times with ticks, mounts, links and closed doors. */
export class VirtualFolder {
  readonly path: string
  readonly traits: FolderTraits
  readonly state: FolderState = { marker: 'none', alive: null }
  /** The folder's own root, wherever it is now. */
  own: DirNode
  /** What stands at the folder's path now. */
  shown: DirNode | null
  readonly #inodes: Inodes
  /** Contents of files that had two names: which of them is the original nobody can tell, nor whether it is a rename once one was saved anew. */
  readonly linked = new Set<string>()
  #newestMs = 0

  constructor(path: string, traits: FolderTraits, inodes: Inodes) {
    this.path = path
    this.traits = traits
    this.#inodes = inodes
    this.own = this.newDir()
    this.shown = this.own
  }

  /** A clock that was set back comes to no very moment a second time. */
  nowNs(): string {
    const tickMs = this.traits.tickMs
    const wallMs = this.#inodes.wallMs()
    const isAgain = wallMs < Math.max(this.#newestMs, this.#inodes.trueMs()) - RACY_MS
    this.#newestMs = Math.max(this.#newestMs, wallMs)
    return `${Math.floor(wallMs / tickMs) * tickMs}${isAgain ? '000001' : '000000'}`
  }

  newDir(): DirNode {
    const now = this.nowNs()
    return {
      kind: 'dir',
      ino: this.#inodes.take(),
      birthNs: this.traits.birth ? this.#inodes.birthNs() : null,
      mtimeNs: now,
      ctimeNs: now,
      entries: new Map(),
      isReadable: true,
      over: null,
      away: null,
    }
  }

  newFile(content: Content): FileNode {
    const now = this.nowNs()
    return {
      kind: 'file',
      ino: this.#inodes.take(),
      birthNs: this.traits.birth ? this.#inodes.birthNs() : null,
      content,
      mtimeNs: now,
      ctimeNs: now,
      links: 1,
    }
  }

  newLink(target: DirNode, isDangling: boolean): LinkNode {
    return { kind: 'link', ino: this.#inodes.take(), ctimeNs: this.nowNs(), target, isDangling }
  }

  /** A name was taken from it. A deleted file's inode goes to the next new one, as on ext4. */
  freeIno(node: Node): void {
    if (node.kind === 'file' && --node.links > 0) node.ctimeNs = this.nowNs()
    else this.#inodes.free(node.ino)
  }

  /** All that the folder holds, as it is now; null while some of it is elsewhere. */
  snapshot(): Snapshot | null {
    if (this.shown !== this.own || !isPlain(this.own)) return null
    const copies = new Map<FileNode, FileNode>()
    return { root: copyOf(this.own, copies), state: structuredClone(this.state) }
  }

  /** The same inodes and the times of then; a snapshot can be gone back to any number of times. */
  rollBack({ root, state }: Snapshot): void {
    this.own = copyOf(root, new Map())
    this.shown = this.own
    Object.assign(this.state, structuredClone(state))
    this.#inodes.keep(inodesOf(this.own))
  }

  /** Would a file hold something else after it, and look the same? No look at all could tell. */
  isTold({ root }: Snapshot): boolean {
    const now = new Map<string, FileNode>(filesOf(this.own).map((file) => [file.ino, file]))
    return filesOf(root).every((file) => {
      const other = now.get(file.ino)
      return other === undefined || other.content.id === file.content.id || !sameStamp(fileStampOf(file), fileStampOf(other))
    })
  }

  /** The directory changed: a name came or went. */
  stir(dir: DirNode): void {
    dir.mtimeNs = this.nowNs()
    dir.ctimeNs = dir.mtimeNs
  }

  /** The directory as the world knows it, also while its disk is away, behind a link or behind a closed door; null when there is none. */
  trueDir(path: RelPath): DirNode | null {
    let dir = trueSide(this.own)
    if (path === '') return dir
    for (const name of path.split('/')) {
      const next = dir.entries.get(name)
      if (next === undefined || next.kind === 'file') return null
      dir = trueSide(next.kind === 'link' ? next.target : next)
    }
    return dir
  }

  trueNode(path: RelPath): Node | undefined {
    return path === '' ? this.own : this.trueDir(dirOf(path))?.entries.get(nameOf(path))
  }

  /** Every regular file the world knows below the folder, by path. */
  trueFiles(): Map<RelPath, Content> {
    const files = new Map<RelPath, Content>()
    collect(trueSide(this.own), '', files)
    return files
  }

  /** What a process finds at a path by `lstat`, no link followed. */
  lookUp(path: RelPath): Found {
    if (this.shown === null) return { errno: 'ENOENT', at: '' }
    if (path === '') return { node: visibleSide(this.shown) }
    let dir = visibleSide(this.shown)
    let at = ''
    const names = path.split('/')
    for (const [i, name] of names.entries()) {
      if (!dir.isReadable) return { errno: 'EACCES', at }
      const next = dir.entries.get(name)
      at = at === '' ? name : `${at}/${name}`
      if (next === undefined) return { errno: 'ENOENT', at }
      if (i === names.length - 1) return { node: next.kind === 'dir' ? visibleSide(next) : next }
      if (next.kind === 'link') return { errno: 'ELOOP', at }
      if (next.kind === 'file') return { errno: 'ENOTDIR', at }
      dir = visibleSide(next)
    }
    return { errno: 'EINVAL', at }
  }

  /** Mount points at and under the folder as they are now, one line each. */
  mounts(): readonly string[] {
    const lines: string[] = []
    if (this.shown !== null) findMounts(this.shown, '', lines)
    return lines.sort()
  }

  /** The same line as in `mounts`, of a directory that is a mount point now. */
  isMount(path: RelPath): boolean {
    return this.mounts().includes(mountLine(path))
  }

  /** Whether a root holds this folder's `.encord-sync/`: its own, and a restored copy of it. */
  holdsState(root: DirNode): boolean {
    return root === this.own
  }

  get fsType(): string {
    return FS_TYPE
  }
}

/** The directory that is seen where this one stands. */
export function visibleSide(dir: DirNode): DirNode {
  return dir.over ?? dir
}

/** The directory that stands there when nothing is away. */
function trueSide(dir: DirNode): DirNode {
  return dir.over ?? dir.away ?? dir
}

export function fileStampOf(node: FileNode): FileStamp {
  return { sizeBytes: node.content.bytes.length, mtimeNs: node.mtimeNs, ctimeNs: node.ctimeNs, ino: node.ino, birthNs: node.birthNs }
}

export function dirStampOf(node: DirNode): DirStamp {
  return { mtimeNs: node.mtimeNs, ctimeNs: node.ctimeNs, ino: node.ino, birthNs: node.birthNs }
}

function collect(dir: DirNode, path: RelPath, into: Map<RelPath, Content>): void {
  for (const [name, node] of dir.entries) {
    const at = path === '' ? name : `${path}/${name}`
    if (node.kind === 'file') into.set(at, node.content)
    else collect(trueSide(node.kind === 'link' ? node.target : node), at, into)
  }
}

function filesOf(dir: DirNode): readonly FileNode[] {
  return [...dir.entries.values()].flatMap((node) => (node.kind === 'file' ? [node] : node.kind === 'dir' ? filesOf(node) : []))
}

/** Nothing in it is mounted, linked or closed. */
function isPlain(dir: DirNode): boolean {
  if (!dir.isReadable || dir.over !== null || dir.away !== null) return false
  return [...dir.entries.values()].every((node) => node.kind === 'file' || (node.kind === 'dir' && isPlain(node)))
}

function copyOf(dir: DirNode, files: Map<FileNode, FileNode>): DirNode {
  const entries = [...dir.entries].map(([name, node]): [string, Node] => {
    if (node.kind === 'dir') return [name, copyOf(node, files)]
    if (node.kind === 'link') throw new Error('no link is in a snapshot')
    const copy = files.get(node) ?? { ...node }
    files.set(node, copy)
    return [name, copy]
  })
  return { ...dir, entries: new Map(entries) }
}

function inodesOf(dir: DirNode): ReadonlySet<string> {
  const inos = new Set([dir.ino])
  for (const node of dir.entries.values()) {
    if (node.kind === 'dir') for (const ino of inodesOf(node)) inos.add(ino)
    else inos.add(node.ino)
  }
  return inos
}

function findMounts(dir: DirNode, path: RelPath, into: string[]): void {
  if (dir.over !== null) into.push(mountLine(path))
  for (const [name, node] of visibleSide(dir).entries) {
    if (node.kind === 'dir') findMounts(node, path === '' ? name : `${path}/${name}`, into)
  }
}

function mountLine(path: RelPath): string {
  return `${FS_TYPE} ${path}`
}
