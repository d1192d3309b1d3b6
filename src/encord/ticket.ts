import { z } from 'zod'
import { EncordError } from '../model/error.ts'
import type { Ticket } from '../model/remote.ts'

/** A signed-URL object; unknown fields are kept, since the register call sends it back whole. */
export const ticketAnswer = z.looseObject({ data_hash: z.string().min(1), signed_url: z.string().min(1), title: z.string() })

/** How many names one `signedimagesurl` call may hold (the vendor's SDK asks for no more). */
export const MAX_TICKETS_PER_CALL = 200

/**
 * Pairs the answer of a batch with its names, in order. Two equal names pair by their place; an answer in another order is paired by
 * title when all names differ. Unicode forms of a name count as equal.
 * @throws EncordError `transient` when the answer is short, long, or cannot be paired
 */
export function pairTickets(call: string, names: readonly string[], tickets: readonly Ticket[]): readonly Ticket[] {
  const failed = (message: string) => new EncordError('transient', { call, outcome: 'unknown', message })
  if (tickets.length !== names.length) throw failed(`${tickets.length} signed URLs came for ${names.length} names`)
  if (new Set(tickets.map((ticket) => ticket.data_hash)).size !== tickets.length) throw failed('one data hash came twice')
  const [only] = tickets
  if (only !== undefined && tickets.length === 1) return [only]
  if (tickets.every((ticket, place) => form(ticket.title) === form(names[place] ?? ''))) return tickets
  const byTitle = new Map(tickets.map((ticket) => [form(ticket.title), ticket]))
  const paired = names.flatMap((name) => byTitle.get(form(name)) ?? [])
  if (new Set(paired).size !== names.length) throw failed('the titles of the signed URLs do not match the names')
  return paired
}

function form(title: string): string {
  return title.normalize('NFC')
}
