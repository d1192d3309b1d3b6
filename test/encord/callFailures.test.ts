import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { openDeleteCall } from '../../src/encord/calls/deleteData.ts'
import type { Remote } from '../../src/sync/ports.ts'
import { clientOptions, failureOf, openTestRemote, ticketOf } from '../support/encordClient.ts'
import { cutOff, json, ok, openScriptedServer, page, type Script, word } from '../support/scriptedServer.ts'
import { SELF_SIGNED } from '../support/selfSigned.ts'

const ticket = ticketOf('https://store.example')
const register = (remote: Remote) => remote.registerVideo(ticket, 'a.jpg')

describe('what happens next follows from the error word', () => {
  test.each([
    ['AUTHENTICATION_ERROR', 'credentials', 'not-done'],
    ['AUTHORISATION_ERROR', 'credentials', 'not-done'],
    ['SSH_KEY_NOT_FOUND_ERROR', 'credentials', 'not-done'],
    ['DUPLICATE_SSH_KEY_ERROR', 'credentials', 'not-done'],
    ['OPERATION_NOT_ALLOWED', 'not-allowed', 'not-done'],
    ['METHOD_NOT_ALLOWED_ERROR', 'not-allowed', 'not-done'],
    ['UPLOAD_OPERATION_NOT_SUPPORTED_ERROR', 'not-allowed', 'not-done'],
    ['FILE_TYPE_NOT_SUPPORTED_ERROR', 'this-file', 'not-done'],
    ['FILE_SIZE_NOT_SUPPORTED_ERROR', 'this-file', 'not-done'],
    ['INVALID_ARGUMENTS_ERROR', 'this-file', 'not-done'],
    ['RESOURCE_NOT_FOUND_ERROR', 'look-first', 'not-done'],
    ['RESOURCE_EXISTS_ERROR', 'look-first', 'not-done'],
    ['UNKNOWN_ERROR', 'transient', 'unknown'],
    ['SOME_NEW_ERROR', 'transient', 'unknown'],
    ['toString', 'transient', 'unknown'],
  ])('%s inside HTTP 200 is %s, %s', async (name, kind, outcome) => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url)
    server.script(word(name, 401))
    expect(await failureOf(register(client.remote))).toMatchObject({ kind, outcome, call: 'video PUT' })
    expect(server.requests).toHaveLength(1)
  })

  test('a word alone, or with HTTP 4xx and 5xx around it, is read as well', async () => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url)
    server.script(json({ status: 403, response: 'OPERATION_NOT_ALLOWED' }), json({ status: 401, response: ['AUTHENTICATION_ERROR'] }, 500))
    expect(await failureOf(register(client.remote))).toMatchObject({ kind: 'not-allowed', word: 'OPERATION_NOT_ALLOWED' })
    expect(await failureOf(register(client.remote))).toMatchObject({ kind: 'credentials', outcome: 'not-done' })
  })
})

