import { createHash, createPublicKey, verify } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dicomBytes, slice } from '../support/dicomBytes.ts'
import { BOX_DATASET, BOX_KEY } from '../support/emulatorBox.ts'
import { openTestRemote } from '../support/encordClient.ts'
import { jpeg } from '../support/mediaVariants.ts'
import { CLOUD_DATASET, CLOUD_KEY, protocolBox } from '../support/protocolBox.ts'
import { openRecorder, type Recorded } from '../support/recorder.ts'
import { FIXTURES } from '../support/syncBox.ts'
import { DOCUMENT, type DocumentedCall, type Filled, NOTES } from './vendorDocument.ts'

/** A recorded request and the calls of the tables that it has the form of. */
type Judged = { readonly request: Recorded; readonly name: string; readonly fits: readonly DocumentedCall[]; readonly filled: Filled }

const ALL: readonly DocumentedCall[] = [...DOCUMENT, ...NOTES]
const resources: AsyncDisposable[] = []
let judged: readonly Judged[] = []

beforeAll(async () => {
  const one = await protocolBox()
  const recorder = await openRecorder(one.emulator.url)
  resources.push(recorder, one)
  const config = readFileSync(one.box.configFile, 'utf8')
    .replace(one.emulator.url, recorder.url)
    .replace('api_key:', 'settle: 100ms, group_settle: 100ms, dicomseries: true, api_key:')
  one.write('config.yaml', config)
  const put = (name: string, bytes: Uint8Array) => {
    const path = join(one.box.base, 'IN', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
  }
  const keys = await one.run('key', 'create', '--title', 'k')
  const made = await one.run('dataset', 'create', '--title', 'D', '--description', 'of May', '--storage', 'aws')
  const listed = await one.run('key', 'list')
  // A frame is staged alone where the call for many is refused.
  one.emulator.setFaults({ match: { call: 'PUT images', nth: 1 }, do: { kind: 'error', word: 'INVALID_ARGUMENTS_ERROR' } })
  put('dive.mp4', readFileSync(join(FIXTURES, 'plain.mp4')))
  put('site/dive.mov', readFileSync(join(FIXTURES, 'plain.mov')))
  put('still.jpg', jpeg('still'))
  for (const group of ['run-1', 'run-2']) for (const frame of [1, 2, 3]) put(`${group}/${frame}.jpg`, jpeg(`${group}/${frame}`))
  for (const number of [1, 2]) put(`ct/IM${number}`, dicomBytes(slice('1.2.7', number)))
  const sent = await one.run('once', '--wait', '30s')
  const info = await one.run('dataset', 'info')
  const cloud = ['--dataset', CLOUD_DATASET, '--api-key-file', one.write('cloud.key', CLOUD_KEY)]
  const integrations = await one.run('integrations', ...cloud)
  const files = one.write('files.json', JSON.stringify({ videos: [{ objectUrl: 's3://bucket/v.mp4' }] }))
  const added = await one.run('cloud', 'add', '--integration', 'bucket-1', ...cloud, files)
  const gone = await one.run(
    'delete',
    '--yes',
    ...one.emulator
      .rows()
      .slice(0, 2)
      .map((row) => row.data_hash),
  )
  using client = openTestRemote(recorder.url, { dataset: BOX_DATASET, apiKey: () => BOX_KEY })
  await client.remote.keyMeta()
  const ran = { keys, made, listed, sent, info, integrations, added, gone }
  for (const [what, { code, stderr }] of Object.entries(ran)) expect([what, code, code === 0 ? '' : stderr]).toEqual([what, 0, ''])
  judged = judge(recorder.recorded)
})

afterAll(async () => {
  for (const resource of resources) await resource[Symbol.asyncDispose]()
})

test.each(DOCUMENT)('$section: $call is made as the document shows it', (documented) => {
  const made = judged.filter(({ fits }) => fits.includes(documented))
  expect(made.length, `no request has the form of ${documented.call}`).toBeGreaterThan(0)
  for (const { request } of made) expectHeaders(request, documented)
})

test.each(NOTES)('$call is made as the protocol notes show it', (described) => {
  const made = judged.filter(({ fits }) => fits.includes(described))
  expect(made.length, `no request has the form of ${described.call}`).toBeGreaterThan(0)
  for (const { request } of made) expectHeaders(request, described)
})

test('nothing else is sent: each request is one of the document or of the notes, and of one only', () => {
  expect(judged.filter(({ fits }) => fits.length !== 1).map(({ name, request }) => `${name} ${request.body}`.slice(0, 500))).toEqual([])
  expect(judged.length).toBeGreaterThan(25)
})

test('every user call is signed by ed25519 over the SHA-256 of the very bytes that were sent', () => {
  const signed = judged.filter(({ request }) => request.path === '/public/user')
  expect(signed.length).toBe(3)
  for (const { request } of signed) {
    const header = headerOf(request, 'Authorization')
    expect(header).toMatch(/^[0-9a-f]{64}:[0-9a-f]{128}$/)
    expect(isSigned(header, request.body)).toBe(true)
    expect(isSigned(header, Buffer.concat([request.body, Buffer.from(' ')]))).toBe(false)
  }
})

test('a call of the document that was not made is found out', () => {
  const without = judged.filter(({ request }) => !request.body.includes('cloudintegration'))
  const missing = DOCUMENT.filter((documented) => !without.some(({ fits }) => fits.includes(documented)))
  expect(missing.map(({ call }) => call)).toEqual(['cloudintegration GET'])
})

function judge(recorded: readonly Recorded[]): Judged[] {
  const tickets = recorded.flatMap(({ path, answer }) => (path.startsWith('/bucket/') ? [] : ticketsIn(JSON.parse(answer.toString()))))
  return recorded.map((request) => {
    if (request.method === 'PUT') return judgePut(request, tickets)
    const { query_type, query_method, values, ...more } = JSON.parse(request.body.toString()) as Body
    const filled = filledFor(request, tickets, values.uid)
    const exact = Object.keys(more).length === 0 && Object.keys(values).sort().join() === 'payload,uid'
    const fits = ALL.filter(
      ({ call, request: line, uid, payload }) =>
        exact &&
        line === `${request.method} ${request.path}` &&
        call.startsWith(`${query_type} ${query_method}`) &&
        uid(values.uid, filled) &&
        payload(values.payload, filled),
    )
    return { request, name: `${query_type} ${query_method}`, fits, filled }
  })
}

type Body = { query_type: string; query_method: string; values: { uid: unknown; payload: unknown } }
type Ticket = Record<string, unknown> & { readonly signed_url: string; readonly data_hash: string }

function ticketsIn(answer: { response?: unknown }): Ticket[] {
  const found = Array.isArray(answer.response) ? answer.response : [answer.response]
  return found.filter((one): one is Ticket => typeof one === 'object' && one !== null && 'signed_url' in one)
}

/** The bytes go to the address of a ticket, as it was given: path and query. */
function judgePut(request: Recorded, tickets: readonly Ticket[]): Judged {
  const ticket = tickets.find(({ signed_url }) => signed_url.endsWith(request.path))
  const kind = `PUT ${kindOf(ticket)}`
  const fits = ticket === undefined ? [] : ALL.filter(({ call }) => call === kind)
  return { request, name: kind, fits, filled: { datasetId: '', apiKey: '', ticket: ticket ?? {} } }
}

function filledFor(request: Recorded, tickets: readonly Ticket[], uid: unknown): Filled {
  const isCloud = headerOf(request, 'ResourceID') === CLOUD_DATASET
  const datasetId = isCloud ? CLOUD_DATASET : BOX_DATASET
  const given = tickets.find(({ data_hash }) => data_hash === uid) ?? {}
  // The row's title is the path below the folder; the ticket's own is the file's name. These are the same for a file in the root.
  return { datasetId, apiKey: isCloud ? CLOUD_KEY : BOX_KEY, ticket: given }
}

/** Headers that any HTTP client sends by itself. */
const TRANSPORT = ['host', 'connection', 'content-length', 'user-agent', 'accept-encoding']

/** Names of headers have no case; none but these is sent, and none twice. */
function expectHeaders(request: Recorded, { authorization }: DocumentedCall): void {
  const named = request.headers.map(([name, value]) => [name.toLowerCase(), value] as const)
  const sent = Object.fromEntries(named.filter(([name]) => !TRANSPORT.includes(name)))
  const { filled } = judged.find((one) => one.request === request) as Judged
  const common = { 'content-type': 'application/json', accept: 'application/json' }
  if (authorization === 'key') expect(sent).toEqual({ ...common, resourceid: filled.datasetId, authorization: filled.apiKey })
  else if (authorization === 'signed') expect(sent).toEqual({ ...common, authorization: expect.any(String) })
  else expect(sent).toEqual({ 'content-type': TYPES[kindOf(filled.ticket)], accept: '*/*' })
  expect(new Set(named.map(([name]) => name)).size).toBe(named.length)
  expect(headerOf(request, 'Content-Length')).toBe(String(request.body.length))
}

const TYPES = { image: 'image/jpeg', video: 'application/octet-stream', dicom: 'application/dicom' } as const

/** What this test sends under that name. */
function kindOf(ticket: Readonly<Record<string, unknown>> | undefined): keyof typeof TYPES {
  const title = String(ticket?.['title'])
  if (title.startsWith('IM')) return 'dicom'
  return title.endsWith('.jpg') ? 'image' : 'video'
}

function headerOf({ headers }: Recorded, name: string): string {
  const found = headers.filter(([given]) => given.toLowerCase() === name.toLowerCase())
  return found.length === 1 ? (found[0]?.[1] ?? '') : ''
}

/** ed25519 in SubjectPublicKeyInfo: RFC 8410. */
function isSigned(header: string, body: Buffer): boolean {
  const [publicHex = '', signatureHex = ''] = header.split(':')
  const key = createPublicKey({ key: Buffer.from(`302a300506032b6570032100${publicHex}`, 'hex'), format: 'der', type: 'spki' })
  return verify(null, createHash('sha256').update(body).digest(), key, Buffer.from(signatureHex, 'hex'))
}
