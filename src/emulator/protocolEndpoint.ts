import { interrupt, interruptionOf, okAnswer, refusedAnswer, send } from './answer.ts'
import { callerOf, datasetFor } from './caller.ts'
import type { LoggedCall } from './callLog.ts'
import { operationFor } from './catalogue.ts'
import { dateHeader, type Exchange, newHash, type Parts } from './exchange.ts'
import { actionOf, type FaultAction, latencyMs } from './faults.ts'
import { readJson } from './json.ts'
import type { OperationContext } from './operation.ts'
import { Refusal } from './refusal.ts'
import { BodyTooLarge, readCallBody } from './requestBody.ts'

type Endpoint = '/public' | '/public/user'

/** What a body asks for (protocol: envelope). */
type Envelope = { readonly queryType: string; readonly queryMethod: string; readonly uid: unknown; readonly payload: unknown }

/** One call of the protocol: faults, identity, the operation, the answer. The effect is on disk before the answer leaves. */
export async function handleCall(parts: Parts, exchange: Exchange, endpoint: Endpoint): Promise<void> {
  const { request, response } = exchange
  const body = await readCallBody(request).catch((error: unknown) => error)
  if (isTooLarge(body)) return send(response, { status: 413, contentType: 'text/plain', body: body.message, word: 'too large' })
  if (!Buffer.isBuffer(body)) return
  const envelope = parseEnvelope(body)
  const entry = logStart(parts, exchange, endpoint, envelope, body)
  const faults = parts.faults.take({ call: entry.call, dataset: entry.dataset, uids: hashesIn(envelope), body: body.toString('utf8') })
  const waitMs = latencyMs(faults)
  if (waitMs > 0) await parts.sleep(waitMs)
  dateHeader(response, parts.now(), faults)
  const early = interruptionOf(faults, 'before', false)
  if (early !== null) return parts.calls.end(entry, await interrupt(response, early))
  const answer = answerTo(parts, exchange, endpoint, envelope, body, faults)
  const late = interruptionOf(faults, 'after', false)
  if (late !== null) return parts.calls.end(entry, await interrupt(response, late))
  if (actionOf(faults, 'listing')?.shape === 'cutShort') return parts.calls.end(entry, cutShort(exchange, answer.body))
  await send(response, answer)
  parts.calls.end(entry, { httpStatus: answer.status, answer: answer.word })
}

function answerTo(
  parts: Parts,
  exchange: Exchange,
  endpoint: Endpoint,
  envelope: Envelope | null,
  body: Buffer,
  faults: readonly FaultAction[],
) {
  try {
    return okAnswer(operate(parts, exchange, endpoint, envelope, body, faults))
  } catch (error) {
    if (error instanceof Refusal) return refusedAnswer(error.word, error.status, error.detail)
    return refusedAnswer('UNKNOWN_ERROR', 500, `the emulator failed: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function operate(
  parts: Parts,
  { request }: Exchange,
  endpoint: Endpoint,
  envelope: Envelope | null,
  body: Buffer,
  faults: readonly FaultAction[],
): unknown {
  const { state, settings } = parts
  const caller = callerOf(state, request.headers, body, endpoint)
  if (envelope === null) {
    throw new Refusal('INVALID_ARGUMENTS_ERROR', 'the body must be {"query_type", "query_method", "values": {"uid", "payload"}}')
  }
  const operation = operationFor(endpoint, envelope.queryType, envelope.queryMethod)
  const context: OperationContext = { state, caller, faults, nowMs: parts.now(), newHash, ...settings }
  if (operation.endpoint === '/public') {
    const dataset = datasetFor(state, caller, header(request.headers['resourceid']), operation.scope)
    return operation.run({ ...context, dataset }, envelope.uid, envelope.payload)
  }
  if (caller.kind !== 'user') throw new Refusal('AUTHENTICATION_ERROR', 'user calls are signed')
  return operation.run({ ...context, caller }, envelope.uid, envelope.payload)
}

function parseEnvelope(body: Buffer): Envelope | null {
  try {
    const { query_type, query_method, values } = readJson(body.toString('utf8')) as Readonly<Record<string, unknown>>
    if (typeof query_type !== 'string' || typeof query_method !== 'string') return null
    const { uid = null, payload = null } = (values ?? {}) as { readonly uid?: unknown; readonly payload?: unknown }
    return { queryType: query_type, queryMethod: query_method, uid, payload }
  } catch {
    return null
  }
}

function logStart(parts: Parts, { request }: Exchange, endpoint: Endpoint, envelope: Envelope | null, body: Buffer): LoggedCall {
  const entry = parts.calls.begin({
    call: envelope === null ? 'POST unreadable' : `${envelope.queryMethod} ${envelope.queryType}`,
    endpoint,
    query_type: envelope?.queryType ?? null,
    query_method: envelope?.queryMethod ?? 'POST',
    dataset: header(request.headers['resourceid']) ?? null,
    uid: envelope?.uid ?? null,
    payload: envelope?.payload ?? null,
    headers: request.headers,
  })
  entry.bodyBytes = body.length
  return entry
}

/** Every data_hash, name and title that the call speaks of. */
function hashesIn(envelope: Envelope | null): readonly string[] {
  const named = [envelope?.payload].flat().flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return []
    const { data_hash, title } = item as Readonly<Record<string, unknown>>
    return [data_hash, title]
  })
  return [envelope?.uid, ...named].flat().filter((uid): uid is string => typeof uid === 'string')
}

/** Half the body, though Content-Length promised all of it. */
function cutShort({ response }: Exchange, body: string): { httpStatus: number; answer: string } {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
  response.write(body.slice(0, Math.floor(body.length / 2)), () => response.socket?.destroy())
  return { httpStatus: 200, answer: 'cut short' }
}

function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

function isTooLarge(value: unknown): value is BodyTooLarge {
  return value instanceof BodyTooLarge
}
