import type { ZodType } from 'zod'
import { EncordError } from '../model/error.ts'
import { parseExactly, stringifyExactly } from '../model/exactJson.ts'
import { errorWord, refusalKind } from './refusal.ts'

/** One call of the protocol as data: what is sent, what must come back, and how it may be sent. */
export type ApiCall<T> = {
  /** `query_type` and `query_method`: 'video PUT'. */
  readonly name: string
  readonly queryType: string
  readonly queryMethod: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly uid: unknown
  readonly payload: unknown
  /** Checks `response` of a successful answer. */
  readonly answer: ZodType<T>
  /** May be sent again when its outcome is unknown. */
  readonly repeatable: boolean
  /** A listing: it may take as long as it makes progress. */
  readonly large: boolean
  /** What it answers is given back later: whole numbers of any size are kept. */
  readonly exact: boolean
}

/** An answer is read up to this size; a listing of a million rows is larger than any other. */
const MAX_ANSWER_BYTES = 1_000_000
const MAX_LARGE_ANSWER_BYTES = 1_000_000_000

/** How many bytes of an answer are read. */
export function maxAnswerBytes(call: ApiCall<unknown>): number {
  return call.large ? MAX_LARGE_ANSWER_BYTES : MAX_ANSWER_BYTES
}

/** What a call is made of, with its name, "never repeat", "small answer" and "plain numbers" filled in. */
export function apiCall<T>(
  call: Pick<ApiCall<T>, 'queryType' | 'queryMethod' | 'uid' | 'payload' | 'answer'> & Partial<ApiCall<T>>,
): ApiCall<T> {
  return { name: `${call.queryType} ${call.queryMethod}`, repeatable: false, large: false, exact: false, ...call }
}

/** An HTTP answer, read whole. */
export type HttpAnswer = {
  readonly status: number
  readonly body: Buffer
  readonly date: string | null
  readonly retryAfterMs: number | null
}

/** The exact bytes of a call: serialised once, signed and sent. */
export function requestBody(call: ApiCall<unknown>): Buffer {
  return Buffer.from(
    stringifyExactly({ query_type: call.queryType, query_method: call.queryMethod, values: { uid: call.uid, payload: call.payload } }),
  )
}

/**
 * The `response` of a successful answer, checked. Success is the JSON `status`; the HTTP status alone proves nothing.
 * `onProtocol` is told when the answer is one of the protocol, of whatever status: a proxy's page is not the server speaking.
 * @throws EncordError by the error word; `transient` with outcome `unknown` for what is no such answer
 */
export function readAnswer<T>(call: ApiCall<T>, host: string, answer: HttpAnswer, onProtocol: () => void): T {
  const failed = (message: string, outcome: 'not-done' | 'unknown' = 'unknown') =>
    new EncordError('transient', { call: call.name, outcome, message, status: answer.status, retryAfterMs: answer.retryAfterMs })
  if (answer.status === 429) throw failed(`${host} asks to wait (HTTP 429)`, 'not-done')
  if (answer.status >= 300 && answer.status < 400) throw failed(`${host} redirects (HTTP ${answer.status}), which is not followed`)
  const envelope = parseEnvelope(answer.body, call.exact ? parseExactly : JSON.parse)
  if (envelope === null) throw failed(`${host} sent no answer of the protocol (HTTP ${answer.status})`)
  onProtocol()
  if (envelope.status !== 200) throw refusal(call, host, envelope, answer.retryAfterMs)
  if (answer.status >= 400) throw failed(`${host} answered HTTP ${answer.status}`)
  const parsed = call.answer.safeParse(envelope.response)
  if (parsed.success) return parsed.data
  const where = parsed.error.issues.slice(0, 3).map((issue) => issue.path.join('.') || 'response')
  throw failed(`${host} sent an answer of another shape (${where.join(', ')})`)
}

function parseEnvelope(body: Buffer, parse: (text: string) => unknown): { readonly status: number; readonly response: unknown } | null {
  try {
    const parsed = parse(body.toString('utf8'))
    if (typeof parsed !== 'object' || parsed === null || !('status' in parsed) || typeof parsed.status !== 'number') return null
    return { status: parsed.status, response: 'response' in parsed ? parsed.response : null }
  } catch {
    return null
  }
}

function refusal(call: ApiCall<unknown>, host: string, envelope: { status: number; response: unknown }, retryAfterMs: number | null) {
  const word = errorWord(envelope.response)
  const kind = refusalKind(word)
  const notDone = kind !== null || envelope.status === 429
  return new EncordError(kind ?? 'transient', {
    call: call.name,
    outcome: notDone ? 'not-done' : 'unknown',
    message: `${word ?? 'no error word'} (status ${envelope.status}) from ${host}`,
    word,
    status: envelope.status,
    retryAfterMs,
  })
}
