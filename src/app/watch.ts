import type { Clock } from '../model/clock.ts'
import type { Log } from '../model/event.ts'
import type { RelPath } from '../model/file.ts'
import type { FolderSetup } from '../sync/folderSetup.ts'
import type { FolderRecord } from '../sync/records.ts'
import { type Hints, openHints } from '../watcher/hints.ts'
import { openPolling } from '../watcher/polling.ts'

/** What a folder's watch tells: where to look, that everything has to be looked at, that events ran out. */
export type WatchListener = {
  hint(folderId: number, dir: RelPath): void
  scan(folderId: number, cause: string): void
  degraded(folderId: number, why: string): void
}

export type Watch = FolderSetup['watch'] & { close(): Promise<void> }

/** Between two whole scans of a folder that is polled, ms. */
const POLL_MS = 60_000

/**
 * Watches one folder by events where the system gives them, by polling where it does not. The survey says which directories there
 * are; a folder whose watches ran out is polled from then on and says so.
 */
export function openWatch(
  tools: { readonly clock: Clock; readonly log: Log },
  folder: FolderRecord,
  mode: 'auto' | 'events' | 'poll',
  fileSystem: 'local' | 'network',
  listener: WatchListener,
): Watch {
  const dirs = new Set<RelPath>()
  let hints: Hints | null = null
  let polling: { close(): Promise<void> } | null = null
  let closing: Promise<unknown> = Promise.resolve()

  function startHints(): void {
    hints = openHints({
      root: folder.path,
      clock: tools.clock,
      onHint: (dir) => listener.hint(folder.id, dir),
      onOverflow: () => listener.scan(folder.id, 'more events than can be followed'),
      onError: ({ errno, remedy }) => {
        const why = `watching failed (${errno}), so changes are found by polling; ${remedy}`
        tools.log.emit('watch.degraded', { folder: folder.path, why, pollMs: POLL_MS, next: remedy })
        listener.degraded(folder.id, why)
        stopHints()
        startPolling()
      },
    })
  }
  function stopHints(): void {
    const old = hints
    hints = null
    if (old !== null) closing = Promise.all([closing, old.close()])
  }
  function startPolling(): void {
    polling ??= openPolling({
      root: folder.path,
      clock: tools.clock,
      dirs: () => dirs,
      onHint: (dir) => listener.hint(folder.id, dir),
      onScan: () => listener.scan(folder.id, 'polling'),
      scanMs: POLL_MS,
    })
  }

  if (mode === 'poll' || (mode === 'auto' && fileSystem === 'network')) startPolling()
  else startHints()

  return {
    synced(tree) {
      for (const { dir, subdirs } of tree) {
        dirs.add(dir)
        if (hints === null) continue
        hints.arm(dir)
        hints.synced(dir, subdirs)
      }
    },
    restart() {
      if (hints === null) return
      stopHints()
      startHints()
    },
    async close() {
      stopHints()
      await polling?.close()
      await closing
    },
  }
}
