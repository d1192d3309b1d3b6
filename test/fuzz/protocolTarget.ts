import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openDeleteCall } from '../../src/encord/calls/deleteData.ts'
import { EncordError, UserError } from '../../src/model/error.ts'
import type { DeleteCall, Remote } from '../../src/sync/ports.ts'
import { between, pick } from '../simulation/chance.ts'
import { API_KEY, bodyOf, clientOptions, DATASET, openTestRemote, ticketOf } from '../support/encordClient.ts'
import { mangle } from './mangle.ts'
import { type FuzzTarget, within } from './target.ts'

const TICKET = { data_hash: 'h1', signed_url: 'http://127.0.0.1:1/o?token=SECRET', title: 'a.jpg', file_link: 'l' }
const ROW = {
  data_hash: 'h1',
  data_title: 'a',
  data_type: 'VIDEO',
  created_at: '2024-05-01 10:20:30',
  file_size: 7,
  client_metadata: {},
  images_data: null,
}

/** Good answers, from which bad ones are made. */
const ANSWERS = [
  { status: 200, response: TICKET },
  { status: 200, response: [TICKET] },
  { status: 200, response: { data_hash: 'h1', title: 'a' } },
  { status: 200, response: [{ data_hash: 'h1', title: 'a' }] },
  { status: 200, response: { dataset_hash: DATASET, title: 'T', description: null, dataset_type: 'CORD_STORAGE', data_rows: [ROW, ROW] } },
  { status: 200, response: { title: 'k', resource_type: 'dataset' } },
  { status: 400, response: ['RESOURCE_NOT_FOUND_ERROR'] },
  { status: 401, response: ['AUTHENTICATION_ERROR'], payload: 'x' },
].map((answer) => Buffer.from(JSON.stringify(answer)))

const WORDS = [
  '"status":200',
  '"response":',
  'UNKNOWN_ERROR',
  'data_rows',
  '[[[[',
  '}}}}',
  '"__proto__":{"x":1}',
  '<html>',
  '\\ud800',
  '"data_hash":',
  ',,',
  '1E400',
  '{"a":',
]

/** How an answer leaves: its first line says so, the rest is the body. */
const MANNERS = [
  '200',
  '204',
  '301',
  '400',
  '401',
  '403',
  '404',
  '413',
  '429',
  '500',
  '502',
  '200 cut',
  '200 gzip',
  '200 html',
  '200 chunked-cut',
  '200 huge',
  '200 deep',
  '200 slow',
] as const

const CALLS: readonly ((remote: Remote, deletes: DeleteCall) => Promise<unknown>)[] = [
  (remote) => remote.keyMeta(),
  (remote) => remote.listing({ clientMetadata: true }),
  (remote) => remote.row('h1'),
  (remote) => remote.videoTicket('a.mp4'),
  (remote) => remote.imageTickets(['a.jpg', 'b.jpg']),
  (remote) => remote.registerImage(TICKET, 'a.jpg'),
  (remote) => remote.stageImages([TICKET]),
  (remote) => remote.createGroup(['h1'], { title: 'g', createVideo: true }),
  (remote) => remote.updateRow('h1', { title: 'b' }),
  (_remote, deletes) => deletes(['h1']),
]

/** Longer than the client's own patience. */
const LONGEST_MS = 30_000
const HUGE_BYTES = 4_000_000

type Clients = { readonly remote: Remote; readonly deletes: DeleteCall; close(): void }

/** Answers of the server: each call ends with a result or an EncordError, in time, and shows no secret. @param open the client that is fed */
export async function protocolTarget(open: (url: string) => Clients = realClients): Promise<FuzzTarget> {
  let answer: Buffer = ANSWERS[0] ?? Buffer.alloc(0)
  const server = createServer((incoming, response) => {
    incoming.resume()
    incoming.on('end', () => reply(response, incoming, answer))
  })
  server.on('connection', (socket) => socket.on('error', () => undefined))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clients = open(url)
  return {
    name: 'protocol',
    make: (random) =>
      Buffer.concat([Buffer.from(`${pick(random, MANNERS)} ${between(random, 0, CALLS.length)}\n`), mangle(random, ANSWERS, WORDS)]),
    async feed(input) {
      answer = input
      const nth = Number(/^.* (\d+)$/m.exec(input.toString('latin1').split('\n')[0] ?? '')?.[1] ?? 0)
      const call = CALLS[nth % (CALLS.length + 1)]
      const put = (remote: Remote): Promise<unknown> => remote.put(ticketOf(url), bodyOf(Buffer.from('bytes')), 'image/jpeg')
      await within(LONGEST_MS, 'the call', judged((call ?? put)(clients.remote, clients.deletes)))
    },
    async [Symbol.asyncDispose]() {
      clients.close()
      await closed(server)
    },
  }
}

function realClients(url: string): Clients {
  const limits = { maxSockets: 4, timeouts: { connectMs: 1_000, callMs: 1_000, stallMs: 500 } }
  const client = openTestRemote(url, { limits })
  return { remote: client.remote, deletes: openDeleteCall(clientOptions(url, { limits })), close: () => client.close() }
}

async function judged(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof EncordError) && !(error instanceof UserError)) throw error
    const shown = `${error.message} ${error instanceof EncordError ? (error.word ?? '') : ''}`
    if (shown.includes(API_KEY) || shown.includes('SECRET')) throw new Error('a secret is in the message', { cause: error })
  }
}

function reply(response: ServerResponse, incoming: IncomingMessage, input: Buffer): void {
  const end = input.indexOf('\n')
  const [status = '200', manner = ''] = input.subarray(0, Math.max(0, end)).toString('latin1').split(' ')
  const body = input.subarray(end + 1)
  const code = /^[2-5]\d\d$/.test(status) ? Number(status) : 200
  const head: Record<string, string> = { 'content-type': manner === 'html' ? 'text/html' : 'application/json' }
  switch (manner) {
    case 'cut':
      response.writeHead(code, { ...head, 'content-length': String(body.length + 10) })
      response.write(body, () => incoming.socket.destroy())
      return
    case 'gzip':
      response.writeHead(code, { ...head, 'content-encoding': 'gzip' }).end(body)
      return
    case 'chunked-cut':
      response.writeHead(code, head)
      response.write(body, () => incoming.socket.destroy())
      return
    case 'huge':
      response.writeHead(code, head)
      response.end(Buffer.concat([Buffer.from('{"status":200,"response":"'), Buffer.alloc(HUGE_BYTES, 'x'), body]))
      return
    case 'deep':
      response.writeHead(code, head).end(`{"status":200,"response":${'['.repeat(100_000)}${body.toString('latin1')}`)
      return
    case 'slow':
      response.writeHead(code, head)
      response.write(body.subarray(0, 10))
      response.end(body.subarray(10))
      return
    default:
      if (code >= 300 && code < 400) head['location'] = 'http://169.254.169.254/'
      response.writeHead(code, head).end(code === 204 ? undefined : body)
  }
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}
