import { expect, test } from 'vitest'
import { openDeleteCall } from '../../src/encord/calls/deleteData.ts'
import { clientOptions, openTestRemote, ticketOf } from '../support/encordClient.ts'
import { realClock } from '../support/realClock.ts'
import { ok, openScriptedServer } from '../support/scriptedServer.ts'

const meta = ok({ title: 'k', resource_type: 'dataset' })
const registered = ok({ data_hash: 'h', title: 't' })
const ticket = ticketOf('https://store.example')

/** A clock whose hands only a test moves: what a busy machine takes between two calls is no idle time. */
function movedClock() {
  const [wallMs, monotonicMs] = [realClock.wallMs(), realClock.monotonicMs()]
  let movedMs = 0
  return {
    ...realClock,
    wallMs: () => wallMs + movedMs,
    monotonicMs: () => monotonicMs + movedMs,
    move(ms: number) {
      movedMs += ms
    },
  }
}

test('calls one after the other use one connection', async () => {
  await using server = await openScriptedServer()
  using client = openTestRemote(server.url)
  server.script(meta)
  for (let call = 0; call < 5; call += 1) await client.remote.keyMeta()
  expect(server.connections()).toBe(1)
})

test('register calls share a connection while they follow each other closely', async () => {
  await using server = await openScriptedServer()
  using client = openTestRemote(server.url, { clock: movedClock() })
  server.script(registered)
  for (let call = 0; call < 5; call += 1) await client.remote.registerVideo(ticket, 't')
  expect(server.connections()).toBe(1)
})

test('a register call never goes out on a connection that was idle for more than 2 s', async () => {
  await using server = await openScriptedServer()
  const clock = movedClock()
  using client = openTestRemote(server.url, { clock })
  server.script(registered)
  await client.remote.registerVideo(ticket, 't')
  clock.move(1_500)
  await client.remote.registerVideo(ticket, 't')
  expect(server.connections()).toBe(1)
  clock.move(2_100)
  await client.remote.registerVideo(ticket, 't')
  expect(server.connections()).toBe(2)
})

test('nor does a delete', async () => {
  await using server = await openScriptedServer()
  const clock = movedClock()
  const deleteRows = openDeleteCall(clientOptions(server.url, { clock }))
  server.script(ok(null))
  await deleteRows(['h'])
  clock.move(2_100)
  await deleteRows(['h'])
  expect(server.requests.map((request) => request.connection)).toEqual([1, 2])
})

test('no more connections are opened at a time than the limit says', async () => {
  await using server = await openScriptedServer()
  using client = openTestRemote(server.url, { limits: { maxSockets: 2 } })
  server.script(meta)
  await Promise.all(Array.from({ length: 10 }, () => client.remote.keyMeta()))
  expect(server.requests).toHaveLength(10)
  expect(server.connections()).toBe(2)
})
