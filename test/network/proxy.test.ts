import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openDeleteCall } from '../../src/encord/calls/deleteData.ts'
import { proxyFor, proxySecrets } from '../../src/network/proxy.ts'
import { postWebhook } from '../../src/notify/webhook.ts'
import { type ConnectProxy, openConnectProxy } from '../support/connectProxy.ts'
import { bodyOf, clientOptions, failureOf, openTestRemote, ticketOf } from '../support/encordClient.ts'
import { LAB_AUTHORITY, LAB_SERVER } from '../support/labCertificates.ts'
import { realClock } from '../support/realClock.ts'
import { type ScratchFolder, scratchFolder } from '../support/scratchFolder.ts'
import { json, ok, openScriptedServer, type ScriptedServer } from '../support/scriptedServer.ts'

const PASSWORD = 'SECRET-p@ss'
const DOMAIN = 'https://api.lab.example'
const META = { title: 'k', resource_type: 'dataset' }
let scratch: ScratchFolder
let caFile = ''

beforeEach(() => {
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy', 'NO_PROXY', 'no_proxy'])
    vi.stubEnv(name, '')
  scratch = scratchFolder()
  caFile = join(scratch.path, 'ca.pem')
  writeFileSync(caFile, LAB_AUTHORITY)
})

afterEach(() => {
  vi.unstubAllEnvs()
  scratch[Symbol.dispose]()
})

type Lab = AsyncDisposable & { readonly server: ScriptedServer; readonly proxy: ConnectProxy }

/** A server that only the proxy can find. */
async function lab(answer = 200): Promise<Lab> {
  const server = await openScriptedServer({ tls: LAB_SERVER })
  const proxy = await openConnectProxy(server.port, answer)
  return {
    server,
    proxy,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await server.close()
    },
  }
}

test.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])(
  'calls and PUTs go through the proxy of %s, by CONNECT, over kept connections',
  async (variable) => {
    await using one = await lab()
    vi.stubEnv(variable, `http://127.0.0.1:${one.proxy.port}`)
    using client = openTestRemote(DOMAIN, { caFile })
    one.server.script(ok(META))
    await client.remote.keyMeta()
    await client.remote.keyMeta()
    one.server.script(json({}))
    await client.remote.put(ticketOf('https://store.lab.example'), bodyOf(Buffer.from('bytes')), 'image/jpeg')
    expect(one.proxy.asked.map(({ target }) => target)).toEqual(['api.lab.example:443', 'store.lab.example:443'])
    expect(one.server.requests.map(({ method, path }) => `${method} ${path.split('?')[0]}`)).toEqual([
      'POST /public',
      'POST /public',
      'PUT /bucket/hash-1',
    ])
    expect(one.proxy.plain).toEqual([])
  },
)

