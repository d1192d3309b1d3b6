import type { ServerResponse } from 'node:http'
import type { FaultAction } from './faults.ts'
import { writeJson } from './json.ts'

/** An answer ready to be sent. */
export type Answer = {
  readonly status: number
  readonly contentType: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  /** For the call log: 'ok' or what went wrong. */
  readonly word: string
}

export const JSON_TYPE = 'application/json'

/** Success of a call (protocol: envelope). */
export function okAnswer(response: unknown): Answer {
  return { status: 200, contentType: JSON_TYPE, body: writeJson({ status: 200, response: response ?? null }), word: 'ok' }
}

/** Failure of a call: still HTTP 200 (protocol: envelope). */
export function refusedAnswer(word: string, status: number, payload: unknown): Answer {
  return { status: 200, contentType: JSON_TYPE, body: JSON.stringify({ status, response: [word], payload: payload ?? null }), word }
}

/** Failure of the bucket, in the XML of S3-like stores. */
export function bucketError(status: number, code: string, message: string): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`
  return { status, contentType: 'application/xml', body, word: code }
}

/** Sends it, and waits until it left, or the caller did. */
export async function send(response: ServerResponse, answer: Answer): Promise<void> {
  if (response.destroyed || response.socket?.destroyed !== false) return
  response.writeHead(answer.status, {
    'Content-Type': answer.contentType,
    'Content-Length': Buffer.byteLength(answer.body),
    ...answer.headers,
  })
  await new Promise<void>((resolve) => {
    response.once('close', resolve)
    response.end(answer.body, () => resolve())
  })
}

/** A fault in the place of an answer. 'cut': the socket is destroyed; 'hang': nothing comes. */
export type Interruption = Answer | 'cut' | 'hang'

/** The first action that takes the answer's place at that moment; null: none. */
export function interruptionOf(actions: readonly FaultAction[], when: 'before' | 'after', bucket: boolean): Interruption | null {
  for (const action of actions) {
    if (!('when' in action) || action.when !== when) continue
    switch (action.kind) {
      case 'cut':
      case 'hang':
        return action.kind
      case 'html':
        return {
          status: 200,
          contentType: 'text/html',
          body: action.body ?? '<!doctype html><title>Sign in</title><h1>Proxy</h1>',
          word: 'html',
        }
      case 'error':
        if (bucket) return bucketError(action.status ?? 403, action.word, 'on request')
        return refusedAnswer(action.word, action.status ?? 400, action.payload ?? 'on request')
      case 'status':
        return statusAnswer(action)
    }
  }
  return null
}

function statusAnswer(action: Extract<FaultAction, { kind: 'status' }>): Answer {
  const retryAfter = action.retryAfter === undefined ? {} : { 'Retry-After': String(action.retryAfter) }
  return {
    status: action.status,
    contentType: 'text/plain',
    body: action.body ?? `status ${action.status} on request`,
    headers: { ...action.headers, ...retryAfter },
    word: `http ${action.status}`,
  }
}

/** Does what the interruption says. @returns what the call log keeps. */
export async function interrupt(
  response: ServerResponse,
  interruption: Interruption,
): Promise<{ httpStatus: number | null; answer: string }> {
  if (interruption === 'cut') {
    response.socket?.destroy()
    return { httpStatus: null, answer: 'cut' }
  }
  if (interruption === 'hang') return { httpStatus: null, answer: 'hang' }
  await send(response, interruption)
  return { httpStatus: interruption.status, answer: interruption.word }
}
