import { Readable } from 'node:stream'
import type { RemoteOptions } from '../../src/encord/options.ts'
import { openRemote, type RemoteClient } from '../../src/encord/remote.ts'
import { EncordError } from '../../src/model/error.ts'
import type { Ticket } from '../../src/model/remote.ts'
import type { BodySource } from '../../src/sync/ports.ts'
import { realClock } from './realClock.ts'

export const DATASET = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'
/** Greppable: it must never be seen in an error. */
export const API_KEY = 'SECRET-api-key-lCuoabcdef'

export type ClientChanges = Partial<Omit<RemoteOptions, 'limits'>> & { limits?: Partial<RemoteOptions['limits']> }

/** Options for a client of a server on loopback: no jitter, short patience. */
export function clientOptions(domain: string, changes: ClientChanges = {}): RemoteOptions {
  const { limits, ...others } = changes
  return {
    domain,
    dataset: DATASET,
    apiKey: () => API_KEY,
    clock: realClock,
    random: () => 0,
    uploadHosts: [],
    limits: { maxSockets: 8, timeouts: { connectMs: 2_000, callMs: 5_000, stallMs: 5_000 }, ...limits },
    ...others,
  }
}

export function openTestRemote(domain: string, changes: ClientChanges = {}): RemoteClient & Disposable {
  const client = openRemote(clientOptions(domain, changes))
  return { ...client, [Symbol.dispose]: () => client.close() }
}

/** A ticket as the server gives it; the URL's token must never be seen in an error. */
export function ticketOf(storeUrl: string, title = 'a.jpg', dataHash = 'hash-1'): Ticket {
  return { data_hash: dataHash, signed_url: `${storeUrl}/bucket/${dataHash}?token=SECRET-signature`, title, file_link: `link/${dataHash}` }
}

/** Bytes as a source; counts how often it was opened. */
export function bodyOf(bytes: Buffer, sizeBytes = bytes.length): BodySource & { opened: number } {
  return {
    opened: 0,
    sizeBytes,
    open() {
      this.opened += 1
      return Readable.from(chunksOf(bytes), { objectMode: false })
    },
  }
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += 64 * 1024) yield bytes.subarray(start, start + 64 * 1024)
}

/** The `EncordError` that a call ends with; a call that succeeds, or throws something else, fails the test. */
export async function failureOf(call: Promise<unknown>): Promise<EncordError> {
  const result = await call.then(
    (value: unknown) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('error' in result && result.error instanceof EncordError) return result.error
  throw new Error(`expected an EncordError, got ${JSON.stringify(result)}`)
}
