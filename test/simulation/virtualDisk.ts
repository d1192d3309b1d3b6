import { Readable } from 'node:stream'
import { type SurveyTools, survey } from '../../src/app/survey.ts'
import { IGNORE_FILE, type IgnoreRules, openIgnoreRules } from '../../src/disk/ignoreRules.ts'
import type { Listing, Problem } from '../../src/disk/listing.ts'
import { type Eyes, walk } from '../../src/disk/walk.ts'
import { type Blind, dirOf, type FileStamp, joinPath, nameOf, type RelPath, sameStamp } from '../../src/model/file.ts'
import type { LedgerPort } from '../../src/sync/ledgerPort.ts'
import type { AbsenceProof, Disk, OpenedFile, OpenFailure } from '../../src/sync/ports.ts'
import type { ProcessPort } from './processPort.ts'
import type { VirtualClock } from './virtualClock.ts'
import { type DirNode, dirStampOf, type FileNode, fileStampOf, type VirtualFolder } from './virtualFolder.ts'

export type DiskTools = {
  readonly folders: readonly VirtualFolder[]
  readonly clock: VirtualClock
  readonly port: ProcessPort
  readonly tree: LedgerPort['tree']
  readonly patternsOf: (root: string) => readonly string[]
}

/** Sync's port to a virtual disk: the real walk and the real comparison run over it, and the world moves on while they do. */
export function virtualDisk(tools: DiskTools): Disk {
  const { clock, port, tree } = tools
  const folderAt = (root: string): VirtualFolder => {
    const folder = tools.folders.find((one) => one.path === root)
    if (folder === undefined) throw new Error(`no virtual folder ${root}`)
    return folder
  }
  const walker: NonNullable<SurveyTools['walker']> = {
    walk: (root, options) => walk(root, options, eyesOf(folderAt(root), clock, port)),
    mounts: (root) => folderAt(root).mounts(),
    ignoreRules: (root, patterns) => rulesOf(folderAt(root), patterns),
    doneNs: (root, dir) => doneNs(folderAt(root), dir),
  }
  let writing: Promise<void> = Promise.resolve()
  return {
    survey: (request) =>
      port.step('survey', () =>
        survey({ tree: tree as never, wallMs: () => clock.wallMs(), pause: (ms) => clock.creep(ms), walker }, request),
      ),
    openRegular: (root, path, expected) => port.step('open', () => openRegular(folderAt(root), path, expected, port)),
    inspect: (file) =>
      port.step('inspect', () => {
        const { node } = file as VirtualFile
        return node.content.look
      }),
    identity: (root) =>
      port.step('identity', () => {
        const folder = folderAt(root)
        const found = folder.lookUp('')
        if ('errno' in found) return { kind: 'absent', errno: found.errno }
        const dir = found.node as DirNode
        if (!dir.isReadable) return { kind: 'unreadable', errno: 'EACCES' }
        const isOwn = dir === folder.own || folder.holdsState(dir)
        return {
          kind: 'there',
          root: { ino: dir.ino, birthNs: dir.birthNs, fsType: folder.fsType },
          mounted: folder.mounts(),
          marker: isOwn ? folder.state.marker : 'none',
          alive: isOwn ? folder.state.alive : null,
        }
      }),
    proveAbsent: async (root, path) => {
      const before = await port.step('prove', () => proveAbsent(folderAt(root), path))
      if (before.kind !== 'absent') return before
      const after = await port.step('prove', () => proveAbsent(folderAt(root), path))
      return JSON.stringify(before) === JSON.stringify(after) ? after : { kind: 'unseen', at: before.ancestor, errno: 'EAGAIN' }
    },
    filesIn: (root, dir) => filesIn(folderAt(root), dir, tools.patternsOf(root)),
    namesIn: (root, dir) => namesIn(folderAt(root), dir),
    mounts: (root) => port.step('mounts', () => folderAt(root).mounts()),
    writeMarker: (root, marker, replace) =>
      port.step('marker', () => {
        const { state } = folderAt(root)
        if (state.marker === 'none' || replace === 'accepted') state.marker = { ...marker }
        return 'written'
      }),
    // One after the other, as on the real disk.
    writeAlive: (root, alive) => {
      writing = writing.then(() =>
        port.step('alive', () => {
          const folder = folderAt(root)
          if (folder.shown !== null && folder.holdsState(folder.shown)) folder.state.alive = { ...alive }
        }),
      )
      return writing
    },
    fileSystem: (root) => port.step('mounts', () => (folderAt(root).traits.network === true ? 'network' : 'local')),
  }
}

