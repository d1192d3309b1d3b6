import { actionOf, type FaultAction } from './faults.ts'
import type { Row } from './records.ts'
import type { State } from './state.ts'

/** The rows a reader may see now, oldest first. With a listing lag: those of then, so removed ones are still there and new ones not yet. */
export function visibleRows(state: State, datasetHash: string, nowMs: number, faults: readonly FaultAction[]): Row[] {
  const atMs = nowMs - (actionOf(faults, 'listingLag')?.ms ?? 0)
  return [...state.rowsOf(datasetHash).values()].filter(
    (row) => row.createdAtMs <= atMs && (row.removedAtMs === null || row.removedAtMs > atMs),
  )
}

/** The live row, or undefined. */
export function liveRow(state: State, datasetHash: string, dataHash: string): Row | undefined {
  const row = state.rowsOf(datasetHash).get(dataHash)
  return row?.removedAtMs === null ? row : undefined
}
