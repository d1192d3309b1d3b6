import { type Answer, JSON_TYPE, send } from './answer.ts'
import type { Exchange, Parts } from './exchange.ts'
import type { FaultRule } from './faults.ts'
import { writeJson } from './json.ts'
import { datasetReports } from './report.ts'
import { readCallBody } from './requestBody.ts'
import type { State } from './state.ts'

type Route = (parts: Parts, body: unknown) => unknown

/** What tests and people ask of the emulator itself. None of it is Encord's. */
const ROUTES: Readonly<Record<string, Route>> = {
  'GET /_emulator/state': ({ state }) => ({ datasets: datasetReports(state) }),
  'GET /_emulator/calls': ({ calls }) => ({ counts: calls.counts(), chunkedPuts: calls.chunkedPuts(), calls: calls.all() }),
  'DELETE /_emulator/calls': ({ calls }) => calls.reset(),
  'GET /_emulator/faults': ({ faults }) => faults.list(),
  'POST /_emulator/faults': ({ faults }, body) => faults.set((Array.isArray(body) ? body : [body]) as FaultRule[]),
  'DELETE /_emulator/faults': ({ faults }) => faults.clear(),
  'POST /_emulator/keys/revoke': ({ state }, body) => setRevoked(state, keyIn(body), true),
  'POST /_emulator/keys/restore': ({ state }, body) => setRevoked(state, keyIn(body), false),
}

/** Answers one request below `/_emulator/`. A POST must say that it is JSON, so that no web page can send one unasked. */
export async function handleControl(parts: Parts, { request, response }: Exchange, path: string): Promise<void> {
  const route = ROUTES[`${request.method} ${path}`]
  if (route === undefined)
    return send(response, problem(404, `no ${request.method} ${path} here; there are: ${Object.keys(ROUTES).join(', ')}`))
  if (request.method === 'POST' && !(request.headers['content-type'] ?? '').startsWith(JSON_TYPE)) {
    return send(response, problem(415, `Content-Type must be ${JSON_TYPE}`))
  }
  const body = await readCallBody(request)
  try {
    const result = route(parts, body.length === 0 ? null : JSON.parse(body.toString('utf8')))
    return await send(response, { status: 200, contentType: JSON_TYPE, body: writeJson(result ?? { ok: true }), word: 'ok' })
  } catch (error) {
    return send(response, problem(400, error instanceof Error ? error.message : String(error)))
  }
}

/** Revokes an API key, or gives it back. @throws Error when there is none */
export function setRevoked(state: State, apiKey: string, revoked: boolean): void {
  const key = state.apiKeys.get(apiKey)
  if (key === undefined) throw new Error('no such API key')
  state.commit([{ apiKey: { ...key, revoked } }])
}

function keyIn(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'api_key' in body && typeof body.api_key === 'string') return body.api_key
  throw new Error('the body must be {"api_key": "…"}')
}

function problem(status: number, message: string): Answer {
  return { status, contentType: JSON_TYPE, body: JSON.stringify({ error: message }), word: 'problem' }
}
