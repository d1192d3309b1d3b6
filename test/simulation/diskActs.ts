import { IGNORE_FILE } from '../../src/disk/ignoreRules.ts'
import { joinPath, nameOf, type RelPath } from '../../src/model/file.ts'
import type { Ledger } from '../../src/store/openLedger.ts'
import { contentOf } from './content.ts'
import {
  copyFile,
  copyTree,
  freeAll,
  type Heard,
  linkFile,
  putBack,
  remove,
  rename,
  renameEdited,
  type Spot,
  saveFile,
  swapFiles,
  touchFile,
  writeFile,
} from './fileWork.ts'
import type { Met } from './met.ts'
import type { Trouble } from './promises.ts'
import type { VirtualClock } from './virtualClock.ts'
import type { DirNode, Snapshot, VirtualFolder } from './virtualFolder.ts'
import type { WorldEvent } from './worldEvent.ts'

export type DiskActsTools = {
  readonly clock: VirtualClock
  readonly folders: readonly VirtualFolder[]
  readonly ledger: Ledger
  readonly met: Met
  readonly heard: Heard
  /** Takes down what the folders hold now. */
  record(): void
  /** An event that is not of the disk. */
  otherwise(event: WorldEvent): void
}

/** A directory whose files are there, and can't be seen since, by the true clock, ms. */
export type Hidden = {
  readonly folder: VirtualFolder
  readonly path: RelPath
  /** Since when it could be looked at before that; minus infinity: as long as anybody remembers. */
  readonly shownMs: number
  readonly sinceMs: number
}

/** What happens to files and to the places that hold them. */
export class DiskActs {
  /** What stands in the way of deletes, by place. */
  readonly troubles = new Map<string, Trouble>()
  /** What no look can see now: behind a link, a closed door, or on a disk that is away. */
  readonly hidden = new Set<Hidden>()
  /** Folders that were put back, and nothing tells. */
  readonly untold = new Set<string>()
  readonly #tools: DiskActsTools
  /** When a disk that had been away was last mounted, by its place. */
  readonly #mountedMs = new Map<string, number>()

  constructor(tools: DiskActsTools) {
    this.#tools = tools
  }

  /** The place that an event is about. */
  spot(at: string): Spot {
    const folder = this.#tools.folders.find((one) => at === one.path || at.startsWith(`${one.path}/`))
    if (folder === undefined) throw new Error(`no folder holds ${at}`)
    return { folder, path: at.slice(folder.path.length + 1) }
  }
  act(event: WorldEvent): void {
    const { heard } = this.#tools
    switch (event.do) {
      case 'write':
        return writeFile(this.spot(event.at), contentOf(event.content), heard)
      case 'rewrite':
        return writeFile(this.spot(event.at), contentOf(event.content), heard, event.hidden)
      case 'grow':
        writeFile(this.spot(event.at), contentOf(`${event.content}~`), heard)
        return this.#laterInWorld(event.forMs, () => writeFile(this.spot(event.at), contentOf(event.content), heard))
      case 'touch':
        return touchFile(this.spot(event.at), heard)
      case 'save':
        return saveFile(this.spot(event.at), contentOf(event.content), heard)
      case 'rename':
        return rename(this.spot(event.at), this.spot(event.to), heard)
      case 'renameEdited':
        return renameEdited(this.spot(event.at), this.spot(event.to), contentOf(event.content), heard)
      case 'swap':
        return swapFiles(this.spot(event.at), this.spot(event.to), heard)
      case 'copy':
        return copyFile(this.spot(event.at), this.spot(event.to), heard)
      case 'hardLink':
        return linkFile(this.spot(event.at), this.spot(event.to), heard)
      case 'slowMove':
        copyFile(this.spot(event.at), this.spot(event.to), heard)
        return this.#laterInWorld(event.forMs, () => this.#removeAll(this.spot(event.at)))
      case 'shuttle': {
        for (let i = 0; i < event.times; i++) {
          const [from, to] = i % 2 === 0 ? [event.at, event.to] : [event.to, event.at]
          this.#laterInWorld(i * event.everyMs, () => rename(this.spot(from), this.spot(to), heard))
        }
        return
      }
      case 'remove':
        return this.#removeAll(this.spot(event.at))
      case 'empty': {
        const { folder, path } = this.spot(event.at)
        const files = [...folder.trueFiles().keys()].filter((file) => path === '' || file.startsWith(`${path}/`))
        files.forEach((file, i) => void this.#laterInWorld(i * event.everyMs, () => this.#removeAll({ folder, path: file })))
        return
      }
      case 'ignoreFile':
        return this.#ignoreFile(event.at, event.text)
      default:
        return this.#actOnPlaces(event)
    }
  }

  #ignoreFile(at: string, text: string | null): void {
    const { folder, path } = this.spot(at)
    const spot = { folder, path: joinPath(path, IGNORE_FILE) }
    if (text === null) return this.#removeAll(spot)
    // Nobody makes a directory for the sake of its rules.
    if (folder.trueDir(path) !== null) saveFile(spot, contentOf(`r:${text}`), this.#tools.heard)
  }

  #removeAll(spot: Spot): void {
    const node = remove(spot, this.#tools.heard)
    if (node !== null) freeAll(spot.folder, node)
  }

  #laterInWorld(ms: number, then: () => void): void {
    const { clock } = this.#tools
    clock.at(clock.nowMs + ms, () => {
      then()
      this.#tools.record()
    })
  }

