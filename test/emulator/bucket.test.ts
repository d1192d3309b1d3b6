import { once } from 'node:events'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import { type EmulatorBox, emulatorBox } from '../support/emulatorBox.ts'
import { call, put, sentVideo, sha256, type WireTicket } from '../support/emulatorCalls.ts'

async function ticketFor(box: EmulatorBox, name: string): Promise<WireTicket> {
  return (await call(box, 'signedvideourl GET', name)).response
}

/** A PUT as Node sends it: chunked unless the headers have Content-Length. */
async function plainPut(url: string, headers: Record<string, string | number>, ...chunks: Buffer[]): Promise<number | undefined> {
  const sending = request(url, { method: 'PUT', headers, agent: false })
  for (const chunk of chunks) sending.write(chunk)
  sending.end()
  const [response] = await once(sending, 'response')
  response.resume()
  return response.statusCode
}

test('sized and chunked bodies are both stored, and told apart', async () => {
  await using box = await emulatorBox()
  const [sized, chunked] = [await ticketFor(box, 'sized.mp4'), await ticketFor(box, 'chunked.mp4')]
  const halves = [Buffer.alloc(300_000, 1), Buffer.alloc(300_000, 2)]
  expect(await plainPut(sized.signed_url, { 'Content-Length': 600_000, 'Content-Type': 'video/mp4' }, ...halves)).toBe(200)
  expect(await plainPut(chunked.signed_url, { 'Content-Type': 'image/png' }, ...halves)).toBe(200)
  for (const ticket of [sized, chunked]) await call(box, 'video PUT', ticket.data_hash, ticket)
  const content = { sha256: sha256(Buffer.concat(halves)), sizeBytes: 600_000 }
  expect(box.rows()).toMatchObject([
    { ...content, contentType: 'video/mp4' },
    { ...content, contentType: 'image/png' },
  ])
  expect([box.calls.count('PUT bucket'), box.calls.chunkedPuts()]).toEqual([2, 1])
})

test('a signed URL is dead after its time, with 403 and XML', async () => {
  let nowMs = 1_000_000
  await using box = await emulatorBox({ now: () => nowMs, urlLifeMs: 60_000 })
  const ticket = await ticketFor(box, 'a.mp4')
  nowMs += 59_999
  expect((await put(ticket, 'in time')).status).toBe(200)
  nowMs += 1
  const late = await put(ticket, 'too late')
  expect([late.status, late.headers.get('content-type'), await late.text()]).toEqual([
    403,
    'application/xml',
    expect.stringContaining('expired'),
  ])
})

test('a changed token, expiry, hash or dataset opens nothing', async () => {
  await using box = await emulatorBox()
  const { signed_url } = await ticketFor(box, 'a.mp4')
  const other = await ticketFor(box, 'b.mp4')
  const url = new URL(signed_url)
  const wrong = [
    signed_url.replace(/token=./, 'token=_-'),
    signed_url.replace(/expires=\d+/, 'expires=9999999999999'),
    `${url.origin}${new URL(other.signed_url).pathname}${url.search}`,
    signed_url.replace(box.dataset, 'bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee'),
    `${url.origin}/bucket/..%2f..%2fetc/passwd${url.search}`,
    `${url.origin}${url.pathname}`,
  ]
  for (const each of wrong) expect((await put({ ...other, signed_url: each }, 'x')).status).toBe(403)
  expect(await call(box, 'video PUT', other.data_hash, other)).toMatchObject({ response: ['RESOURCE_NOT_FOUND_ERROR'] })
})

test('a body that ends before its Content-Length is not stored', async () => {
  await using box = await emulatorBox()
  const ticket = await ticketFor(box, 'a.mp4')
  const sending = request(ticket.signed_url, { method: 'PUT', headers: { 'Content-Length': 1000 }, agent: false })
  const gone = once(sending, 'error')
  const arrived = box.emulator.until(() => box.calls.all().some((each) => each.call === 'PUT bucket' && each.answer !== null))
  sending.write(Buffer.alloc(500), () => sending.destroy(new Error('cut by the test')))
  await Promise.all([gone, arrived])
  expect(await call(box, 'video PUT', ticket.data_hash, ticket)).toMatchObject({ response: ['RESOURCE_NOT_FOUND_ERROR'] })
})

test('beyond the cap of disk use a PUT gets 507 and its word, and smaller ones go on', async () => {
  await using box = await emulatorBox({ maxBytes: 1000 })
  const ticket = await ticketFor(box, 'big.mp4')
  const full = await put(ticket, 'x'.repeat(1001))
  expect([full.status, await full.text()]).toEqual([507, expect.stringContaining('EmulatorStorageFull')])
  expect((await put(ticket, 'x'.repeat(1000))).status).toBe(200)
  expect((await put(await ticketFor(box, 'same content.mp4'), '')).status).toBe(200)
})

test('a later PUT to the same URL replaces what was not registered yet', async () => {
  await using box = await emulatorBox()
  const ticket = await sentVideo(box, 'a.mp4', 'first')
  await put(ticket, 'second')
  await call(box, 'video PUT', ticket.data_hash, ticket)
  await put(ticket, 'third')
  expect(box.rows()).toMatchObject([{ sha256: sha256('second') }])
})

test('the sizes of PNG, JPEG, WebP and BMP images are seen', async () => {
  await using box = await emulatorBox()
  const png = Buffer.alloc(24)
  png.write('\x89PNG\r\n\x1a\n', 'latin1')
  png.writeUInt32BE(640, 16)
  png.writeUInt32BE(480, 20)
  const jpeg = Buffer.from('ffd8ffe000040000ffc0000b0801e00280', 'hex')
  const webp = Buffer.alloc(30)
  webp.write('RIFF\x00\x00\x00\x00WEBPVP8X', 'latin1')
  webp.writeUIntLE(639, 24, 3)
  webp.writeUIntLE(479, 27, 3)
  const bmp = Buffer.alloc(26)
  bmp.write('BM', 'latin1')
  bmp.writeInt32LE(640, 18)
  bmp.writeInt32LE(-480, 22)
  for (const content of [png, jpeg, webp, bmp]) {
    const ticket: WireTicket = (await call(box, 'signedimagesurl GET', 'x')).response[0]
    await put(ticket, new Uint8Array(content))
    await call(box, 'singleimage POST', ticket.data_hash, ticket)
  }
  const { data_rows } = (await call(box, 'dataset GET')).response
  expect(data_rows.map((row: { width: number; height: number }) => [row.width, row.height])).toEqual(Array(4).fill([640, 480]))
})
