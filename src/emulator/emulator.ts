import { setMaxListeners } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { bucketError, send } from './answer.ts'
import { openBlobs } from './blobs.ts'
import { handleBucket } from './bucketEndpoint.ts'
import { type CallLogView, type LoggedCall, openCallLog } from './callLog.ts'
import { handleControl, setRevoked } from './controlEndpoint.ts'
import { EMULATOR_HEADER, type Parts } from './exchange.ts'
import { type FaultControl, openFaults } from './faults.ts'
import { isOwnHost, listen, parseListen } from './listen.ts'
import { handleCall } from './protocolEndpoint.ts'
import { type DatasetReport, datasetReports, type RowReport, rowReports } from './report.ts'
import { type EmulatorSeed, plantSeed } from './seed.ts'
import { seededRandom } from './seededRandom.ts'
import { openState, type State } from './state.ts'

export type EmulatorOptions = {
  /** Loopback only: '127.0.0.1:0'. */
  readonly listen: string
  /** Created when it is not there; what it holds is kept across restarts. One emulator at a time. */
  readonly dataDir: string
  readonly seed?: EmulatorSeed
  /** ms since 1970. */
  readonly now?: () => number
  /** In [0, 1); decides faults with a probability. The default repeats itself from run to run. */
  readonly random?: () => number
  /** How a call waits that a fault delays; by the timer by default. Rejects when the signal stops it. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
  /** How long a signed URL lives; an hour by default. */
  readonly urlLifeMs?: number
  /** Cap of disk use; 20 GB by default. Above it a PUT gets 507 EmulatorStorageFull. */
  readonly maxBytes?: number
  /** Whether one frame may be in several groups; refused by default. */
  readonly shareFrames?: boolean
}

/** A running Encord server of one's own. Nothing in it is Encord's; every answer says so in `X-Encord-Emulator`. */
export type Emulator = {
  /** The value for `encord.domain`. */
  readonly url: string
  readonly faults: FaultControl
  readonly calls: CallLogView
  /** Live rows, oldest first, with checksums. */
  rows(datasetHash: string): readonly RowReport[]
  datasets(): readonly DatasetReport[]
  revokeKey(apiKey: string): void
  restoreKey(apiKey: string): void
  /** What lies in the bucket of a cloud integration from now on, by URL. */
  setObjects(integrationId: string, urls: readonly string[]): void
  /** Told of each call when it arrives (no answer yet) and when it ends; the returned function stops it. */
  onCall(listener: (call: LoggedCall) => void): () => void
  /** Resolves at once, or when a call that arrives or ends makes it true. */
  until(holds: () => boolean): Promise<void>
  /** Cuts open connections, and returns when nothing is written any more. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const HOUR_MS = 3_600_000
const DEFAULT_MAX_BYTES = 20_000_000_000

/** Starts it; resolves when it listens. @throws Error for a listen address that is not loopback, a bad seed, a damaged data directory */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const address = parseListen(options.listen)
  const state = openState(options.dataDir)
  try {
    const parts = assemble(options, state)
    plantSeed(state, options.seed ?? {}, parts.now())
    const running = new Set<Promise<void>>()
    const server = createServer((request, response) => {
      const work = handle(parts, request, response).finally(() => running.delete(work))
      running.add(work)
    })
    // a large upload may take hours
    server.requestTimeout = 0
    parts.settings.origin = await listen(server, address)
    return handleOf(parts, server, running)
  } catch (error) {
    state.close()
    throw error
  }
}

type Assembled = Parts & { readonly settings: { origin: string }; readonly stopping: AbortController }

function assemble(options: EmulatorOptions, state: State): Assembled {
  const now = options.now ?? Date.now
  const sleep = options.sleep ?? ((ms, signal) => delay(ms, undefined, { signal }))
  const stopping = new AbortController()
  // Every call that a fault delays waits on it.
  setMaxListeners(0, stopping.signal)
  const held = new Set([...state.objects.values()].flatMap(({ put }) => (put === null ? [] : [put.sha256])))
  return {
    state,
    stopping,
    now,
    blobs: openBlobs(options.dataDir, options.maxBytes ?? DEFAULT_MAX_BYTES, held),
    faults: openFaults(options.random ?? seededRandom(1)),
    calls: openCallLog(now),
    settings: { urlLifeMs: options.urlLifeMs ?? HOUR_MS, shareFrames: options.shareFrames ?? false, origin: '' },
    sleep: (ms) => sleep(ms, stopping.signal),
  }
}

async function handle(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader(EMULATOR_HEADER, '1')
  try {
    await route(parts, request, response)
  } catch (error) {
    if (response.headersSent || response.destroyed) response.socket?.destroy()
    else await send(response, bucketError(500, 'InternalError', error instanceof Error ? error.message : String(error)))
  }
}

async function route(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { origin } = parts.settings
  if (!isOwnHost(request.headers.host, origin)) return send(response, bucketError(421, 'MisdirectedRequest', 'Host is not this emulator'))
  const url = new URL(request.url ?? '/', origin)
  const exchange = { request, response }
  const path = url.pathname
  if (path === '/public' || path === '/public/user') {
    if (request.method === 'POST') return handleCall(parts, exchange, path)
    return send(response, bucketError(405, 'MethodNotAllowed', 'calls are POST'))
  }
  if (path.startsWith('/bucket/')) return handleBucket(parts, exchange, url)
  if (path.startsWith('/_emulator/')) return handleControl(parts, exchange, path)
  return send(
    response,
    bucketError(404, 'NotFound', 'this is the encord-sync emulator, not Encord: /public, /public/user, /bucket, /_emulator'),
  )
}

function handleOf(parts: Assembled, server: Server, running: ReadonlySet<Promise<void>>): Emulator {
  const { state, calls } = parts
  const close = async () => {
    if (parts.stopping.signal.aborted) return
    parts.stopping.abort()
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
    await Promise.allSettled(running)
    state.close()
  }
  return {
    url: parts.settings.origin,
    faults: parts.faults,
    calls,
    rows: (datasetHash) => rowReports(state, datasetHash),
    datasets: () => datasetReports(state),
    revokeKey: (apiKey) => setRevoked(state, apiKey, true),
    restoreKey: (apiKey) => setRevoked(state, apiKey, false),
    setObjects(integrationId, objects) {
      const integration = state.integrations.get(integrationId)
      if (integration === undefined) throw new Error(`no cloud integration ${integrationId}`)
      state.commit([{ integration: { ...integration, objects } }])
    },
    onCall: (listener) => calls.onChange(listener),
    until: (holds) => until(holds, (listener) => calls.onChange(listener)),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function until(holds: () => boolean, onChange: (listener: () => void) => () => void): Promise<void> {
  if (holds()) return Promise.resolve()
  return new Promise((resolve) => {
    const stop = onChange(() => {
      if (!holds()) return
      stop()
      resolve()
    })
  })
}
