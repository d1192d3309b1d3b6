import { expect, test } from 'vitest'
import type { FaultRule } from '../../src/emulator/faults.ts'
import { emulatorBox } from '../support/emulatorBox.ts'
import { call, put, rawCall, registeredVideo, sentImages, sentVideo, wireBody } from '../support/emulatorCalls.ts'

const DATASET_GET = wireBody('dataset', 'GET', null)

test('status, Retry-After, headers and HTML come before the effect', async () => {
  await using box = await emulatorBox()
  const ticket = await sentVideo(box, 'a.mp4')
  const body = wireBody('video', 'PUT', ticket.data_hash, ticket)
  const faults: FaultRule['do'][] = [
    { kind: 'status', status: 503 },
    { kind: 'status', status: 429, retryAfter: 7 },
    { kind: 'status', status: 307, headers: { Location: 'http://127.0.0.1:1/' } },
    { kind: 'html' },
  ]
  box.setFaults(...faults.map((fault, index) => ({ match: { call: 'video PUT', nth: index + 1 }, do: fault })))
  const answers: unknown[] = []
  for (const _ of faults) {
    const { status, headers } = await fetch(`${box.url}/public`, {
      method: 'POST',
      headers: { ResourceID: box.dataset, Authorization: box.key, Connection: 'close' },
      body,
      redirect: 'manual',
    })
    answers.push([status, headers.get('retry-after'), headers.get('location'), headers.get('content-type')])
  }
  expect(answers).toEqual([
    [503, null, null, 'text/plain'],
    [429, '7', null, 'text/plain'],
    [307, null, 'http://127.0.0.1:1/', 'text/plain'],
    [200, null, null, 'text/html'],
  ])
  expect(box.rows()).toEqual([])
  expect((await rawCall(box, body)).status).toBe(200)
  expect(box.rows()).toHaveLength(1)
})

test('a connection cut before the effect leaves nothing, one cut after it leaves the row', async () => {
  await using box = await emulatorBox()
  const [a, b] = [await sentVideo(box, 'a.mp4'), await sentVideo(box, 'b.mp4')]
  box.setFaults(
    { match: { call: 'PUT video', uid: a.data_hash }, do: { kind: 'cut' } },
    { match: { call: 'PUT video', uid: b.data_hash }, do: { kind: 'cut', when: 'after' } },
  )
  await expect(call(box, 'video PUT', a.data_hash, a)).rejects.toThrow()
  await expect(call(box, 'video PUT', b.data_hash, b)).rejects.toThrow()
  expect(box.rows().map((row) => row.title)).toEqual(['b.mp4'])
  expect(box.calls.all().slice(-2)).toMatchObject([
    { answer: 'cut', httpStatus: null },
    { answer: 'cut', httpStatus: null },
  ])
})

test('an answer of any kind may come after the effect', async () => {
  await using box = await emulatorBox()
  const late: FaultRule['do'][] = [
    { kind: 'status', status: 502, when: 'after' },
    { kind: 'html', when: 'after' },
    { kind: 'error', word: 'UNKNOWN_ERROR', when: 'after' },
  ]
  for (const [index, fault] of late.entries()) {
    const ticket = await sentVideo(box, `${index}.mp4`)
    box.setFaults({ match: { call: 'video PUT' }, do: fault })
    await rawCall(box, wireBody('video', 'PUT', ticket.data_hash, ticket))
    expect(box.rows()).toHaveLength(index + 1)
  }
})

test('an error word comes in the envelope, as a refused datarow or title does', async () => {
  await using box = await emulatorBox()
  const { data_hash } = await registeredVideo(box, 'a.mp4')
  box.setFaults(
    {
      match: { call: 'datarow POST', bodyIncludes: '"data_title":"x/y"' },
      do: { kind: 'error', word: 'INVALID_ARGUMENTS_ERROR', payload: 'no slashes' },
    },
    { match: { call: 'datarow GET' }, do: { kind: 'error', word: 'OPERATION_NOT_ALLOWED', status: 403 } },
  )
  expect(await call(box, 'datarow POST', data_hash, { data_title: 'x/y' })).toEqual({
    status: 400,
    response: ['INVALID_ARGUMENTS_ERROR'],
    payload: 'no slashes',
  })
  expect(await call(box, 'datarow POST', data_hash, { data_title: 'x-y' })).toMatchObject({ status: 200 })
  expect(await call(box, 'datarow GET', data_hash)).toMatchObject({ status: 403, response: ['OPERATION_NOT_ALLOWED'] })
})

