import type { LookupFunction } from 'node:net'
import type { Clock, Random } from '../model/clock.ts'
import type { EncordError } from '../model/error.ts'
import type { Bandwidth } from './bandwidth.ts'

/** One exchange over the network, as it ended; each attempt is one. Holds no secret: no key, no URL, no body. */
export type CallEvent = {
  /** 'video PUT', 'PUT signed URL' … */
  readonly call: string
  readonly tookMs: number
  /** null: it succeeded. */
  readonly error: EncordError | null
}

type Timeouts = {
  /** Until the connection stands. */
  readonly connectMs: number
  /** One call, from sending to the last byte of its answer. */
  readonly callMs: number
  /** The same for a call whose answer may be long: a listing of a million rows takes minutes, and an answer that trickles has no end. */
  readonly largeMs: number
  /** Longest time without any progress, for PUTs and listings. */
  readonly stallMs: number
}

export const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 15_000, callMs: 60_000, largeMs: 1_800_000, stallMs: 60_000 }

/** What every client of the protocol needs. */
export type ClientOptions = {
  /** `https://api.encord.com`; plain http only to loopback. */
  readonly domain: string
  readonly clock: Clock
  readonly random: Random
  readonly log?: ((event: CallEvent) => void) | undefined
  readonly limits: {
    /** Connections to the server, and as many to the object store. */
    readonly maxSockets: number
    readonly timeouts?: Partial<Timeouts> | undefined
  }
  /** PEM file of a company's certificate authority. */
  readonly caFile?: string | undefined
  /** Ends every call of the client. */
  readonly signal?: AbortSignal | undefined
}

/** What a client of one dataset needs besides. */
export type DatasetOptions = ClientOptions & {
  readonly dataset: string
  /** Read at each call, so that a new key works at once. Spaces and newlines around it do not matter. */
  readonly apiKey: () => string
}

export type RemoteOptions = DatasetOptions & {
  readonly limits: ClientOptions['limits'] & {
    readonly bandwidthBytesPerSecond?: number | null | undefined
    /** One limit for several datasets; wins over `bandwidthBytesPerSecond`. */
    readonly bandwidth?: Bandwidth | undefined
  }
  /** Object stores whose private addresses are wanted. */
  readonly uploadHosts: readonly string[]
  /** How the names of object stores are resolved; `dns.lookup` when absent. */
  readonly lookup?: LookupFunction | undefined
}