  #actOnPlaces(event: WorldEvent): void {
    switch (event.do) {
      case 'vanish': {
        const spot = this.spot(event.at)
        if (spot.folder.trueNode(spot.path)?.kind === 'link') return
        const node = remove(spot, this.#tools.heard)
        if (node !== null) this.#laterInWorld(event.forMs, () => void putBack(spot, node, this.#tools.heard))
        return
      }
      case 'carry': {
        const [from, to] = [this.spot(event.at), this.spot(event.to)]
        if (from.folder.trueNode(from.path)?.kind !== 'file') return
        const node = remove(from, this.#tools.heard)
        if (node !== null) this.#laterInWorld(event.forMs, () => void putBack(to, node, this.#tools.heard))
        return
      }
      case 'link':
        return this.#link(event.at, event.dangling, event.forMs)
      case 'close': {
        const { folder, path } = this.spot(event.at)
        const found = folder.lookUp(path)
        if ('errno' in found || found.node.kind !== 'dir' || path === '') return
        const dir = found.node
        const holds = [...folder.trueFiles().keys()].some((file) => file.startsWith(`${path}/`))
        if (!dir.isReadable || !holds) return
        dir.isReadable = false
        const over = this.#trouble(
          folder,
          `${path} cannot be read`,
          'place',
          () => folder.trueNode(path) === dir && !isCovered(folder, path, dir) && this.#isKnown(folder, path),
        )
        const shown = this.#hide(folder, path)
        return this.#laterInWorld(event.forMs, () => {
          dir.isReadable = true
          shown()
          over()
        })
      }
      case 'stash': {
        const { folder, path } = this.spot(event.to)
        rename(this.spot(event.at), this.spot(`${event.to}/${nameOf(event.at)}`), this.#tools.heard)
        const { atMs, to: at, forMs } = event
        return this.#actOnPlaces(folder.isMount(path) ? { atMs, do: 'unmount', at, forMs } : { atMs, do: 'close', at, forMs })
      }
      case 'unmount':
        return this.#unmount(event.at, event.forMs)
      case 'rootAway':
        return this.#rootAway(event.at, event.how, event.forMs)
      case 'restoreFolder': {
        const { folder } = this.spot(event.at)
        if (folder.shown !== folder.own || folder.mounts().length > 0 || this.#hasTrouble(folder)) return
        folder.own = copyTree(folder, folder.own)
        folder.shown = folder.own
        if (folder.state.marker !== 'none') this.#trouble(folder, 'it was restored', 'identity')
        return
      }
      case 'rollBack': {
        const { folder } = this.spot(event.at)
        const snapshot = this.#hasTrouble(folder) ? null : folder.snapshot()
        if (snapshot !== null) this.#laterInWorld(event.forMs, () => this.#rollBack(folder, snapshot))
        return
      }
      case 'loseMarker': {
        const { folder } = this.spot(event.at)
        if (folder.state.marker === 'none') return
        folder.state.marker = 'none'
        folder.state.alive = null
        this.#trouble(folder, 'its marker is gone', 'identity', () => folder.state.marker === 'none')
        return
      }
      default:
        return this.#tools.otherwise(event)
    }
  }

  #rollBack(folder: VirtualFolder, snapshot: Snapshot): void {
    if (folder.snapshot() === null || this.#hasTrouble(folder) || !folder.isTold(snapshot)) return
    folder.rollBack(snapshot)
    this.#tools.met.add('rolled back')
    if (this.#isToldPutBack(folder)) this.#trouble(folder, 'it was restored', 'identity', () => this.#isToldPutBack(folder))
    else this.untold.add(folder.path)
  }

  /** Where the ledger (it may have been put back too) knows of no sign of life since the snapshot, the folder is the same for all that anybody can tell. */
  #isToldPutBack(folder: VirtualFolder): boolean {
    const { ledger } = this.#tools
    const record = ledger.folders.byPath(folder.path)
    if (record === null) return false
    const isNoted = Boolean(ledger.meta.read(`put-back:${record.id}`))
    const left = ledger.meta.read(`alive:${record.id}`) || null
    const { alive } = folder.state
    return isNoted || (left !== null && alive !== null && left !== String(alive.sequence))
  }