test('latency and hanging: the call has arrived, its answer has not', async () => {
  await using box = await emulatorBox()
  box.setFaults(
    { match: { call: 'dataset GET', nth: 1 }, do: { kind: 'latency', ms: 200 } },
    { match: { call: 'dataset GET', nth: 2 }, do: { kind: 'hang' } },
  )
  await rawCall(box, DATASET_GET)
  const [slow] = box.calls.all()
  expect((slow?.endedAtMs ?? 0) - (slow?.atMs ?? 0)).toBeGreaterThanOrEqual(100)
  const stop = new AbortController()
  const hanging = fetch(`${box.url}/public`, {
    method: 'POST',
    headers: { ResourceID: box.dataset, Authorization: box.key },
    body: DATASET_GET,
    signal: stop.signal,
  })
  await box.emulator.until(() => box.calls.all().at(-1)?.answer === 'hang')
  stop.abort()
  await expect(hanging).rejects.toThrow(/abort/)
})

test('an emulator closes at once though calls wait and hang', async () => {
  const box = await emulatorBox()
  box.setFaults(
    { match: { call: '*', nth: 1 }, do: { kind: 'hang' } },
    { match: { call: '*', nth: 2 }, do: { kind: 'latency', ms: 600_000 } },
  )
  const calls = [rawCall(box, DATASET_GET), rawCall(box, DATASET_GET)].map((each) => each.catch(() => 'cut'))
  await box.emulator.until(() => box.calls.count('GET dataset') === 2)
  await box.stop()
  expect(await Promise.all(calls)).toEqual(['cut', 'cut'])
})

test('with a listing lag new rows come late and removed rows go late', async () => {
  let nowMs = 5_000_000
  await using box = await emulatorBox({ now: () => nowMs })
  box.setFaults({ match: { call: ['dataset GET', 'datarow GET'] }, do: { kind: 'listingLag', ms: 90_000 } })
  const listed = async () => (await call(box, 'dataset GET')).response.data_rows.map((row: { data_title: string }) => row.data_title)
  const { data_hash } = await registeredVideo(box, 'a.mp4')
  expect(await listed()).toEqual([])
  expect(await call(box, 'datarow GET', data_hash)).toMatchObject({ response: ['RESOURCE_NOT_FOUND_ERROR'] })
  nowMs += 90_000
  expect(await listed()).toEqual(['a.mp4'])
  await call(box, 'video DELETE', [data_hash])
  expect(await listed()).toEqual(['a.mp4'])
  expect(box.rows()).toEqual([])
  nowMs += 90_000
  expect(await listed()).toEqual([])
})

test('a listing may be empty, half, of another dataset, or cut short', async () => {
  await using box = await emulatorBox()
  for (const name of ['a.mp4', 'b.mp4']) await registeredVideo(box, name)
  const listing = async (shape: 'empty' | 'half' | 'otherDataset' | 'cutShort') => {
    box.setFaults({ match: { call: 'dataset GET' }, do: { kind: 'listing', shape } })
    return (await call(box, 'dataset GET')).response
  }
  expect((await listing('empty')).data_rows).toHaveLength(0)
  expect((await listing('half')).data_rows).toHaveLength(1)
  expect((await listing('otherDataset')).dataset_hash).not.toBe(box.dataset)
  await expect(listing('cutShort')).rejects.toThrow()
})

test('a second register of one hash: ok, error or a second row', async () => {
  for (const [answer, rows] of [
    ['ok', 1],
    ['error', 1],
    ['row', 2],
  ] as const) {
    await using box = await emulatorBox()
    box.setFaults({ match: { call: ['video PUT', 'imagegroup POST'] }, do: { kind: 'secondRegister', answer } })
    const video = await registeredVideo(box, 'a.mp4')
    const second = await call(box, 'video PUT', video.data_hash, video)
    const frames = await sentImages(box, ['1.png'])
    await call(box, 'images PUT', null, frames)
    const hashes = frames.map((frame) => frame.data_hash)
    await call(box, 'imagegroup POST', hashes, {})
    const secondGroup = await call(box, 'imagegroup POST', hashes, {})
    expect([second.status, secondGroup.status]).toEqual(answer === 'error' ? [409, 409] : [200, 200])
    expect(box.rows()).toHaveLength(2 * rows)
  }
})

test('a partly refused DELETE removes the others and says so, or says nothing', async () => {
  await using box = await emulatorBox()
  const tickets = [await registeredVideo(box, 'a.mp4'), await registeredVideo(box, 'b.mp4'), await registeredVideo(box, 'c.mp4')]
  const hashes = tickets.map((ticket) => ticket.data_hash)
  box.setFaults({ match: { call: 'video DELETE' }, do: { kind: 'refuseDelete', hashes: hashes.slice(0, 1), titles: ['b.mp4'] } })
  const answer = await call(box, 'video DELETE', hashes)
  expect(answer).toMatchObject({ status: 403, response: ['OPERATION_NOT_ALLOWED'], payload: expect.stringContaining(hashes[0] ?? '') })
  expect(box.rows().map((row) => row.title)).toEqual(['a.mp4', 'b.mp4'])
  box.setFaults({ match: { call: 'video DELETE' }, do: { kind: 'refuseDelete', titles: ['b.mp4'], word: null } })
  expect(await call(box, 'video DELETE', hashes.slice(0, 2))).toMatchObject({ status: 200 })
  expect(box.rows().map((row) => row.title)).toEqual(['b.mp4'])
})