const plainRules = new Map<string, IgnoreRules>()

/** The real rules, with the ignore files of the virtual disk; made anew for each walk only where there are any, as that takes a while. */
function rulesOf(folder: VirtualFolder, patterns: readonly string[]): IgnoreRules {
  if ([...folder.trueFiles().keys()].some((path) => nameOf(path) === IGNORE_FILE))
    return openIgnoreRules(folder.path, patterns, (dir) => ignoreFile(folder, dir))
  const key = patterns.join('\n')
  const rules = plainRules.get(key) ?? openIgnoreRules(null, patterns)
  plainRules.set(key, rules)
  return rules
}

function ignoreFile(folder: VirtualFolder, dir: RelPath): string | null | { readonly why: string } {
  const found = folder.lookUp(joinPath(dir, IGNORE_FILE))
  if ('errno' in found) return found.errno === 'ENOENT' || found.errno === 'ENOTDIR' ? null : { why: found.errno }
  return found.node.kind === 'file' ? found.node.content.bytes.toString() : { why: `${IGNORE_FILE}: not-regular` }
}

function eyesOf(folder: VirtualFolder, clock: VirtualClock, port: ProcessPort): Eyes {
  return {
    ancestors(_root, dir) {
      const chain: string[] = []
      for (const at of chainTo(dir)) {
        const found = folder.lookUp(at)
        if ('errno' in found) return { kind: 'broken', at: found.at, errno: found.errno }
        if (found.node.kind !== 'dir') return { kind: 'broken', at, errno: found.node.kind === 'link' ? 'ELOOP' : 'ENOTDIR' }
        chain.push(found.node.ino)
      }
      return { kind: 'real', chain }
    },
    listing(_root, dir) {
      clock.creep(port.walkPauseMs())
      return listing(folder, dir)
    },
    stamp(_root, dir) {
      const found = folder.lookUp(dir)
      return 'errno' in found || found.node.kind !== 'dir' ? 'gone' : dirStampOf(found.node)
    },
  }
}

function chainTo(dir: RelPath): readonly RelPath[] {
  if (dir === '') return ['']
  const names = dir.split('/')
  return ['', ...names.map((_, i) => names.slice(0, i + 1).join('/'))]
}

function listing(folder: VirtualFolder, dir: RelPath): Listing | Blind {
  const found = folder.lookUp(dir)
  if ('errno' in found) return { dir, why: found.errno }
  const { node } = found
  if (node.kind === 'link') return { dir, why: 'symlink' }
  if (node.kind === 'file') return { dir, why: 'not-a-directory' }
  if (!node.isReadable) return { dir, why: 'EACCES', ctimeNs: node.ctimeNs }
  const files: { name: string; stamp: FileStamp }[] = []
  const subdirs: Listing['subdirs'][number][] = []
  const problems: Problem[] = []
  for (const [name, entry] of node.entries) {
    if (entry.kind === 'file') files.push({ name, stamp: fileStampOf(entry) })
    else if (entry.kind === 'dir') {
      const shown = entry.over ?? entry
      subdirs.push({ name, stamp: dirStampOf(shown), dev: entry.over === null ? '1' : '2' })
    } else
      problems.push({ name, reason: 'symlink', isDirectory: false, ino: entry.ino, sizeBytes: 20, ctimeNs: entry.ctimeNs, errno: null })
  }
  return { dir, stamp: dirStampOf(node), dev: '1', files, subdirs, problems, unsettled: false }
}

