import { lstat } from 'node:fs/promises'
import type { Clock } from '../model/clock.ts'
import type { RelPath } from '../model/file.ts'
import { inTime } from '../model/inTime.ts'

export type PollingOptions = {
  /** Absolute path of the folder, links resolved. */
  readonly root: string
  readonly clock: Clock
  /** The directories to look at: all known ones for `watch: poll`, the deaf ones beside hints. */
  dirs(): Iterable<RelPath>
  onHint(dir: RelPath): void
  /** Time for a whole scan: a rewrite in place changes no directory's times. Left out, none is asked for. */
  onScan?(): void
  /** Between two whole scans, ms. */
  readonly scanMs?: number
  /** At least so long between two rounds of looks, ms. */
  readonly lookMs?: number
}

const SCAN_MS = 60_000
const LOOK_MS = 5_000
/** A look at a share that is dead is not waited for at the end, ms. */
const CLOSE_MS = 2_000
/** Looks may take one twentieth of the time. */
const REST_PER_LOOK = 19

/** Looks at directories' times instead of waiting for events: for network and FUSE file systems, and where watches ran out. */
export function openPolling(options: PollingOptions): { close(): Promise<void> } {
  const stop = new AbortController()
  const done = run(options, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error
  })
  return {
    async close() {
      stop.abort()
      await inTime(options.clock, CLOSE_MS, done, undefined)
    },
  }
}

async function run(options: PollingOptions, signal: AbortSignal): Promise<void> {
  const { clock, scanMs = SCAN_MS, lookMs = LOOK_MS } = options
  let seen = new Map<RelPath, string>()
  let scannedMs = clock.monotonicMs()
  while (!signal.aborted) {
    const beganMs = clock.monotonicMs()
    seen = await look(options, seen, signal)
    const tookMs = clock.monotonicMs() - beganMs
    await clock.sleep(Math.max(lookMs, tookMs * REST_PER_LOOK), signal)
    if (clock.monotonicMs() - scannedMs < scanMs) continue
    scannedMs = clock.monotonicMs()
    options.onScan?.()
  }
}

/** Hints each directory whose inode or times are not those of the last look. One at a time: a share that hangs holds one thread. */
async function look(options: PollingOptions, before: ReadonlyMap<RelPath, string>, signal: AbortSignal): Promise<Map<RelPath, string>> {
  const now = new Map<RelPath, string>()
  for (const dir of options.dirs()) {
    if (signal.aborted) break
    const state = await stateOf(dir === '' ? options.root : `${options.root}/${dir}`)
    const known = before.get(dir)
    now.set(dir, state)
    if (known !== undefined && known !== state) options.onHint(dir)
  }
  return now
}

async function stateOf(absolute: string): Promise<string> {
  try {
    const { ino, mtimeNs, ctimeNs } = await lstat(absolute, { bigint: true })
    return `${ino} ${mtimeNs} ${ctimeNs}`
  } catch {
    return 'unseen'
  }
}