  /** Was something seen there before that is no stranger by now? Nobody looks into what a rule leaves out. */
  #isKnown(folder: VirtualFolder, path: RelPath): boolean {
    const { ledger } = this.#tools
    const record = ledger.folders.byPath(folder.path)
    const below = record === null ? [] : ledger.tree.filesBelow(record.id, path)
    // Where a rule leaves out what is there, nobody looks for what went before.
    const isLeftOut = below.some((file) => file.local === 'excluded')
    return below.some((file) => file.unitId !== null && file.local !== 'excluded' && !(isLeftOut && file.local === 'absent'))
  }

  #hasTrouble(folder: VirtualFolder): boolean {
    return [...this.troubles.values()].some((one) => one.folder === folder.path)
  }

  #link(at: string, isDangling: boolean, forMs: number): void {
    const spot = this.spot(at)
    const { folder, path } = spot
    const found = folder.lookUp(path)
    if ('errno' in found || found.node.kind !== 'dir' || path === '' || path.includes('/')) return
    const dir = found.node
    if (folder.trueDir(path) !== dir || !dir.isReadable || folder.isMount(path)) return
    const holds = [...folder.trueFiles().keys()].some((file) => file.startsWith(`${path}/`))
    const above = folder.trueDir('') as DirNode
    if (!holds || above.entries.get(path) !== dir) return
    const link = folder.newLink(dir, isDangling)
    above.entries.set(path, link)
    const shown = this.#hide(folder, path)
    folder.stir(above)
    this.#tools.heard(folder, '')
    const over = this.#trouble(folder, `${path} is a link`, 'place', () => folder.trueNode(path) === link && this.#isKnown(folder, path))
    this.#laterInWorld(forMs, () => {
      over()
      shown()
      const root = folder.trueDir('') as DirNode
      if (root.entries.get(path) !== link) return
      root.entries.set(path, dir)
      folder.stir(root)
      this.#tools.heard(folder, '')
    })
  }

  #unmount(at: string, forMs: number): void {
    const { folder, path } = this.spot(at)
    const point = folder.own.entries.get(path)
    if (point?.kind !== 'dir' || point.over === null) return
    const away = point.over
    const holds = [...folder.trueFiles().keys()].some((file) => file.startsWith(`${path}/`))
    point.over = null
    point.away = away
    this.#tools.heard(folder, path)
    const over = holds ? this.#trouble(folder, `${path} is not mounted`, 'identity', () => this.#isKnown(folder, path)) : () => undefined
    const shown = this.#hide(folder, path, this.#mountedMs.get(at) ?? Number.NEGATIVE_INFINITY)
    this.#laterInWorld(forMs, () => {
      over()
      shown()
      point.over = away
      point.away = null
      this.#mountedMs.set(at, this.#tools.clock.nowMs)
    })
  }

  #hide(folder: VirtualFolder, path: RelPath, shownMs = Number.NEGATIVE_INFINITY): () => void {
    const place: Hidden = { folder, path, shownMs, sinceMs: this.#tools.clock.nowMs }
    this.hidden.add(place)
    return () => void this.hidden.delete(place)
  }

  #rootAway(at: string, how: 'gone' | 'empty' | 'closed', forMs: number): void {
    const { folder } = this.spot(at)
    if (folder.shown !== folder.own || !folder.own.isReadable) return
    if (how === 'closed') folder.own.isReadable = false
    else folder.shown = how === 'gone' ? null : folder.newDir()
    const over = this.#trouble(folder, `its root is ${how}`, 'identity')
    this.#laterInWorld(forMs, () => {
      over()
      folder.own.isReadable = true
      folder.shown = folder.own
    })
  }
  #trouble(folder: VirtualFolder, what: string, kind: Trouble['kind'], isStill: () => boolean = () => true): () => void {
    this.#tools.met.add(`trouble ${what.slice(what.indexOf(' ') + 1)}`)
    const id = `${folder.path} ${what}`
    this.troubles.set(id, { folder: folder.path, what, sinceMs: this.#tools.clock.nowMs, kind, isStill })
    return () => void this.troubles.delete(id)
  }
}

/** Does a disk that was mounted since stand at the path, in the directory's place? */
function isCovered(folder: VirtualFolder, path: RelPath, dir: DirNode): boolean {
  const found = folder.lookUp(path)
  return !('errno' in found) && found.node !== dir
}
