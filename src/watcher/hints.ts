import type { Clock } from '../model/clock.ts'
import { dirOf, joinPath, nameOf, type RelPath } from '../model/file.ts'
import { type RawEvent, watchDirectories } from './directoryWatches.ts'
import { laterQueue } from './laterQueue.ts'

/** Watching failed: the folder has to be polled (state `degraded`). `remedy` is one line for the person who runs the system. */
export type HintsFailure = { readonly errno: string; readonly remedy: string }

export type HintsOptions = {
  /** Absolute path of the folder, links resolved. */
  readonly root: string
  readonly clock: Clock
  /** "Look into this directory": something in it, or the directory itself, may have changed. Never what. */
  onHint(dir: RelPath): void
  /** More events than can be trusted to be all: look at the whole folder. */
  onOverflow(): void
  onError(failure: HintsFailure): void
}

/**
 * The watched directories of one folder. The scan owns the set: it reports each directory that it has read, the root first.
 * A mount over the folder or below it is announced by nobody: when the folder's identity or mounts change, open hints anew.
 */
export type Hints = {
  /** Watches a directory; when it was not watched it is hinted at once and again when the watch is surely there. */
  arm(dir: RelPath): void
  /** After a directory was read: arms new and re-made sub-directories, lets go of vanished ones with all below them. */
  synced(dir: RelPath, subdirs: readonly string[]): void
  /** Directories that cannot be watched (a backslash in the path); to be polled. */
  readonly deaf: readonly RelPath[]
  /** Directories armed. */
  readonly size: number
  close(): Promise<void>
}

/** A file written just after `mkdir`, before the watch is armed, gives no event: the second look finds it. */
const SECOND_LOOK_MS = 1_000
/** The kernel's queue holds 16,384 events and its overflow is not passed on by libuv. */
const STORM_EVENTS = 10_000
const STORM_WINDOW_MS = 1_000

/** Starts hints for a folder; nothing is watched before `arm('')`. */
export function openHints(options: HintsOptions): Hints {
  return new FolderHints(options)
}

class FolderHints implements Hints {
  readonly #options: HintsOptions
  readonly #armed = new Map<RelPath, Set<string>>()
  readonly #deaf = new Set<RelPath>()
  readonly #watches: ReturnType<typeof watchDirectories>
  readonly #secondLooks: ReturnType<typeof laterQueue<RelPath>>
  #stormBeganMs = 0
  #stormEvents = 0
  #failed = false
  #closed = false

  constructor(options: HintsOptions) {
    this.#options = options
    this.#watches = watchDirectories(
      (raw) => this.#onRaw(raw),
      (error) => this.#fail(error),
    )
    this.#secondLooks = laterQueue(options.clock, SECOND_LOOK_MS, (dir) => {
      if (this.#armed.has(dir)) options.onHint(dir)
    })
  }

  arm(dir: RelPath): void {
    if (this.#closed || this.#armed.has(dir)) return
    this.#armed.set(dir, new Set())
    const absolute = this.#absolute(dir)
    // chokidar turns every backslash into a slash, and would watch another place.
    if (absolute.includes('\\')) this.#deaf.add(dir)
    else this.#watches.add(absolute)
    this.#options.onHint(dir)
    this.#secondLooks.push(dir)
  }

  synced(dir: RelPath, subdirs: readonly string[]): void {
    if (this.#closed) return
    this.arm(dir)
    const children = this.#armed.get(dir)
    if (children === undefined) return
    const present = new Set(subdirs)
    // Letting go comes first: a moved directory keeps its watch, and a second one beside it would speak with the old name.
    for (const name of children) {
      if (present.has(name)) continue
      this.#release(joinPath(dir, name))
      children.delete(name)
    }
    for (const name of subdirs) {
      children.add(name)
      this.arm(joinPath(dir, name))
    }
  }

  get deaf(): readonly RelPath[] {
    return [...this.#deaf]
  }

  get size(): number {
    return this.#armed.size
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#secondLooks.close()
    this.#armed.clear()
    await this.#watches.close()
  }

  #onRaw({ event, name, directory }: RawEvent): void {
    if (this.#closed) return
    this.#countStorm()
    const dir = this.#relative(directory)
    if (dir === null) return
    if (!this.#armed.has(dir)) {
      // A watch whose arming was overtaken by its release.
      this.#watches.release(directory)
    } else if (event === 'rename' && name !== null) {
      // The parent tells on every system that a sub-directory was removed, moved or made again; Linux tells the directory itself
      // as well, by its own name, and nothing more is heard from it.
      const child = joinPath(dir, name)
      if (this.#armed.has(child)) this.#release(child)
      if (name === nameOf(directory)) this.#announceDeath(dir)
    }
    this.#options.onHint(dir)
  }

  #announceDeath(dir: RelPath): void {
    this.#release(dir)
    if (dir !== '') this.#options.onHint(dirOf(dir))
  }

  /** Forgets a directory and all below it; their watches may belong to directories that have other names by now. */
  #release(dir: RelPath): void {
    const children = this.#armed.get(dir)
    if (children === undefined) return
    this.#armed.delete(dir)
    for (const name of children) this.#release(joinPath(dir, name))
    if (!this.#deaf.delete(dir)) this.#watches.release(this.#absolute(dir))
  }

  #countStorm(): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - this.#stormBeganMs >= STORM_WINDOW_MS) {
      this.#stormBeganMs = nowMs
      this.#stormEvents = 0
    }
    if (++this.#stormEvents === STORM_EVENTS) this.#options.onOverflow()
  }

  #fail(error: Error): void {
    if (this.#closed || this.#failed) return
    this.#failed = true
    const errno = 'code' in error && typeof error.code === 'string' ? error.code : error.name
    this.#options.onError({ errno, remedy: remedyFor(errno) })
  }

  #absolute(dir: RelPath): string {
    return dir === '' ? this.#options.root : `${this.#options.root}/${dir}`
  }

  #relative(absolute: string): RelPath | null {
    const { root } = this.#options
    if (absolute === root) return ''
    return absolute.startsWith(`${root}/`) ? absolute.slice(root.length + 1) : null
  }
}

/** What to do about an errno of watching; inotify(7) names the limits. */
function remedyFor(errno: string): string {
  if (errno === 'ENOSPC') return 'sysctl fs.inotify.max_user_watches=524288   (and a line in /etc/sysctl.d to keep it)'
  if (errno === 'EMFILE') return 'sysctl fs.inotify.max_user_instances=1024   (and a line in /etc/sysctl.d to keep it)'
  if (errno === 'ENOTSUP') return 'unset CHOKIDAR_USEPOLLING in the environment of the service'
  return 'set watch: poll for this folder'
}
