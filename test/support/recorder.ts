import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** One request exactly as it came over the wire, and what was answered. */
export type Recorded = {
  readonly method: string
  readonly path: string
  /** As they came: names with their case, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  readonly answer: Buffer
}

export type Recorder = AsyncDisposable & { readonly url: string; readonly recorded: readonly Recorded[] }

/**
 * Stands between a client and a server, and keeps every request. What it hands on names the server where the client named the recorder, and
 * the other way round, so that PUTs to signed URLs come through it too.
 */
export async function openRecorder(target: string): Promise<Recorder> {
  const recorded: Recorded[] = []
  let own = ''
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(incoming)
    const { status, headers, answer } = await forward(target, incoming, replaced(body, own, target))
    const shown = replaced(answer, target, own)
    recorded.push({ method: incoming.method ?? '', path: incoming.url ?? '', headers: pairs(incoming.rawHeaders), body, answer: shown })
    response.writeHead(status, { ...headers, 'content-length': shown.length }).end(shown)
  }
  const server = createServer((incoming, response) => void handle(incoming, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  own = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: own,
    recorded,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

type Forwarded = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly answer: Buffer }

function forward(target: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Forwarded> {
  const given = { ...headers, host: new URL(target).host, connection: 'close', 'content-length': String(body.length) }
  return new Promise((resolve, reject) => {
    const outgoing = request(`${target}${url}`, { method: method ?? 'GET', headers: given, agent: false }, (answered) => {
      const { date, 'content-type': type } = answered.headers
      const kept = { ...(date === undefined ? {} : { date }), ...(type === undefined ? {} : { 'content-type': type }) }
      buffer(answered).then((answer) => resolve({ status: answered.statusCode ?? 502, headers: kept, answer }), reject)
    })
    outgoing.on('error', reject).end(body)
  })
}

function replaced(bytes: Buffer, from: string, to: string): Buffer {
  return bytes.includes(from) ? Buffer.from(bytes.toString('utf8').replaceAll(from, to)) : bytes
}

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : []))
}
