import type { LookupFunction } from 'node:net'
import { describe, expect, test } from 'vitest'
import { addressKind } from '../../src/encord/addressKind.ts'
import { bodyOf, type ClientChanges, failureOf, openTestRemote, ticketOf } from '../support/encordClient.ts'
import { openScriptedServer, type Script } from '../support/scriptedServer.ts'
import { SELF_SIGNED } from '../support/selfSigned.ts'

const stored: Script = (response) => response.writeHead(200).end()
const PUBLIC_DOMAIN = 'https://api.example'
const body = () => bodyOf(Buffer.from('bytes'))
const failPut = async (domain: string, url: string, changes: ClientChanges = {}) => {
  using client = openTestRemote(domain, changes)
  return await failureOf(client.remote.put({ ...ticketOf(''), signed_url: url }, body(), 'image/jpeg'))
}
/** A resolver that gives these addresses for every name. */
const resolving =
  (...addresses: string[]): LookupFunction =>
  (_hostname, options, callback) => {
    const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    if (options.all === true) callback(null, all)
    else callback(null, all[0]?.address ?? '', all[0]?.family ?? 4)
  }

describe('an address is known for what it reaches', () => {
  test.each([
    ...['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1', '::127.0.0.1', '2002:7f00:1::'].map(
      (address) => [address, 'loopback'] as const,
    ),
    ...['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1'].map(
      (address) => [address, 'private'] as const,
    ),
    ...['255.255.255.255', '::', 'fe80::1', 'fe80::1%eth0', 'fd00::1', 'fec0::1', 'ff02::1', '::ffff:10.0.0.1', '::ffff:a9fe:a9fe'].map(
      (address) => [address, 'private'] as const,
    ),
    ...['64:ff9b::a00:1', '2002:c0a8:101::', 'not an address'].map((address) => [address, 'private'] as const),
    ...['8.8.8.8', '172.15.0.1', '172.32.0.1', '2a00:1450::1', '::ffff:8.8.8.8', '64:ff9b::808:808'].map(
      (address) => [address, 'public'] as const,
    ),
  ])('%s is %s', (address, kind) => {
    expect(addressKind(address)).toBe(kind)
  })
})

describe('a signed URL of a server on the internet', () => {
  test.each([
    'http://store.example/x',
    'http://127.0.0.1:1/x',
    'https://127.0.0.1:1/x',
    'https://localhost:1/x',
    'https://2130706433/x',
    'https://0x7f.1/x',
    'https://[::1]:1/x',
    'https://[::ffff:127.0.0.1]:1/x',
    'https://[::ffff:10.0.0.1]/x',
    'https://169.254.169.254/latest/meta-data',
    'https://10.1.2.3/x',
    'https://192.168.0.1./x',
    'https://[fe80::1]/x',
    'https://user:pass@store.example/x',
    'file:///etc/passwd',
    'ftp://store.example/x',
    'data:text/plain,x',
    'nonsense',
  ])('%s is refused before a byte leaves', async (url) => {
    const failure = await failPut(PUBLIC_DOMAIN, `${url}?token=SECRET`)
    expect(failure).toMatchObject({ kind: 'not-allowed', outcome: 'not-done' })
    expect(failure.message).not.toContain('SECRET')
  })

  test.each(['127.0.0.1', '::1', '10.0.0.1', '169.254.169.254', '::ffff:192.168.0.1'])(
    'a name that resolves to %s is refused, also beside a public address',
    async (address) => {
      await using store = await openScriptedServer({ tls: SELF_SIGNED })
      const url = `https://store.example:${store.port}/x?token=SECRET`
      for (const addresses of [[address], ['8.8.8.8', address]]) {
        const failure = await failPut(PUBLIC_DOMAIN, url, { lookup: resolving(...addresses) })
        expect(failure).toMatchObject({ kind: 'not-allowed', outcome: 'not-done' })
        expect(failure.message).toContain('encord.upload_hosts')
        expect(failure.message).not.toContain('SECRET')
      }
      expect(store.connections()).toBe(0)
    },
  )

  test('a private address is let through when upload_hosts names the host; a loopback one never', async () => {
    const changes = { uploadHosts: ['Store.Example', '10.255.255.1'], limits: { timeouts: { connectMs: 100 } } }
    const named = await failPut(PUBLIC_DOMAIN, 'https://store.example:1/x', { ...changes, lookup: resolving('10.255.255.1') })
    expect(named.kind).toBe('transient')
    expect((await failPut(PUBLIC_DOMAIN, 'https://10.255.255.1:1/x', changes)).kind).toBe('transient')
    expect((await failPut(PUBLIC_DOMAIN, 'http://10.255.255.1:1/x', changes)).kind).toBe('not-allowed')
    expect((await failPut(PUBLIC_DOMAIN, 'https://store.example:1/x', { ...changes, lookup: resolving('127.0.0.1') })).kind).toBe(
      'not-allowed',
    )
  })
})

describe('a signed URL of a server on loopback', () => {
  test('may be plain http to loopback, by address or by name, and nowhere else', async () => {
    await using store = await openScriptedServer()
    store.script(stored)
    using client = openTestRemote(store.url)
    for (const host of ['127.0.0.1', 'localhost']) {
      await client.remote.put(ticketOf(`http://${host}:${store.port}`), body(), 'image/jpeg')
    }
    expect(store.requests).toHaveLength(2)
    expect((await failPut(store.url, 'http://8.8.8.8/x')).kind).toBe('not-allowed')
    expect((await failPut(store.url, 'http://10.0.0.1/x')).kind).toBe('not-allowed')
    expect((await failPut(store.url, `http://localhost:${store.port}/x`, { lookup: resolving('10.0.0.1') })).kind).toBe('not-allowed')
  })
})

test('a company’s certificate file makes its servers trusted; one that cannot be used is named', async () => {
  const { mkdtemp, rm, writeFile } = await import('node:fs/promises')
  const { tmpdir } = await import('node:os')
  const { join } = await import('node:path')
  const dir = await mkdtemp(join(tmpdir(), 'encord-ca-'))
  const caFile = join(dir, 'ca.pem')
  await writeFile(caFile, SELF_SIGNED.cert)
  await using server = await openScriptedServer({ tls: SELF_SIGNED })
  server.script((response) => response.end(JSON.stringify({ status: 200, response: { title: 'k', resource_type: 'dataset' } })), stored)
  using client = openTestRemote(server.url, { caFile })
  await client.remote.keyMeta()
  await client.remote.put(ticketOf(server.url), body(), 'image/jpeg')
  expect(server.requests).toHaveLength(2)
  await writeFile(caFile, 'nothing')
  expect(() => openTestRemote(server.url, { caFile })).toThrow(expect.objectContaining({ name: 'UserError', exitCode: 2 }))
  await rm(dir, { recursive: true })
})
