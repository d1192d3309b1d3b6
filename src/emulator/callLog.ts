import type { IncomingHttpHeaders } from 'node:http'

/** One call as it arrived, and what it was answered. Holds no secret: credentials and signed URLs are replaced. */
export type LoggedCall = {
  readonly seq: number
  readonly atMs: number
  /** 'PUT video', 'GET dataset', 'PUT bucket': the method first. */
  readonly call: string
  readonly endpoint: '/public' | '/public/user' | '/bucket'
  readonly query_type: string | null
  readonly query_method: string
  readonly dataset: string | null
  readonly uid: unknown
  readonly payload: unknown
  readonly headers: Readonly<Record<string, string>>
  /** Bytes of the request's body; null until they were read. */
  bodyBytes: number | null
  /** HTTP status of the answer; null: none (the connection was cut). */
  httpStatus: number | null
  /** 'ok', an error word, or what else became of it; null while it runs. */
  answer: string | null
  endedAtMs: number | null
}

/** What tests and the control plane read. */
export type CallLogView = {
  all(): readonly LoggedCall[]
  /** How many calls of that name arrived ('PUT video', 'PUT bucket'). Cut and refused ones count. */
  count(call: string): number
  counts(): Readonly<Record<string, number>>
  /** PUTs to the bucket that carried no Content-Length. */
  chunkedPuts(): number
  reset(): void
}

type CallStart = Pick<LoggedCall, 'call' | 'endpoint' | 'query_type' | 'query_method' | 'dataset' | 'uid' | 'payload'> & {
  readonly headers: IncomingHttpHeaders
}

export type CallLog = CallLogView & {
  begin(start: CallStart): LoggedCall
  end(entry: LoggedCall, result: { httpStatus: number | null; answer: string }): void
  /** Told of each call when it arrives and when it ends; the returned function stops it. */
  onChange(listener: (entry: LoggedCall) => void): () => void
}

/** The log forgets its oldest calls beyond this; the counters do not. */
const KEPT_CALLS = 50_000
const REMOVED = '[removed]'
const SECRET_HEADERS = new Set(['authorization', 'cookie', 'proxy-authorization'])

export function openCallLog(now: () => number): CallLog {
  let calls: LoggedCall[] = []
  let seq = 0
  let chunked = 0
  const counts = new Map<string, number>()
  const listeners = new Set<(entry: LoggedCall) => void>()
  const tell = (entry: LoggedCall) => {
    for (const listener of listeners) listener(entry)
  }
  return {
    all: () => calls,
    count: (call) => counts.get(call) ?? 0,
    counts: () => Object.fromEntries(counts),
    chunkedPuts: () => chunked,
    reset() {
      calls = []
      chunked = 0
      counts.clear()
    },
    begin(start) {
      seq += 1
      const headers = withoutSecrets(start.headers)
      const payload = withoutSignedUrls(start.payload)
      const entry: LoggedCall = {
        ...start,
        seq,
        atMs: now(),
        headers,
        payload,
        bodyBytes: null,
        httpStatus: null,
        answer: null,
        endedAtMs: null,
      }
      calls.push(entry)
      if (calls.length > KEPT_CALLS) calls.shift()
      counts.set(entry.call, (counts.get(entry.call) ?? 0) + 1)
      if (entry.call === 'PUT bucket' && !('content-length' in headers)) chunked += 1
      tell(entry)
      return entry
    },
    end(entry, result) {
      Object.assign(entry, result, { endedAtMs: now() })
      tell(entry)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function withoutSecrets(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) kept[name] = SECRET_HEADERS.has(name) ? REMOVED : String(value)
  return kept
}

function withoutSignedUrls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSignedUrls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, name === 'signed_url' ? REMOVED : withoutSignedUrls(field)]),
  )
}
