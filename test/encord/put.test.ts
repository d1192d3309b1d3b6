import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { openBandwidth } from '../../src/encord/bandwidth.ts'
import type { BodySource } from '../../src/sync/ports.ts'
import { API_KEY, bodyOf, failureOf, openTestRemote, ticketOf } from '../support/encordClient.ts'
import { manualClock } from '../support/manualClock.ts'
import { cutOff, openScriptedServer, page, type Script } from '../support/scriptedServer.ts'

const MIB = 1024 * 1024
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const stored: Script = (response) => response.writeHead(200).end()
const small = randomBytes(40_000)
const large = randomBytes(3 * MIB + 7)

describe.each([
  ['a small file', small],
  ['a large file', large],
])('%s', (_name, bytes) => {
  test('arrives whole, with Content-Length, its content type, and no credential', async () => {
    await using store = await openScriptedServer()
    using client = openTestRemote(store.url)
    store.script(stored)
    const sent = await client.remote.put(ticketOf(store.url), bodyOf(bytes), 'image/jpeg')
    expect(sent).toEqual({ sha256: sha256(bytes), sizeBytes: bytes.length })
    const [request] = store.requests
    expect(request?.method).toBe('PUT')
    expect(request?.path).toBe('/bucket/hash-1?token=SECRET-signature')
    expect(request?.body.equals(bytes)).toBe(true)
    expect(request?.headers).toMatchObject({ 'content-length': String(bytes.length), 'content-type': 'image/jpeg' })
    expect(request?.headers).not.toHaveProperty('transfer-encoding')
    expect(request?.headers).not.toHaveProperty('authorization')
    expect(request?.headers).not.toHaveProperty('resourceid')
    expect(JSON.stringify(request?.rawHeaders)).not.toContain(API_KEY)
  })

  test('is not stored when a web page answers, whatever its status', async () => {
    await using store = await openScriptedServer()
    using client = openTestRemote(store.url)
    store.script(page(200), stored)
    expect(await client.remote.put(ticketOf(store.url), bodyOf(bytes), 'image/jpeg')).toMatchObject({ sizeBytes: bytes.length })
    expect(store.requests).toHaveLength(2)
  })

  test('is sent again from its first byte after a failure of the store', async () => {
    await using store = await openScriptedServer()
    using client = openTestRemote(store.url)
    store.script(page(503), cutOff, stored)
    const body = bodyOf(bytes)
    expect(await client.remote.put(ticketOf(store.url), body, 'video/mp4')).toEqual({ sha256: sha256(bytes), sizeBytes: bytes.length })
    expect(body.opened).toBe(3)
    expect(store.requests.map((request) => request.body.equals(bytes))).toEqual([true, true, true])
  })

  test.each([400, 401, 403, 404, 410])('HTTP %i of the store is a dead URL, asked about once', async (status) => {
    await using store = await openScriptedServer()
    using client = openTestRemote(store.url)
    store.script(page(status))
    const failure = await failureOf(client.remote.put(ticketOf(store.url), bodyOf(bytes), 'image/jpeg'))
    expect(failure).toMatchObject({ kind: 'dead-url', outcome: 'not-done', call: 'PUT signed URL' })
    expect(store.requests).toHaveLength(1)
  })

  test.each([408, 429, 500, 503, 307])('HTTP %i of the store is nobody’s fault', async (status) => {
    await using store = await openScriptedServer()
    await using target = await openScriptedServer()
    using client = openTestRemote(store.url)
    store.script(page(status, { location: target.url }))
    expect(await failureOf(client.remote.put(ticketOf(store.url), bodyOf(bytes), 'image/jpeg'))).toMatchObject({ kind: 'transient' })
    expect(store.requests).toHaveLength(3)
    expect(target.connections()).toBe(0)
  })

  test.each([
    ['ends early', bytes.length + 1],
    ['goes on', bytes.length - 1],
  ])('that %s is not sent, and nothing hangs', async (_words, declared) => {
    await using store = await openScriptedServer()
    using client = openTestRemote(store.url)
    store.script(stored)
    const body = bodyOf(bytes, declared)
    expect(await failureOf(client.remote.put(ticketOf(store.url), body, 'image/jpeg'))).toMatchObject({
      kind: 'local',
      outcome: 'not-done',
    })
    expect(body.opened).toBe(1)
    expect(store.requests).toHaveLength(0)
  })

  test('that cannot be read is a local failure', async () => {
    await using store = await openScriptedServer()
    using client = openTestRemote(store.url)
    store.script(stored)
    const broken: BodySource = {
      sizeBytes: bytes.length,
      open: () =>
        new Readable({
          read() {
            this.destroy(Object.assign(new Error('disk'), { code: 'EIO' }))
          },
        }),
    }
    const failure = await failureOf(client.remote.put(ticketOf(store.url), broken, 'image/jpeg'))
    expect(failure).toMatchObject({ kind: 'local', outcome: 'not-done' })
    expect(failure.message).toContain('EIO')
  })

  test('that cannot be opened is a local failure', async () => {
    await using store = await openScriptedServer()
    using client = openTestRemote(store.url)
    const broken: BodySource = {
      sizeBytes: bytes.length,
      open() {
        throw new Error('closed')
      },
    }
    expect(await failureOf(client.remote.put(ticketOf(store.url), broken, 'image/jpeg'))).toMatchObject({ kind: 'local' })
  })
})

test('an empty file is refused before a connection is made', async () => {
  await using store = await openScriptedServer()
  using client = openTestRemote(store.url)
  const failure = await failureOf(client.remote.put(ticketOf(store.url), bodyOf(Buffer.alloc(0)), 'image/jpeg'))
  expect(failure).toMatchObject({ kind: 'local', outcome: 'not-done' })
  expect(store.connections()).toBe(0)
})

