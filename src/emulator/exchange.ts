import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Blobs } from './blobs.ts'
import type { CallLog } from './callLog.ts'
import { actionOf, type FaultAction, type FaultBook } from './faults.ts'
import type { State } from './state.ts'

/** The parts that every request is handled with. */
export type Parts = {
  readonly state: State
  readonly blobs: Blobs
  readonly faults: FaultBook
  readonly calls: CallLog
  readonly settings: { readonly urlLifeMs: number; readonly shareFrames: boolean; readonly origin: string }
  /** ms since 1970. */
  now(): number
  sleep(ms: number): Promise<void>
}

/** One request and its answer. */
export type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

/** The header that tells that this is not Encord. */
export const EMULATOR_HEADER = 'X-Encord-Emulator'

/** The `Date` header, from the emulator's clock and a skew on request. */
export function dateHeader(response: ServerResponse, nowMs: number, faults: readonly FaultAction[]): void {
  response.setHeader('Date', new Date(nowMs + (actionOf(faults, 'dateSkew')?.ms ?? 0)).toUTCString())
}

export function newHash(): string {
  return randomUUID()
}
