import type { RemoteRow } from '../model/remote.ts'
import type { OperationRecord } from './records.ts'

/** Room for two clocks, ms. */
const CLOCK_ROOM_MS = 300_000

/** May a row have come about by this call? By the earlier of the server's clock and ours; where no time is told, it may. */
export function madeSince({ serverTimeMs, beganMs }: OperationRecord): (row: RemoteRow) => boolean {
  const sinceMs = Math.min(serverTimeMs ?? beganMs, beganMs) - CLOCK_ROOM_MS
  return ({ createdAtMs }) => createdAtMs === null || createdAtMs >= sinceMs
}
