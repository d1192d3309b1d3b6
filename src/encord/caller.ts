import type { CallOptions } from '../sync/ports.ts'
import { type Connections, openConnections, trustedCertificates } from './agents.ts'
import { logged } from './callLog.ts'
import { endpointUrl, parseDomain } from './domain.ts'
import { type ApiCall, maxAnswerBytes, readAnswer, requestBody } from './envelope.ts'
import { post } from './http.ts'
import { type ClientOptions, DEFAULT_TIMEOUTS } from './options.ts'
import { retryPolicy, withRetry } from './withRetry.ts'

/** Makes one call of the protocol; throws `EncordError`. */
export type Caller = <T>(call: ApiCall<T>, options?: CallOptions) => Promise<T>

type ServerTime = { readonly dateMs: number; readonly atMonotonicMs: number }

export type Endpoint = { readonly call: Caller; serverTime(): ServerTime | null; close(): void }

/** Only the key differs between a dataset's calls and a user's: `authorize` gives the headers for these exact bytes. */
type EndpointOptions = ClientOptions & {
  readonly path: '/public' | '/public/user'
  authorize(body: Buffer, call: string): Readonly<Record<string, string>>
}

/** A call that must not be repeated never leaves on a connection that was idle for longer: a reset there would be an unknown outcome for nothing. */
const FRESH_IDLE_MS = 2_000
/** Ordinary connections are closed after this much idle time. */
export const POOL_IDLE_MS = 30_000

/** The calls of one endpoint, wrapped: log outside the wire, retry outside the log. */
export function openEndpoint(options: EndpointOptions): Endpoint {
  const wire = openWire(options)
  return { ...wire, call: retrying(options, logging(options, wire.call)) }
}

function openWire(options: EndpointOptions): Endpoint {
  const { clock } = options
  const url = endpointUrl(parseDomain(options.domain), options.path)
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.limits.timeouts }
  const pool = openPool(options, POOL_IDLE_MS)
  const fresh = openPool(options, FRESH_IDLE_MS)
  let seen: ServerTime | null = null
  return {
    async call(call, callOptions) {
      const body = requestBody(call)
      const answer = await post(clock, {
        call: call.name,
        url,
        agent: (call.repeatable ? pool : fresh).agentFor(url),
        headers: { ...CALL_HEADERS, ...options.authorize(body, call.name) },
        body,
        maxAnswerBytes: maxAnswerBytes(call),
        deadline: { totalMs: call.large ? timeouts.largeMs : timeouts.callMs, stallMs: timeouts.stallMs },
        stops: [options.signal, callOptions?.signal],
      })
      return readAnswer(call, url.host, answer, () => {
        const dateMs = Date.parse(answer.date ?? '')
        if (!Number.isNaN(dateMs)) seen = { dateMs, atMonotonicMs: clock.monotonicMs() }
      })
    },
    serverTime: () => seen,
    close() {
      pool.close()
      fresh.close()
    },
  }
}

/** The headers of the vendor's document. */
const CALL_HEADERS = { 'Content-Type': 'application/json', Accept: 'application/json', 'User-Agent': 'encord-sync' }

function openPool(options: EndpointOptions, maxIdleMs: number): Connections {
  return openConnections({
    clock: options.clock,
    maxSockets: options.limits.maxSockets,
    connectTimeoutMs: options.limits.timeouts?.connectMs ?? DEFAULT_TIMEOUTS.connectMs,
    maxIdleMs,
    ca: options.caFile === undefined ? undefined : trustedCertificates(options.caFile),
  })
}

function logging(options: EndpointOptions, inner: Caller): Caller {
  return (call, callOptions) => logged(options, call.name, () => inner(call, callOptions))
}

function retrying(options: EndpointOptions, inner: Caller): Caller {
  const policy = retryPolicy(options.clock, options.random)
  return (call, callOptions) =>
    call.repeatable ? withRetry(policy, [options.signal, callOptions?.signal], () => inner(call, callOptions)) : inner(call, callOptions)
}
