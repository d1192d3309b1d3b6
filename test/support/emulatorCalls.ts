import { createHash } from 'node:crypto'
import type { EmulatorBox } from './emulatorBox.ts'

/** The signed-URL object. */
export type WireTicket = { signed_url: string; data_hash: string; title: string; file_link: string }

/** What a test uploads. */
export type Content = string | Uint8Array<ArrayBuffer>

/** What the protocol answers, unread. */
// biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
export type WireAnswer = { status: number; response: any; payload?: unknown }

export const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The body of a call, as the vendor's document has it. */
export function wireBody(query_type: string, query_method: string, uid: unknown, payload: unknown = null): string {
  return JSON.stringify({ query_type, query_method, values: { uid, payload } })
}

/** The HTTP answer to one dataset call, over a connection of its own. */
export function rawCall(box: EmulatorBox, body: string, headers: Record<string, string> = {}, path = '/public'): Promise<Response> {
  return fetch(`${box.url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ResourceID: box.dataset, Authorization: box.key, Connection: 'close', ...headers },
    body,
  })
}

/** One dataset call by the box's key: `call(box, 'video PUT', hash, ticket)`. */
export async function call(box: EmulatorBox, name: string, uid: unknown = null, payload: unknown = null): Promise<WireAnswer> {
  const [type = '', method = ''] = name.split(' ')
  return (await (await rawCall(box, wireBody(type, method, uid, payload))).json()) as WireAnswer
}

export async function put(ticket: WireTicket, body: Content, contentType = 'application/octet-stream'): Promise<Response> {
  return fetch(ticket.signed_url, { method: 'PUT', body, headers: { 'Content-Type': contentType, Connection: 'close' } })
}

/** A ticket whose bytes are in the bucket, not yet registered. */
export async function sentVideo(box: EmulatorBox, name: string, content: Content = name): Promise<WireTicket> {
  const ticket: WireTicket = (await call(box, 'signedvideourl GET', name)).response
  await put(ticket, content)
  return ticket
}

/** Tickets for images whose bytes are in the bucket; the content is the name unless given. */
export async function sentImages(
  box: EmulatorBox,
  names: readonly string[],
  content: (name: string) => Content = (name) => name,
): Promise<WireTicket[]> {
  const tickets: WireTicket[] = (await call(box, 'signedimagesurl GET', names)).response
  for (const ticket of tickets) await put(ticket, content(ticket.title), 'image/png')
  return tickets
}

/** A registered video. */
export async function registeredVideo(box: EmulatorBox, name: string): Promise<WireTicket> {
  const ticket = await sentVideo(box, name)
  await call(box, 'video PUT', ticket.data_hash, ticket)
  return ticket
}
