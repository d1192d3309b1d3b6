import type { Clock } from '../model/clock.ts'
import type { Log } from '../model/event.ts'
import type { RelPath } from '../model/file.ts'
import type { FolderSetup } from '../sync/folderSetup.ts'
import type { FolderRecord } from '../sync/records.ts'
import { type Hints, openHints } from '../watcher/hints.ts'
import { openPolling } from '../watcher/polling.ts'

/** What a folder's watch tells: where to look, that everything has to be looked at, as something was missed or its time has come, that events ran out. */
export type WatchListener = {
  hint(folderId: number, dir: RelPath): void
  scan(folderId: number, cause: string): void
  poll(folderId: number): void
  /** Null: events are heard again. */
  degraded(folderId: number, why: string | null): void
}

export type Watch = FolderSetup['watch'] & { close(): Promise<void> }

/** Between two whole scans of a folder that is polled, ms. */
const POLL_MS = 60_000
/** Events are tried again after this time, ms; doubled each time, since every directory has to be watched anew for it. */
const FIRST_RETRY_MS = 600_000
const LONGEST_RETRY_MS = 14_400_000
/** Watches that did not fail for so long after they were asked for are there, ms. */
const TRIAL_MS = 30_000

/**
 * Watches one folder by events where the system gives them, by polling where it does not. The survey says which directories there
 * are; a folder whose watches ran out is polled, says so, and tries again from time to time.
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
  let failures = 0
  let isDegraded = false
  const closed = new AbortController()

  function startHints(): void {
    hints = openHints({
      root: folder.path,
      clock: tools.clock,
      onHint: (dir) => listener.hint(folder.id, dir),
      onOverflow: () => listener.scan(folder.id, 'more events than can be followed'),
      onError: ({ errno, remedy }) => {
        const why = `watching failed (${errno}), so changes are found by polling; ${remedy}`
        if (!isDegraded) tools.log.emit('watch.degraded', { folder: folder.path, why, pollMs: POLL_MS, next: remedy })
        isDegraded = true
        listener.degraded(folder.id, why)
        stopHints()
        startPolling()
        tryAgain(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++)).catch((error: unknown) => {
          if (!closed.signal.aborted) throw error
        })
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
      onScan: () => listener.poll(folder.id),
      scanMs: POLL_MS,
    })
  }

  /** What ran out may be there again. Polling goes on until events are sure to be heard. */
  async function tryAgain(afterMs: number): Promise<void> {
    const { clock } = tools
    await clock.sleep(afterMs, closed.signal)
    const failed = failures
    const beganMs = clock.monotonicMs()
    startHints()
    listener.scan(folder.id, 'events are tried again')
    await clock.sleep(TRIAL_MS, closed.signal)
    if (failures !== failed) return
    failures = 0
    isDegraded = false
    closing = Promise.all([closing, polling?.close()])
    polling = null
    tools.log.emit('watch.armed', { folder: folder.path, directories: hints?.size ?? 0, tookMs: Math.round(clock.monotonicMs() - beganMs) })
    listener.degraded(folder.id, null)
  }

  // Of an earlier watch of the folder.
  listener.degraded(folder.id, null)
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
      closed.abort()
      stopHints()
      await polling?.close()
      await closing
    },
  }
}
