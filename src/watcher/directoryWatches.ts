import { FSWatcher } from 'chokidar'

/** A set of watched directories (absolute paths). Nothing below them is listed, looked at or watched by itself. */
export type DirectoryWatches = {
  /** Starts watching; takes effect a moment later, and silently not at all when nothing is there by then. */
  add(path: string): void
  /** Stops watching and forgets the path. */
  release(path: string): void
  /** Directories really watched by now. */
  readonly size: number
  close(): Promise<void>
}

export type RawEvent = {
  /** 'rename' for create, delete, move; 'change' for write, truncate, attributes. */
  readonly event: string
  /** The entry's name; the directory's own name when the directory itself was removed, moved or changed. */
  readonly name: string | null
  readonly directory: string
}

/**
 * chokidar 5.0.0 as a set of directory watches. Files are left out by `ignored`, their changes come as `raw` events of the
 * directory. `_handleRead`, which lists the whole directory and looks at every entry for each event, is replaced: the scan lists
 * directories anyway and says which ones to watch. The contract test holds the facts this relies on.
 * @param onError ENOSPC and EMFILE among others; ENOENT never.
 */
export function watchDirectories(onRaw: (raw: RawEvent) => void, onError: (error: Error) => void): DirectoryWatches {
  const watcher = new FSWatcher({
    persistent: true,
    ignoreInitial: true,
    followSymlinks: false,
    atomic: false,
    usePolling: false,
    depth: 0,
    ignored: (_path, stats) => stats !== undefined && !stats.isDirectory(),
  })
  watcher._nodeFsHandler._handleRead = async () => undefined
  // For a path that is gone by the time it is looked at chokidar watches the parent, once more each time, beside the watch that is there.
  const add = watcher.add.bind(watcher)
  watcher.add = (paths, missing) => (missing === undefined ? add(paths) : watcher)
  watcher.on('raw', (event: string, name: unknown, details: unknown) => {
    const directory = watchedPathOf(details)
    if (directory !== null) onRaw({ event, name: typeof name === 'string' ? name : null, directory })
  })
  watcher.on('error', (error: unknown) => onError(error instanceof Error ? error : new Error(String(error))))
  if (watcher.options.usePolling) {
    // CHOKIDAR_USEPOLLING in the environment wins over the option, and its polling sees no change inside a file.
    queueMicrotask(() => onError(Object.assign(new Error('CHOKIDAR_USEPOLLING is set'), { code: 'ENOTSUP' })))
  }
  return {
    add: (path) => void watcher.add(path),
    release(path) {
      watcher.unwatch(path)
      // unwatch() remembers each path for ever, and every later add() goes through all of them.
      watcher._removeIgnoredPath(path)
      watcher._watched.delete(path)
    },
    get size() {
      return watcher._closers.size
    },
    close: () => watcher.close(),
  }
}

function watchedPathOf(details: unknown): string | null {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return null
  return typeof details.watchedPath === 'string' ? details.watchedPath : null
}