function doneNs(folder: VirtualFolder, dir: RelPath): string | null {
  const found = folder.lookUp(joinPath(dir, '.done'))
  return 'errno' in found || found.node.kind !== 'file' ? null : found.node.ctimeNs
}

function filesIn(folder: VirtualFolder, dir: RelPath, patterns: readonly string[]): ReadonlyMap<string, FileStamp> | null {
  const seen = listing(folder, dir)
  if ('why' in seen) return null
  const rules = rulesOf(folder, patterns)
  const files = seen.files.filter((file) => !rules.check(joinPath(dir, file.name), false).ignored)
  return new Map(files.map((file) => [file.name, file.stamp]))
}

function namesIn(folder: VirtualFolder, dir: RelPath): readonly string[] | null {
  const seen = listing(folder, dir)
  if ('why' in seen) return ['ENOENT', 'ENOTDIR', 'not-a-directory'].includes(seen.why) ? [] : null
  return seen.files.map((file) => file.name)
}

/** Rule 4 of the design over the virtual tree: real directories all the way down, none another mount, and ENOENT at the next name. */
function proveAbsent(folder: VirtualFolder, path: RelPath): AbsenceProof {
  for (const at of chainTo(path)) {
    const found = folder.lookUp(at)
    if ('errno' in found) {
      if (found.errno !== 'ENOENT' || at === '') return { kind: 'unseen', at: found.at, errno: found.errno }
      const ancestor = dirOf(at)
      const above = folder.lookUp(ancestor)
      if ('errno' in above || above.node.kind !== 'dir') return { kind: 'unseen', at: ancestor, errno: 'EAGAIN' }
      if (!above.node.isReadable) return { kind: 'unseen', at: ancestor, errno: 'EACCES' }
      return { kind: 'absent', ancestor, missingName: nameOf(at), ancestorStamp: dirStampOf(above.node) }
    }
    if (at === path) return { kind: 'present' }
    if (found.node.kind !== 'dir') return { kind: 'unseen', at, errno: found.node.kind === 'link' ? 'ELOOP' : 'ENOTDIR' }
    if (at !== '' && folder.isMount(at)) return { kind: 'unseen', at, errno: 'EXDEV' }
  }
  return { kind: 'present' }
}

type VirtualFile = OpenedFile & { readonly node: FileNode }

function openRegular(folder: VirtualFolder, path: RelPath, expected: FileStamp, port: ProcessPort): VirtualFile | OpenFailure {
  const found = folder.lookUp(path)
  if ('errno' in found) {
    const { errno } = found
    return { kind: errno === 'ENOENT' ? 'gone' : 'changed', errno }
  }
  const { node } = found
  if (node.kind !== 'file') return { kind: 'not-regular', errno: 'ELOOP' }
  if (!sameStamp(fileStampOf(node), expected)) return { kind: 'changed', errno: 'ESTALE' }
  return {
    node,
    stamp: expected,
    sizeBytes: expected.sizeBytes,
    open: () => bodyOf(node, expected.sizeBytes, port),
    read: async (offset, length) => node.content.bytes.subarray(offset, offset + length),
    unchanged: () =>
      port.step('unchanged', () => {
        const now = folder.lookUp(path)
        return !('errno' in now) && now.node === node && sameStamp(fileStampOf(node), expected)
      }),
    close: async () => undefined,
  }
}

/** Two halves, read one after the other: a file that is written meanwhile gives half of each content. */
function bodyOf(node: FileNode, sizeBytes: number, port: ProcessPort): Readable {
  let offset = 0
  return new Readable({
    read() {
      if (offset >= sizeBytes) {
        this.push(null)
        return
      }
      const end = offset === 0 ? Math.ceil(sizeBytes / 2) : sizeBytes
      port
        .step('read', () => node.content.bytes.subarray(offset, end))
        .then(
          (chunk) => {
            offset = end
            if (chunk.length > 0) this.push(chunk)
            else this.destroy(Object.assign(new Error('the file became shorter while it was read'), { code: 'ESTALE' }))
          },
          (error: unknown) => this.destroy(error instanceof Error ? error : new Error('read failed')),
        )
    },
  })
}