describe('a register call is sent once, and its error says whether it may have worked', () => {
  const ODD: readonly (readonly [string, Script, 'not-done' | 'unknown'])[] = [
    ['a page with HTTP 200', page(200), 'unknown'],
    ['a page with HTTP 502', page(502), 'unknown'],
    ['HTTP 429', page(429), 'not-done'],
    ['status 429 in the JSON', json({ status: 429, response: null }), 'not-done'],
    ['a connection that breaks before the answer', cutOff, 'unknown'],
    [
      'an answer that breaks off',
      (response) => response.writeHead(200, { 'content-length': '100' }).write('{"status":200', () => response.destroy()),
      'unknown',
    ],
    ['chunks that break off', (response) => response.writeHead(200).write('{"status":200', () => response.destroy()), 'unknown'],
    ['an answer that never ends', (response) => void response.writeHead(200).write('{"status":200'), 'unknown'],
    ['no answer at all', () => undefined, 'unknown'],
    ['an answer of another shape', ok({ hash: 'x' }), 'unknown'],
    ['status 200 in the JSON of an HTTP 500', json({ status: 200, response: { data_hash: 'x' } }, 500), 'unknown'],
    ['JSON that is no answer', json(['status']), 'unknown'],
    ['a status that is no number', json({ status: '200', response: {} }), 'unknown'],
    ['an answer larger than it may be', json({ status: 200, response: { data_hash: 'x', title: 'x'.repeat(1_100_000) } }), 'unknown'],
  ]
  /** What only a time limit ends; for the others a short one would end what a busy machine is about to answer. */
  const ENDLESS = new Set(['an answer that never ends', 'no answer at all'])
  test.each(ODD)('%s', async (name, script, outcome) => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url, ENDLESS.has(name) ? { limits: { timeouts: { callMs: 600, stallMs: 600 } } } : {})
    server.script(script)
    expect(await failureOf(register(client.remote))).toMatchObject({ kind: 'transient', outcome })
    expect(server.requests).toHaveLength(1)
  })

  test('a long answer that trickles is given up', async () => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url, { limits: { timeouts: { largeMs: 600 } } })
    server.script((response) => {
      const trickle = setInterval(() => response.write(' '), 50)
      response.once('close', () => clearInterval(trickle))
    })
    const call = client.remote.registerCloud({ integrationId: 'i', ignoreErrors: false, files: {} })
    expect(await failureOf(call)).toMatchObject({ kind: 'transient', outcome: 'unknown' })
    expect(server.requests).toHaveLength(1)
  })

  test('a redirect is not followed, and nothing of the call reaches its target', async () => {
    await using target = await openScriptedServer()
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url)
    for (const status of [301, 302, 303, 307, 308]) {
      server.script((response) => response.writeHead(status, { location: `${target.url}/public` }).end())
      expect(await failureOf(register(client.remote))).toMatchObject({ kind: 'transient', outcome: 'unknown' })
    }
    expect(target.connections()).toBe(0)
  })

  test('nobody listens: not done', async () => {
    const server = await openScriptedServer()
    await server.close()
    using client = openTestRemote(server.url)
    const failure = await failureOf(register(client.remote))
    expect(failure).toMatchObject({ kind: 'transient', outcome: 'not-done' })
    expect(failure.message).toContain('ECONNREFUSED')
  })

  test('a name that does not resolve: not done', async () => {
    using client = openTestRemote('https://nowhere.invalid')
    expect(await failureOf(register(client.remote))).toMatchObject({ kind: 'transient', outcome: 'not-done' })
  })

  test('a certificate that nobody vouches for: not done, and the way out is named', async () => {
    await using server = await openScriptedServer({ tls: SELF_SIGNED })
    using client = openTestRemote(server.url)
    const failure = await failureOf(register(client.remote))
    expect(failure).toMatchObject({ kind: 'transient', outcome: 'not-done' })
    expect(failure.message).toContain('encord.ca_file')
    expect(server.requests).toHaveLength(0)
  })

  test('a connection that ends during the TLS handshake: not done', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address() as { port: number }
    using client = openTestRemote(`https://127.0.0.1:${address.port}`)
    expect(await failureOf(register(client.remote))).toMatchObject({ kind: 'transient', outcome: 'not-done' })
    server.close()
  })

  test('a handshake that never ends: not done', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address() as { port: number }
    using client = openTestRemote(`https://127.0.0.1:${address.port}`, { limits: { timeouts: { connectMs: 200 } } })
    const failure = await failureOf(register(client.remote))
    expect(failure).toMatchObject({ kind: 'transient', outcome: 'not-done' })
    expect(failure.message).toContain('ETIMEDOUT')
    client.close()
    server.close()
  })

  test('the wish to stop ends a call; before it is sent, nothing is done', async () => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url)
    const stop = new AbortController()
    server.script(() => stop.abort())
    expect(await failureOf(client.remote.registerVideo(ticket, 'a', { signal: stop.signal }))).toMatchObject({ outcome: 'unknown' })
    expect(await failureOf(client.remote.registerVideo(ticket, 'a', { signal: stop.signal }))).toMatchObject({ outcome: 'not-done' })
    expect(server.requests).toHaveLength(1)
  })

  test('images, groups, titles, cloud data and deletes are sent once as well', async () => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url)
    server.script(page(503))
    const deleteRows = openDeleteCall(clientOptions(server.url))
    const calls = [
      () => client.remote.registerImage(ticket, 'a'),
      () => client.remote.createGroup(['f'], { title: 'g', createVideo: false }),
      () => client.remote.updateRow('h', { title: 't' }),
      () => client.cloud.add({ integrationId: 'i', ignoreErrors: false, files: {} }),
      () => deleteRows(['h']),
    ]
    for (const call of calls) expect(await failureOf(call())).toMatchObject({ kind: 'transient', outcome: 'unknown' })
    expect(server.requests).toHaveLength(calls.length)
  })
})

test('a refused delete of one row is not done; of several, some may be gone; a wrong key removed none', async () => {
  await using server = await openScriptedServer()
  const deleteRows = openDeleteCall(clientOptions(server.url))
  server.script(word('RESOURCE_NOT_FOUND_ERROR', 404))
  expect(await failureOf(deleteRows(['h']))).toMatchObject({ kind: 'look-first', outcome: 'not-done' })
  expect(await failureOf(deleteRows(['h', 'i']))).toMatchObject({ kind: 'look-first', outcome: 'unknown' })
  server.script(word('AUTHENTICATION_ERROR', 401))
  expect(await failureOf(deleteRows(['h', 'i']))).toMatchObject({ kind: 'credentials', outcome: 'not-done' })
})

