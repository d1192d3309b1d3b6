import type { RemoteRow } from '../model/remote.ts'
import type { OperationRecord } from './records.ts'

/** Room for two clocks, ms. */
const CLOCK_ROOM_MS = 300_000

/**
 * Do our clock and the server's agree as the call is made? If not, one of the two is wrong, and so may be the time of a row that it made.
 * A server that told no time is believed.
 */
export function isTimed({ serverTimeMs, beganMs }: OperationRecord): boolean {
  return serverTimeMs === null || Math.abs(serverTimeMs - beganMs) <= CLOCK_ROOM_MS
}

/** May a row have come about by this call? By the earlier of the server's clock and ours; where no time is told, it may. */
export function madeSince({ serverTimeMs, beganMs }: OperationRecord): (row: RemoteRow) => boolean {
  const sinceMs = Math.min(serverTimeMs ?? beganMs, beganMs) - CLOCK_ROOM_MS
  return ({ createdAtMs }) => createdAtMs === null || createdAtMs >= sinceMs
}