test('a delete is not sent through a proxy that takes seconds to answer: what was seen before it may be so no more', async () => {
  const silent = createServer((socket) => socket.on('error', () => undefined))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`)
  // Two seconds are over at once, whatever is longer never.
  const sleep = (ms: number, signal?: AbortSignal) => realClock.sleep(ms <= 2_000 ? 0 : 600_000, signal)
  const options = { ...clientOptions(DOMAIN, { caFile, clock: { ...realClock, sleep } }), limits: { maxSockets: 1 } }
  const failure = await failureOf(openDeleteCall(options)(['h'], { signal: AbortSignal.timeout(5_000) }))
  expect(failure).toMatchObject({ kind: 'transient', outcome: 'not-done' })
  expect(failure.message).toContain('ETIMEDOUT')
  silent.close()
})

test('a proxy without a scheme is http, and its password reaches the proxy and nobody else', async () => {
  await using one = await lab()
  vi.stubEnv('HTTPS_PROXY', `lab:${encodeURIComponent(PASSWORD)}@127.0.0.1:${one.proxy.port}`)
  using client = openTestRemote(DOMAIN, { caFile })
  one.server.script(ok(META))
  await client.remote.keyMeta()
  expect(one.proxy.asked[0]?.authorization).toBe(`Basic ${Buffer.from(`lab:${PASSWORD}`).toString('base64')}`)
  expect(JSON.stringify(one.server.requests[0]?.headers)).not.toMatch(/proxy/i)
  expect(proxySecrets(process.env)).toContain(PASSWORD)
})

test('NO_PROXY names what is reached directly; so is this machine, whatever it says', async () => {
  vi.stubEnv('HTTPS_PROXY', 'http://proxy.lab.example:3128')
  vi.stubEnv('HTTP_PROXY', 'http://proxy.lab.example:3129')
  vi.stubEnv('NO_PROXY', 'direct.example,.internal.example')
  const proxies = [
    'https://api.encord.com',
    'http://a.example',
    'https://direct.example',
    'https://a.internal.example',
    'http://127.0.0.1:80',
    'http://[::1]:80',
  ]
  expect(proxies.map((url) => proxyFor(new URL(url))?.port ?? null)).toEqual(['3128', '3129', null, null, null, null])
  await using server = await openScriptedServer()
  using client = openTestRemote(server.url)
  server.script(ok(META))
  await client.remote.keyMeta()
})

test.each([
  [407, /the proxy wants a user name and a password: HTTPS_PROXY=/],
  [403, /the proxy lets nothing through to it \(HTTP 403\)/],
])('a proxy that answers %i: nothing was sent, what to do is said, and a DELETE is proven to be not done', async (answer, words) => {
  await using one = await lab(answer)
  vi.stubEnv('HTTPS_PROXY', `http://lab:SECRET@127.0.0.1:${one.proxy.port}`)
  const deleteRows = openDeleteCall(clientOptions(DOMAIN, { caFile }))
  const failure = await failureOf(deleteRows(['h1']))
  expect(failure).toMatchObject({ kind: 'transient', outcome: 'not-done', message: expect.stringMatching(words) })
  expect(failure.message).not.toContain('SECRET')
  expect([one.proxy.asked.length, one.server.requests.length]).toEqual([1, 0])
})

test('a proxy that is away: nothing was sent', async () => {
  vi.stubEnv('HTTPS_PROXY', 'http://lab:SECRET@127.0.0.1:9')
  const failure = await failureOf(openDeleteCall(clientOptions(DOMAIN, { caFile }))(['h1']))
  expect(failure).toMatchObject({
    outcome: 'not-done',
    message: expect.stringMatching(/the proxy cannot be used \(ECONNREFUSED\); see HTTPS_PROXY/),
  })
  expect(failure.message).not.toContain('SECRET')
})

test('through a proxy too, a server that the company’s authority does not know is refused, and nothing is sent', async () => {
  await using one = await lab()
  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${one.proxy.port}`)
  const failure = await failureOf(openDeleteCall(clientOptions(DOMAIN))(['h1']))
  expect(failure).toMatchObject({ outcome: 'not-done', message: expect.stringMatching(/encord\.ca_file or NODE_EXTRA_CA_CERTS/) })
  expect(one.server.requests).toEqual([])
})

test.each(['metadata.google.internal', 'nas', 'minio.local'])(
  'an object store that a proxy would find nearby is refused by its name: %s',
  async (host) => {
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:9')
    using client = openTestRemote(DOMAIN, { caFile })
    expect(await failureOf(client.remote.put(ticketOf(`https://${host}`), bodyOf(Buffer.from('x')), 'image/jpeg'))).toMatchObject({
      kind: 'not-allowed',
    })
    using wanted = openTestRemote(DOMAIN, { caFile, uploadHosts: [host] })
    expect(await failureOf(wanted.remote.put(ticketOf(`https://${host}`), bodyOf(Buffer.from('x')), 'image/jpeg'))).toMatchObject({
      kind: 'transient',
    })
  },
)

test('a webhook goes through the proxy as well', async () => {
  await using one = await lab(407)
  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${one.proxy.port}`)
  expect(await postWebhook('https://hooks.lab.example/T0ken', '{}', { clock: realClock })).toMatch(
    /^the webhook at hooks\.lab\.example .*the proxy wants a user name/,
  )
  expect(one.proxy.asked.map(({ target }) => target)).toEqual(['hooks.lab.example:443'])
})
