import type { Agent } from 'node:http'
import type { Readable } from 'node:stream'
import fetch, { type Response } from 'node-fetch'
import type { Clock } from '../model/clock.ts'
import { EncordError } from '../model/error.ts'
import { type DeadlineLimits, startDeadline } from './deadline.ts'
import type { HttpAnswer } from './envelope.ts'
import { networkFailure, stoppedBeforeSending } from './networkFailure.ts'
import { retryAfterMs } from './retryAfter.ts'

/** One POST of a call. */
type Post = {
  readonly call: string
  readonly url: URL
  readonly agent: Agent
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly maxAnswerBytes: number
  readonly deadline: DeadlineLimits
  readonly stops: readonly (AbortSignal | undefined)[]
}

/**
 * Sends a call and reads its answer whole, within its limits of time and size. Redirects come back as they are.
 * @throws EncordError `transient` with the outcome; never retries
 */
export async function post(clock: Clock, request: Post): Promise<HttpAnswer> {
  const { call, url, agent, headers, body } = request
  if (request.stops.some((stop) => stop?.aborted)) throw stoppedBeforeSending(call)
  const deadline = startDeadline(clock, request.deadline, request.stops)
  try {
    const response = await fetch(url.href, { method: 'POST', agent, headers, body, redirect: 'manual', signal: deadline.signal })
    deadline.progress()
    const answer = await readBody(response, request.maxAnswerBytes, deadline.progress)
    if (answer === null) throw tooLarge(call, url.host, request.maxAnswerBytes)
    return {
      status: response.status,
      body: answer,
      date: response.headers.get('date'),
      retryAfterMs: retryAfterMs(response.headers.get('retry-after'), clock.wallMs()),
    }
  } catch (thrown) {
    throw networkFailure({ call, host: url.host, cause: deadline.cause() }, thrown)
  } finally {
    deadline.end()
  }
}

/** An answer's body, or null when it is larger than `maxBytes`; the connection is given up then. */
export async function readBody(response: Response, maxBytes: number, onProgress: () => void): Promise<Buffer | null> {
  const body = bodyStream(response)
  if (body === null) return Buffer.alloc(0)
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of body) {
    onProgress()
    sizeBytes += chunk.length
    if (sizeBytes > maxBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, sizeBytes)
}

/** Gives up an answer without reading it. */
export function dropBody(response: Response): void {
  ;(bodyStream(response) as Readable | null)?.destroy()
}

/** node-fetch emits `error` on the body when it is aborted, also before anyone reads it: without a listener that would end the process. */
function bodyStream(response: Response): AsyncIterable<Buffer> | null {
  const body = response.body as Readable | null
  body?.on('error', () => undefined)
  return body
}

function tooLarge(call: string, host: string, maxBytes: number): EncordError {
  return new EncordError('transient', { call, outcome: 'unknown', message: `the answer of ${host} is larger than ${maxBytes} bytes` })
}
