import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import type { CallEvent } from '../../src/encord/options.ts'
import { EncordError } from '../../src/model/error.ts'
import { API_KEY, bodyOf, type ClientChanges, failureOf, openTestRemote, ticketOf } from '../support/encordClient.ts'
import { cutOff, json, openScriptedServer, page, type Script, word } from '../support/scriptedServer.ts'
import { SELF_SIGNED } from '../support/selfSigned.ts'

const echoed = `${API_KEY} SECRET-signature`

/** Servers that fail in every way, and repeat the secrets that they were sent. */
const FAILURES: readonly (readonly [string, Script])[] = [
  ['an error word', word('AUTHENTICATION_ERROR', 401)],
  ['a word that is the key', json({ status: 401, response: [API_KEY], payload: echoed })],
  ['a page', (response) => response.writeHead(502, { 'retry-after': '600' }).end(`<html>${echoed}</html>`)],
  ['an answer of another shape', json({ status: 200, response: { [API_KEY]: echoed, token: echoed } })],
  ['a redirect', page(307, { location: `http://127.0.0.1:1/?token=SECRET-signature` })],
  ['a cut connection', cutOff],
  ['a cut answer', (response) => response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy())],
  ['HTTP 403', page(403)],
  ['no answer', () => undefined],
  ['garbage instead of HTTP', (response) => response.socket?.end(`${echoed}\r\n\r\n`)],
]

test.each(FAILURES)('no error and no event after %s holds the key, the signed URL or a body', async (_name, script) => {
  await using server = await openScriptedServer()
  const events: CallEvent[] = []
  using client = openTestRemote(server.url, quick({ log: (event) => events.push(event) }))
  const ticket = ticketOf(server.url)
  const calls = [
    () => client.remote.keyMeta(),
    () => client.remote.registerImage(ticket, 'a'),
    () => client.remote.listing({ clientMetadata: false }),
    () => client.remote.put(ticket, bodyOf(Buffer.from('bytes')), 'image/jpeg'),
    () => client.remote.put(ticket, bodyOf(Buffer.alloc(600_000)), 'image/jpeg'),
  ]
  server.script(script)
  // An object store that says HTTP 200 has taken the bytes, whatever its body says: a PUT may succeed here, a call never.
  const results = await Promise.all(calls.map((call) => call().catch((error: unknown) => error)))
  expect(results.slice(0, 3).every((result) => result instanceof EncordError)).toBe(true)
  expectNoSecret(results)
  expect(events.length).toBeGreaterThanOrEqual(calls.length)
  expectNoSecret(events)
})

test('no error from a place that cannot be reached holds one either', async () => {
  await using untrusted = await openScriptedServer({ tls: SELF_SIGNED })
  const dead = await openScriptedServer()
  await dead.close()
  for (const domain of [dead.url, untrusted.url, 'https://nowhere.invalid']) {
    using client = openTestRemote(domain, quick())
    expectNoSecret(await failureOf(client.remote.keyMeta()))
    expectNoSecret(await failureOf(client.remote.put(ticketOf(domain), bodyOf(Buffer.from('bytes')), 'image/jpeg')))
  }
})

test('each attempt is told with its call, its time and its error', async () => {
  await using server = await openScriptedServer()
  const events: CallEvent[] = []
  using client = openTestRemote(server.url, { log: (event) => events.push(event) })
  server.script(page(503), json({ status: 200, response: { title: 'k', resource_type: 'dataset' } }))
  await client.remote.keyMeta()
  expect(events).toMatchObject([
    { call: 'apikeymeta GET', error: { kind: 'transient' } },
    { call: 'apikeymeta GET', error: null },
  ])
  expect(events.every((event) => event.tookMs > 0)).toBe(true)
})

function quick(changes: ClientChanges = {}): ClientChanges {
  return { limits: { timeouts: { callMs: 100, stallMs: 100, connectMs: 1_000 } }, ...changes }
}

function expectNoSecret(value: unknown): void {
  const shown = inspect(value, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null })
  expect(shown).not.toMatch(/SECRET|token=/)
}
