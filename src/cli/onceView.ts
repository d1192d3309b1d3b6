import { displayName } from '../model/displayName.ts'
import type { Progress } from '../sync/engine.ts'
import { formatBytes, formatRate } from './text/bytes.ts'
import { cut } from './text/table.ts'
import { formatDuration } from './text/time.ts'

/** Bytes over time, for a rate that neither jumps nor lags: over the last five seconds. */
export type Pace = { readonly sentBytes: number; readonly atMs: number }
const PACE_WINDOW_MS = 5_000

/** Keeps the points that the rate is taken over. */
export function pacesWith(paces: readonly Pace[], point: Pace): readonly Pace[] {
  return [...paces.filter((one) => point.atMs - one.atMs <= PACE_WINDOW_MS), point]
}

/** Bytes a second over the window; null while there is too little to say. */
export function rateOf(paces: readonly Pace[]): number | null {
  const first = paces[0]
  const last = paces[paces.length - 1]
  if (first === undefined || last === undefined || last.atMs - first.atMs < 500 || last.sentBytes === first.sentBytes) return null
  return ((last.sentBytes - first.sentBytes) * 1_000) / (last.atMs - first.atMs)
}

const UPLOADS_SHOWN = 4

/** What a person watching sees, as lines; a function of a snapshot. @param width columns of the terminal */
export function progressLines(progress: Progress, rate: number | null, width: number): readonly string[] {
  return [
    ...progress.uploads.slice(0, UPLOADS_SHOWN).map((upload) => cut(uploadLine(upload), width)),
    ...(progress.uploads.length > UPLOADS_SHOWN ? [`  and ${progress.uploads.length - UPLOADS_SHOWN} more`] : []),
    cut(summaryLine(progress, rate), width),
  ]
}

function uploadLine({ path, sentBytes, sizeBytes }: Progress['uploads'][number]): string {
  const percent = sizeBytes === 0 ? 0 : Math.min(100, Math.floor((sentBytes * 100) / sizeBytes))
  return `  ${String(percent).padStart(3)} %  ${formatBytes(sentBytes).padStart(8)} of ${formatBytes(sizeBytes).padStart(8)}  ${displayName(path)}`
}

/** One line: what is going on, how much was sent, at what rate, what is left. */
export function summaryLine(progress: Progress, rate: number | null): string {
  const scanning = progress.folders.some((folder) => folder.scanning)
  const queued = progress.folders.reduce((sum, folder) => sum + folder.queued, 0)
  const waiting = progress.folders.reduce((sum, folder) => sum + folder.waiting, 0)
  const leftBytes =
    progress.folders.reduce((sum, folder) => sum + folder.queuedBytes, 0) +
    progress.uploads.reduce((sum, upload) => sum + Math.max(0, upload.sizeBytes - upload.sentBytes), 0)
  const parts = [
    scanning ? 'scanning' : progress.uploads.length > 0 ? 'uploading' : 'looking',
    `sent ${progress.sentUnits} (${formatBytes(progress.sentBytes)})`,
    ...(rate === null ? [] : [formatRate(rate)]),
    ...(queued > 0 ? [`queued ${queued}`] : []),
    ...(waiting > 0 ? [`waiting ${waiting}`] : []),
    ...(rate !== null && leftBytes > 0 ? [`${formatDuration(Math.ceil(leftBytes / rate) * 1_000)} left`] : []),
  ]
  return parts.join(' · ')
}
