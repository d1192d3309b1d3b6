import { once } from 'node:events'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { isOwnHost } from '../../src/status/requestGuard.ts'
import { serveStatus } from '../../src/status/server.ts'
import { StatusBox, TOKEN } from '../support/statusBox.ts'

const PATHS = ['/', '/files', '/style.css', '/healthz', '/metrics', '/api/status', '/api/units', '/nowhere']

test('every answer carries the policy that lets a page load its own style and nothing else, and is stored nowhere', async () => {
  await using box = new StatusBox()
  await box.serve()
  const odd = [{ method: 'POST' }, { headers: { host: 'evil.example' } }]
  const answers = [...PATHS.map((path) => box.ask(path)), ...odd.map((options) => box.ask('/', options))]
  for (const { headers } of await Promise.all(answers)) {
    expect(headers).toMatchObject({
      'content-security-policy': "default-src 'none'; style-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    })
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  }
})

test('a request under another name is refused on every path, whatever it asks and with whatever token', async () => {
  await using box = new StatusBox()
  await box.serve()
  const hosts = [
    'evil.example',
    `evil.example:${box.port}`,
    '127.0.0.1',
    '127.0.0.1:1',
    `127.0.0.1.evil.example:${box.port}`,
    `10.0.0.1:${box.port}`,
  ]
  for (const host of hosts) {
    for (const path of PATHS) {
      const { status, body } = await box.ask(path, { headers: { host, authorization: `Bearer ${TOKEN}` } })
      expect([host, path, status]).toEqual([host, path, 421])
      expect(body).not.toContain('folder')
    }
  }
  for (const host of [`127.0.0.1:${box.port}`, `localhost:${box.port}`, `LOCALHOST:${box.port}`, `[::1]:${box.port}`]) {
    expect((await box.ask('/', { headers: { host } })).status).toBe(200)
  }
})

test.each([
  ['127.0.0.1:80', { host: '127.0.0.1', port: 80 }, true],
  ['localhost', { host: '127.0.0.1', port: 80 }, true],
  ['[::1]:9', { host: '::1', port: 9 }, true],
  ['nas.local:9', { host: 'NAS.local', port: 9 }, true],
  ['192.168.1.5:9', { host: '0.0.0.0', port: 9 }, true],
  ['[fe80::1]:9', { host: '::', port: 9 }, true],
  ['evil.example:9', { host: '0.0.0.0', port: 9 }, false],
  ['192.168.1.5:9', { host: '127.0.0.1', port: 9 }, false],
  ['', { host: '127.0.0.1', port: 80 }, false],
  ['user@localhost:9', { host: '127.0.0.1', port: 9 }, false],
  ['localhost:9:9', { host: '127.0.0.1', port: 9 }, false],
])('Host "%s" for %o is its own: %s', (header, bound, expected) => {
  expect(isOwnHost(header, bound)).toBe(expected)
})

test('only GET and HEAD are answered, with the token too; the rest is told where changes are made', async () => {
  await using box = new StatusBox()
  await box.serve()
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    for (const headers of [{}, { authorization: `Bearer ${TOKEN}` }]) {
      const answer = await box.ask('/api/deletes', { method, headers })
      expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
      expect(answer.body).toContain('use the command encord-sync')
    }
  }
  expect(await box.ask('/', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
})

test('an address in use stops the start, names the address and says what to do', async () => {
  await using box = new StatusBox()
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' ? address?.port : undefined
  await expect(box.serve(box.api(), { port: port ?? 0 })).rejects.toMatchObject({
    name: 'UserError',
    exitCode: 2,
    message: `the status page cannot be served on 127.0.0.1:${port}: another program listens there`,
    next: expect.stringMatching(/status\.listen/),
  })
  other.close()
  await once(other, 'close')
})

test('an address that this machine does not have is refused the same way', async () => {
  await using box = new StatusBox()
  await expect(box.serve(box.api(), { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
    exitCode: 2,
    message: 'the status page cannot be served on 192.0.2.1:0: this machine has no such address',
  })
})

test('after the close nothing listens, and the port is free at once', async () => {
  await using box = new StatusBox()
  const server = await box.serve()
  const { port } = box
  await server.close()
  await server.close()
  await expect(box.ask('/', { port })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await box.serve(box.api(), { port })
  expect((await box.ask('/healthz')).status).toBe(200)
})

test('many readers within a second are one look at the ledger; a failed look is not kept, and its words are not shown', async () => {
  await using box = new StatusBox()
  const api = box.api()
  let looks = 0
  let broken = true
  await box.serve({
    ...api,
    status: () => {
      looks++
      return broken ? Promise.reject(new Error('/in/private.mp4 is broken')) : api.status()
    },
  })
  const failed = await box.ask('/api/status')
  expect(failed.status).toBe(500)
  expect(failed.body).not.toContain('private')
  broken = false
  await Promise.all(['/api/status', '/metrics', '/', '/api/status'].map((path) => box.ask(path)))
  expect(looks).toBe(2)
  box.monotonicMs = 1_000
  await box.ask('/api/status')
  expect(looks).toBe(3)
})

const noIPv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'))
  ? ''
  : ' (skipped: this machine has no ::1)'

test.skipIf(noIPv6 !== '')(`the address of the page is one that a browser takes, in IPv6 too${noIPv6}`, async () => {
  await using box = new StatusBox()
  const server = await serveStatus(box.api(), {
    host: '::1',
    port: 0,
    token: TOKEN,
    wallMs: () => 0,
    monotonicMs: () => 0,
    idleMs: () => 0,
    ownFigures: () => ({ residentBytes: 0, heapUsedBytes: 0, resources: new Map() }),
  })
  expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+\/$/)
  expect((await fetch(server.url)).status).toBe(200)
  await server.close()
})