describe('reads, tickets and staging are repeated a few times', () => {
  const meta = { title: 'k', resource_type: 'dataset' }

  test('an answer comes at the third attempt', async () => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url)
    server.script(page(503), cutOff, ok(meta))
    expect(await client.remote.keyMeta()).toEqual({ title: 'k', resourceType: 'dataset' })
    expect(server.requests).toHaveLength(3)
  })

  test('a fourth is not made', async () => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url)
    server.script(page(503))
    expect(await failureOf(client.remote.stageImages([ticket]))).toMatchObject({ kind: 'transient' })
    expect(server.requests).toHaveLength(3)
  })

  test('a refusal is not asked about twice', async () => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url)
    server.script(word('AUTHENTICATION_ERROR', 401))
    expect(await failureOf(client.remote.videoTicket('a.mp4'))).toMatchObject({ kind: 'credentials' })
    expect(server.requests).toHaveLength(1)
  })

  test('a long Retry-After is handed on, in seconds or as a date', async () => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url)
    server.script(page(429, { 'retry-after': '300' }))
    expect(await failureOf(client.remote.keyMeta())).toMatchObject({ retryAfterMs: 300_000, outcome: 'not-done' })
    server.script(page(503, { 'retry-after': new Date(Date.now() + 100_000).toUTCString() }))
    const failure = await failureOf(client.remote.keyMeta())
    expect(failure.retryAfterMs).toBeGreaterThan(90_000)
    expect(failure.retryAfterMs).toBeLessThanOrEqual(100_000)
    expect(server.requests).toHaveLength(2)
  })

  test('a row that is not there is null; a frame that is staged already is staged', async () => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url)
    server.script(word('RESOURCE_NOT_FOUND_ERROR', 404), word('RESOURCE_EXISTS_ERROR', 409))
    expect(await client.remote.row('h')).toBeNull()
    await client.remote.stageImage(ticket)
    expect(server.requests).toHaveLength(2)
  })

  test('a batch of which a frame is staged already is no staged batch', async () => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url)
    server.script(word('RESOURCE_EXISTS_ERROR', 409))
    expect(await failureOf(client.remote.stageImages([ticket]))).toMatchObject({ kind: 'look-first', outcome: 'not-done' })
  })

  test('a listing with one row that does not parse is no listing', async () => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url)
    const rows = [
      { data_hash: 'h1', data_title: 'a', data_type: 'VIDEO' },
      { data_title: 'b', data_type: 'VIDEO' },
    ]
    server.script(ok({ dataset_hash: 'd', title: 't', dataset_type: 'CORD_STORAGE', data_rows: rows }))
    expect(await failureOf(client.remote.listing({ clientMetadata: false }))).toMatchObject({ kind: 'transient' })
  })
})

describe('what is refused before anything is sent', () => {
  test.each(['', ' \n', 'two words', 'line\nbreak', 'schlüssel'])('the key %j', async (key) => {
    await using server = await openScriptedServer()
    using client = openTestRemote(server.url, { apiKey: () => key })
    expect(await failureOf(client.remote.keyMeta())).toMatchObject({ kind: 'credentials', outcome: 'not-done' })
    expect(server.connections()).toBe(0)
  })

  test('a key that cannot be read', async () => {
    using client = openTestRemote('https://nowhere.invalid', {
      apiKey: () => {
        throw new Error('ENOENT')
      },
    })
    expect(await failureOf(client.remote.keyMeta())).toMatchObject({ kind: 'credentials', outcome: 'not-done' })
  })

  test('a delete of nothing, of an empty hash, of more than 20', async () => {
    await using server = await openScriptedServer()
    const deleteRows = openDeleteCall(clientOptions(server.url))
    for (const hashes of [[], [''], Array.from({ length: 21 }, (_, index) => `h${index}`)]) {
      expect(await failureOf(deleteRows(hashes))).toMatchObject({ kind: 'not-allowed', outcome: 'not-done' })
    }
    expect(server.connections()).toBe(0)
  })

  test.each(['http://api.example', 'ftp://127.0.0.1', 'https://user:secret@api.example', 'nonsense'])('the domain %s', (domain) => {
    expect(() => openTestRemote(domain)).toThrow(expect.objectContaining({ name: 'UserError', exitCode: 2 }))
  })
})