test('tickets may come short, long, reversed, dead, or with another URL', async () => {
  await using box = await emulatorBox()
  const titles = async (shape: 'short' | 'long' | 'reversed') => {
    box.setFaults({ match: { call: 'signedimagesurl GET' }, do: { kind: 'tickets', shape } })
    return (await call(box, 'signedimagesurl GET', ['a', 'b'])).response.map((ticket: { title: string }) => ticket.title)
  }
  expect(await titles('short')).toEqual(['a'])
  expect(await titles('long')).toEqual(['a', 'b', 'b'])
  expect(await titles('reversed')).toEqual(['b', 'a'])
  box.setFaults(
    { match: { call: 'signedvideourl GET', nth: 1 }, do: { kind: 'urlLife', ms: 0 } },
    { match: { call: 'signedvideourl GET', nth: 2 }, do: { kind: 'ticketUrl', url: 'http://169.254.169.254/' } },
  )
  const dead = (await call(box, 'signedvideourl GET', 'a.mp4')).response
  expect((await put(dead, 'x')).status).toBe(403)
  expect((await call(box, 'signedvideourl GET', 'a.mp4')).response.signed_url).toBe('http://169.254.169.254/')
})

test('a PUT to the bucket may fail, be cut in its middle, or be cut after it was stored', async () => {
  await using box = await emulatorBox()
  const ticket = (await call(box, 'signedvideourl GET', 'a.mp4')).response
  box.setFaults(
    { match: { call: 'PUT bucket', nth: 1 }, do: { kind: 'status', status: 503 } },
    { match: { call: 'PUT bucket', nth: 2 }, do: { kind: 'cut', when: 'during', afterBytes: 10 } },
    { match: { call: 'PUT bucket', nth: 3, uid: 'a.mp4' }, do: { kind: 'cut', when: 'after' } },
  )
  expect((await put(ticket, 'x'.repeat(100))).status).toBe(503)
  await expect(put(ticket, 'x'.repeat(100))).rejects.toThrow()
  expect(await call(box, 'video PUT', ticket.data_hash, ticket)).toMatchObject({ response: ['RESOURCE_NOT_FOUND_ERROR'] })
  await expect(put(ticket, 'x'.repeat(100))).rejects.toThrow()
  expect(await call(box, 'video PUT', ticket.data_hash, ticket)).toMatchObject({ status: 200 })
})

test('the Date header follows the clock, and can be wrong on request', async () => {
  await using box = await emulatorBox({ now: () => Date.UTC(2030, 0, 1) })
  expect((await rawCall(box, DATASET_GET)).headers.get('date')).toBe('Tue, 01 Jan 2030 00:00:00 GMT')
  box.setFaults({ match: { call: '*' }, do: { kind: 'dateSkew', ms: 3_600_000 } })
  expect((await rawCall(box, DATASET_GET)).headers.get('date')).toBe('Tue, 01 Jan 2030 01:00:00 GMT')
})

test('nth and times choose the calls that are hit; the dataset narrows them', async () => {
  await using box = await emulatorBox()
  const statuses = async (match: Omit<FaultRule['match'], 'call'>) => {
    box.setFaults({ match: { call: 'GET dataset', ...match }, do: { kind: 'status', status: 500 } })
    const seen: number[] = []
    for (let each = 0; each < 4; each++) seen.push((await rawCall(box, DATASET_GET)).status)
    return seen
  }
  expect(await statuses({})).toEqual([500, 500, 500, 500])
  expect(await statuses({ nth: 2 })).toEqual([200, 500, 200, 200])
  expect(await statuses({ times: 2 })).toEqual([500, 500, 200, 200])
  expect(await statuses({ nth: 2, times: 2 })).toEqual([200, 500, 500, 200])
  expect(await statuses({ dataset: 'another' })).toEqual([200, 200, 200, 200])
})

test('a fault with a probability repeats itself from run to run', async () => {
  const run = async () => {
    await using box = await emulatorBox()
    box.setFaults({ match: { call: '*', probability: 0.5 }, do: { kind: 'status', status: 500 } })
    const seen: number[] = []
    for (let each = 0; each < 16; each++) seen.push((await rawCall(box, DATASET_GET)).status)
    return seen
  }
  const first = await run()
  expect(new Set(first)).toEqual(new Set([200, 500]))
  expect(await run()).toEqual(first)
})