test('a stream that breaks off cuts the request: the store never sees a whole one', async () => {
  await using store = await openScriptedServer()
  using client = openTestRemote(store.url)
  store.script(stored)
  const half = large.subarray(0, 2 * MIB)
  expect(await failureOf(client.remote.put(ticketOf(store.url), bodyOf(half, large.length), 'video/mp4'))).toMatchObject({ kind: 'local' })
  expect(store.requests).toHaveLength(0)
  await expect.poll(() => store.cut.count, { timeout: 30_000 }).toBe(1)
})

test('progress counts up to the size', async () => {
  await using store = await openScriptedServer()
  using client = openTestRemote(store.url)
  store.script(stored)
  const seen: number[] = []
  await client.remote.put(ticketOf(store.url), bodyOf(large), 'video/mp4', { onBytes: (sentBytes) => seen.push(sentBytes) })
  expect(seen).toEqual([...seen].sort((a, b) => a - b))
  expect(seen.length).toBeGreaterThan(10)
  expect(seen.at(-1)).toBe(large.length)
})

test('a store that answers before it has read everything still gets everything', async () => {
  await using store = await openScriptedServer({ readBodies: false })
  using client = openTestRemote(store.url)
  store.script(stored)
  expect(await client.remote.put(ticketOf(store.url), bodyOf(large), 'video/mp4')).toEqual({
    sha256: sha256(large),
    sizeBytes: large.length,
  })
})

test('a store that stops reading is given up', async () => {
  await using store = await openScriptedServer({ readBodies: false })
  using client = openTestRemote(store.url, { limits: { timeouts: { stallMs: 300 } } })
  store.script(() => undefined)
  const failure = await failureOf(client.remote.put(ticketOf(store.url), bodyOf(randomBytes(32 * MIB)), 'video/mp4'))
  expect(failure).toMatchObject({ kind: 'transient' })
  expect(store.requests).toHaveLength(3)
})

test.each([MIB, 1_000])(
  'a file of %i bytes whose reading hangs is given up and closed, and is no fault of the store',
  async (sizeBytes) => {
    await using store = await openScriptedServer()
    using client = openTestRemote(store.url, { limits: { timeouts: { stallMs: 200 } } })
    const files: Readable[] = []
    const hanging: BodySource = {
      sizeBytes,
      open() {
        const file = new Readable({ read: () => undefined })
        files.push(file)
        return file
      },
    }
    const failure = await failureOf(client.remote.put(ticketOf(store.url), hanging, 'video/mp4'))
    expect(failure).toMatchObject({ kind: 'local', message: expect.stringContaining('ETIMEDOUT') })
    expect(files.map((file) => file.destroyed)).toEqual([true])
  },
)

test('the wish to stop ends a PUT at once and closes the file', async () => {
  await using store = await openScriptedServer({ readBodies: false })
  using client = openTestRemote(store.url)
  store.script(() => undefined)
  const stop = new AbortController()
  const file = new Readable({ highWaterMark: MIB, read: () => undefined })
  const closed = once(file, 'close')
  file.push(randomBytes(MIB))
  const source: BodySource = { sizeBytes: 4 * MIB, open: () => file }
  const put = client.remote.put(ticketOf(store.url), source, 'video/mp4', { signal: stop.signal, onBytes: () => stop.abort() })
  expect(await failureOf(put)).toMatchObject({ kind: 'transient' })
  await closed
})

test('two PUTs share one bandwidth, and waiting for it is no stall', async () => {
  await using store = await openScriptedServer()
  using client = openTestRemote(store.url, { limits: { bandwidthBytesPerSecond: MIB / 8, timeouts: { stallMs: 800 } } })
  store.script(stored)
  const bytes = randomBytes(128 * 1024)
  const bodies = [bodyOf(bytes), bodyOf(bytes)]
  const startedMs = performance.now()
  await Promise.all(bodies.map((body, place) => client.remote.put(ticketOf(store.url, 'v.mp4', `h${place}`), body, 'video/mp4')))
  const tookMs = performance.now() - startedMs
  expect(tookMs).toBeGreaterThan(900)
  expect(bodies.map((body) => body.opened)).toEqual([1, 1])
  expect(store.requests.every((request) => request.body.equals(bytes))).toBe(true)
})

test('a bandwidth keeps its rate over many takes, and can be lifted', async () => {
  const { stepClock } = await import('../support/stepClock.ts')
  const clock = stepClock()
  let rate: number | null = 1_000_000
  const bandwidth = openBandwidth(clock, () => rate)
  const { signal } = new AbortController()
  for (let take = 0; take < 100; take += 1) await bandwidth.take(10_000, signal)
  expect(clock.monotonicMs()).toBeGreaterThan(900)
  expect(clock.monotonicMs()).toBeLessThanOrEqual(1_000)
  rate = null
  const beforeMs = clock.monotonicMs()
  await bandwidth.take(1_000_000_000, signal)
  expect(clock.monotonicMs()).toBe(beforeMs)
})

test('a rate that changes holds within a second for what waits already, in its order', async () => {
  const clock = manualClock()
  let rate = 1_000
  const bandwidth = openBandwidth(clock, () => rate)
  const { signal } = new AbortController()
  const left: string[] = []
  const takes = ['first', 'second', 'third'].map((name) => bandwidth.take(100_000, signal).then(() => left.push(name)))
  await clock.advance(10_000)
  expect(left).toEqual(['first'])
  rate = 100_000
  for (let second = 0; second < 3; second += 1) await clock.advance(1_000)
  expect(left).toEqual(['first', 'second', 'third'])
  await Promise.all(takes)
})
