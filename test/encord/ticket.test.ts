import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pairTickets } from '../../src/encord/ticket.ts'
import type { Ticket } from '../../src/model/remote.ts'
import { failureOf, openTestRemote, ticketOf } from '../support/encordClient.ts'
import { ok, openScriptedServer } from '../support/scriptedServer.ts'

const pair = (names: readonly string[], tickets: readonly Ticket[]) => pairTickets('signedimagesurl GET', names, tickets)
const ticketsFor = (names: readonly string[]) => names.map((name, place) => ticketOf('https://store.example', name, `h${place}`))
const hashes = (tickets: readonly Ticket[]) => tickets.map((ticket) => ticket.data_hash)
const names = fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { minLength: 2, maxLength: 20 })

describe('signed URLs for a batch of names', () => {
  test('pair in order, also when two names are equal', () => {
    fc.assert(
      fc.property(names, (asked) => {
        expect(hashes(pair(asked, ticketsFor(asked)))).toEqual(asked.map((_name, place) => `h${place}`))
      }),
    )
    expect(hashes(pair(['a', 'a', 'b'], ticketsFor(['a', 'a', 'b'])))).toEqual(['h0', 'h1', 'h2'])
  })

  test('in another order are paired by title when all names differ', () => {
    const shuffled = fc
      .uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, selector: (name) => name.normalize('NFC') })
      .chain((asked) => fc.tuple(fc.constant(asked), fc.shuffledSubarray(ticketsFor(asked), { minLength: asked.length })))
    fc.assert(
      fc.property(shuffled, ([asked, tickets]) => {
        expect(pair(asked, tickets).map((ticket) => ticket.title)).toEqual(asked)
      }),
    )
  })

  test('in another order with two equal names are refused', () => {
    const [a, again, b] = ticketsFor(['a', 'a', 'b'])
    if (!a || !again || !b) throw new Error('three tickets')
    expect(() => pair(['a', 'a', 'b'], [b, a, again])).toThrow(/do not match/)
  })

  test('that are short, long, strange, or the same twice are refused', () => {
    const [a, b, c] = ticketsFor(['a', 'b', 'c'])
    if (!a || !b || !c) throw new Error('three tickets')
    expect(() => pair(['a', 'b'], [a])).toThrow(/1 signed URLs came for 2 names/)
    expect(() => pair(['a', 'b'], [a, b, c])).toThrow(/3 signed URLs came for 2 names/)
    expect(() => pair(['a', 'b'], [a, c])).toThrow(/do not match/)
    expect(() => pair(['a', 'b'], [a, { ...b, data_hash: a.data_hash }])).toThrow(/twice/)
  })

  test('match their names in either Unicode form', () => {
    const tickets = ticketsFor(['b', 'e\u0301'])
    expect(hashes(pair(['\u00e9', 'b'], tickets))).toEqual(['h1', 'h0'])
  })
})

test('a batch that cannot be paired is asked for again later', async () => {
  await using server = await openScriptedServer()
  using client = openTestRemote(server.url)
  server.script(ok(ticketsFor(['a'])))
  expect(await failureOf(client.remote.imageTickets(['a', 'b']))).toMatchObject({ kind: 'transient', call: 'signedimagesurl GET' })
})

test('no name asks nothing; more names than one call may hold are refused', async () => {
  await using server = await openScriptedServer()
  using client = openTestRemote(server.url)
  expect(await client.remote.imageTickets([])).toEqual([])
  const many = Array.from({ length: 201 }, (_, place) => `${place}.jpg`)
  expect(await failureOf(client.remote.imageTickets(many))).toMatchObject({ kind: 'not-allowed', outcome: 'not-done' })
  expect(server.connections()).toBe(0)
})
