import type { Clock } from '../model/clock.ts'
import type { FileStamp } from '../model/file.ts'
import type { FileRecord } from './records.ts'

/**
 * When each thing was first seen as it is now, by the monotonic clock of this process. Nothing of it is stored: a clock that
 * jumps, or a machine that slept, must not make a file look older than it was watched. What an earlier process left and this one
 * finds unchanged was at rest between the two: passes that end before it could be watched for long enough would never send it.
 */
export type Looks = {
  /** A look that found the file different: its rest begins now. */
  fileChanged(fileId: number): void
  dirChanged(dirId: number): void
  forget(fileId: number): void
  forgetDir(dirId: number): void
  /** ms that the file has been at rest; `local` lets an old ctime stand for the first of the two looks. */
  fileQuietMs(file: FileRecord, local: boolean): number
  /** ms that nothing in the directory changed, frames' ctimes included. */
  dirQuietMs(dirId: number, stamps: readonly FileStamp[], dirMtimeNs: string, local: boolean): number
  /** ms by the monotonic clock since a scan of this process; null for another process's. */
  sinceScanMs(scanId: number): number | null
  scanEnded(scanId: number): void
  /** Nothing asks any more when whole scans before this one ended. */
  forgetScansBefore(scanId: number): void
}

/** Whole scans that are remembered: a dozen folders make so many in two weeks, longer than any grace. */
const MOST_SCANS = 20_000

/**
 * @param clock both clocks: the monotonic one for looks, the wall clock to be set against ctimes
 * @param leftAtMs when the last look of an earlier process ended, ms since 1970; null: there was none. No monotonic clock lasts that long
 */
export function openLooks(clock: Clock, leftAtMs: number | null = null): Looks {
  const files = new Map<number, number>()
  const dirs = new Map<number, number>()
  const scans = new Map<number, number>()
  // Read once: a clock that is set while this process runs makes nothing older.
  const restedMs = leftAtMs === null ? 0 : Math.max(0, clock.wallMs() - leftAtMs)

  /** What changed in this process was noted then. */
  function since(times: Map<number, number>, id: number): number {
    const now = clock.monotonicMs()
    const first = times.get(id) ?? now - restedMs
    times.set(id, first)
    return now - first
  }
  /** Age by a ctime, ms; a ctime in the future says nothing. */
  function ageMs(ns: string): number {
    return Math.max(0, clock.wallMs() - Number(BigInt(ns) / 1_000_000n))
  }

  return {
    fileChanged: (fileId) => void files.set(fileId, clock.monotonicMs()),
    dirChanged: (dirId) => void dirs.set(dirId, clock.monotonicMs()),
    forget: (fileId) => void files.delete(fileId),
    forgetDir: (dirId) => void dirs.delete(dirId),
    fileQuietMs(file, local) {
      const watchedMs = since(files, file.id)
      return local ? Math.max(watchedMs, ageMs(file.stamp.ctimeNs)) : watchedMs
    },
    dirQuietMs(dirId, stamps, dirMtimeNs, local) {
      const watchedMs = since(dirs, dirId)
      if (!local) return watchedMs
      const youngestMs = Math.min(ageMs(dirMtimeNs), ...stamps.map((stamp) => ageMs(stamp.ctimeNs)))
      return Math.max(watchedMs, youngestMs)
    },
    sinceScanMs(scanId) {
      const ended = scans.get(scanId)
      return ended === undefined ? null : clock.monotonicMs() - ended
    },
    scanEnded(scanId) {
      scans.set(scanId, clock.monotonicMs())
      if (scans.size > MOST_SCANS) {
        const oldest = scans.keys().next().value
        if (oldest !== undefined) scans.delete(oldest)
      }
    },
    forgetScansBefore(scanId) {
      for (const id of scans.keys()) {
        if (id >= scanId) return
        scans.delete(id)
      }
    },
  }
}
