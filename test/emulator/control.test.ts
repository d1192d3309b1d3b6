import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { runEmulator } from '../../src/emulator/command.ts'
import { type EmulatorBox, emulatorBox } from '../support/emulatorBox.ts'
import { call, registeredVideo, sentImages, sentVideo, sha256 } from '../support/emulatorCalls.ts'

async function control(box: EmulatorBox, method: string, path: string, body?: unknown): Promise<Response> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  return fetch(`${box.url}/_emulator/${path}`, { method, headers: { 'Content-Type': 'application/json', Connection: 'close' }, ...sent })
}

test('the state shows each row with its checksum, and tickets that no row came of', async () => {
  await using box = await emulatorBox()
  await registeredVideo(box, 'a.mp4')
  await sentVideo(box, 'stray.mp4')
  const frames = await sentImages(box, ['1.png', '2.png'])
  await call(box, 'images PUT', null, frames)
  await call(
    box,
    'imagegroup POST',
    frames.map((frame) => frame.data_hash),
    { image_group_title: 'run' },
  )
  expect(await (await control(box, 'GET', 'state')).json()).toMatchObject({
    datasets: [
      {
        dataset_hash: box.dataset,
        rows: [
          { title: 'a.mp4', type: 'VIDEO', sha256: sha256('a.mp4'), contentType: 'application/octet-stream' },
          { title: 'run', type: 'IMG_GROUP', frames: [{ sha256: sha256('1.png') }, { sha256: sha256('2.png') }] },
        ],
        unused: [{ title: 'stray.mp4', sha256: sha256('stray.mp4'), staged: false }],
      },
    ],
  })
})

test('the log of calls has uids, counts and headers, and no secret', async () => {
  await using box = await emulatorBox()
  const ticket = await registeredVideo(box, 'a.mp4')
  const text = await (await control(box, 'GET', 'calls')).text()
  const log = JSON.parse(text)
  expect(log.counts).toEqual({ 'GET signedvideourl': 1, 'PUT bucket': 1, 'PUT video': 1 })
  expect(log.calls.at(-1)).toMatchObject({
    call: 'PUT video',
    query_type: 'video',
    query_method: 'PUT',
    dataset: box.dataset,
    uid: ticket.data_hash,
    headers: { authorization: '[removed]', resourceid: box.dataset },
    httpStatus: 200,
    answer: 'ok',
  })
  expect(text).not.toContain(box.key)
  expect(text).not.toContain(new URL(ticket.signed_url).searchParams.get('token'))
  await control(box, 'DELETE', 'calls')
  expect(await (await control(box, 'GET', 'calls')).json()).toEqual({ counts: {}, chunkedPuts: 0, calls: [] })
})

test('faults are set, listed and cleared from another process', async () => {
  await using box = await emulatorBox()
  const rule = { match: { call: 'apikeymeta GET' }, do: { kind: 'error', word: 'UNKNOWN_ERROR' } }
  expect((await control(box, 'POST', 'faults', [rule])).status).toBe(200)
  expect(await call(box, 'apikeymeta GET')).toMatchObject({ response: ['UNKNOWN_ERROR'] })
  expect(await (await control(box, 'GET', 'faults')).json()).toMatchObject([rule])
  await control(box, 'DELETE', 'faults')
  expect(await call(box, 'apikeymeta GET')).toMatchObject({ status: 200 })
})

test('a fault rule that is not valid is refused with its place', async () => {
  await using box = await emulatorBox()
  const answer = await control(box, 'POST', 'faults', [{ match: { call: '*' }, do: { kind: 'explode' } }])
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('kind')])
})

test('keys are revoked and restored from another process', async () => {
  await using box = await emulatorBox()
  await control(box, 'POST', 'keys/revoke', { api_key: box.key })
  expect(await call(box, 'apikeymeta GET')).toMatchObject({ response: ['AUTHENTICATION_ERROR'] })
  await control(box, 'POST', 'keys/restore', { api_key: box.key })
  expect(await call(box, 'apikeymeta GET')).toMatchObject({ status: 200 })
  expect((await control(box, 'POST', 'keys/revoke', { api_key: 'unknown' })).status).toBe(400)
})

test('a request under another Host name, or a form of a web page, gets nothing', async () => {
  await using box = await emulatorBox()
  const rebound = request(`${box.url}/_emulator/state`, { headers: { Host: 'evil.example.org' }, agent: false }).end()
  const [response] = await once(rebound, 'response')
  response.resume()
  expect(response.statusCode).toBe(421)
  const form = await fetch(`${box.url}/_emulator/keys/revoke`, { method: 'POST', body: JSON.stringify({ api_key: box.key }) })
  expect(form.status).toBe(415)
  expect(await call(box, 'apikeymeta GET')).toMatchObject({ status: 200 })
})

test('every answer says that this is not Encord', async () => {
  await using box = await emulatorBox()
  for (const path of ['/public', '/bucket/a/b', '/_emulator/state', '/elsewhere']) {
    const answer = await fetch(`${box.url}${path}`, { headers: { Connection: 'close' } })
    expect(answer.headers.get('x-encord-emulator')).toBe('1')
  }
})

test('anything but loopback is refused before it listens', async () => {
  for (const listen of ['0.0.0.0:0', '192.168.1.1:0', '[::]:0', 'example.org:80', '127.0.0.1', '127.0.0.1:99999']) {
    await expect(emulatorBox({ listen })).rejects.toThrow(/loopback|HOST:PORT/)
  }
})

test('the command prints one line when it is ready, and closes at the signal', async () => {
  const home = await mkdtemp(join(tmpdir(), 'emulator-command-'))
  const seedFile = join(home, 'seed.json')
  writeFileSync(seedFile, JSON.stringify({ datasets: [{ dataset_hash: 'd-1', title: 't', type: 0, api_keys: ['k'] }] }))
  for (const json of [true, false]) {
    const stop = new AbortController()
    const out = new PassThrough({ encoding: 'utf8' })
    const ended = runEmulator({ listen: '127.0.0.1:0', dataDir: join(home, 'data'), seedFile, json, out, signal: stop.signal })
    const [line]: string[] = await once(out, 'data')
    if (line === undefined) throw new Error('no line')
    const url: string = json ? JSON.parse(line).url : (/http:\/\/\S+:\d+/.exec(line)?.[0] ?? '')
    expect(line.includes('not Encord')).toBe(!json)
    expect((await fetch(`${url}/_emulator/state`, { headers: { Connection: 'close' } })).status).toBe(200)
    stop.abort()
    await ended
    await expect(fetch(`${url}/_emulator/state`)).rejects.toThrow()
    expect(out.read()).toBeNull()
    expect(line).toMatch(/^[^\n]+\n$/)
  }
  await rm(home, { recursive: true, force: true })
})

test('without a seed there is a dataset to try, and the printed init names it and a private file with its key, the same each time', async () => {
  const home = await mkdtemp(join(tmpdir(), "emulator it's "))
  const dataDir = join(home, 'data')
  const keys: string[] = []
  for (const json of [false, true]) {
    const stop = new AbortController()
    const out = new PassThrough({ encoding: 'utf8' })
    const ended = runEmulator({ listen: '127.0.0.1:0', dataDir, json, out, signal: stop.signal })
    const [text]: string[] = await once(out, 'data')
    const { url, dataset, apiKeyFile } = json ? JSON.parse(text ?? '') : printedInit(text ?? '')
    expect(statSync(apiKeyFile).mode & 0o777).toBe(0o600)
    const key = readFileSync(apiKeyFile, 'utf8').trim()
    keys.push(key)
    const state = await (await fetch(`${url}/_emulator/state`, { headers: { Connection: 'close' } })).json()
    expect(JSON.stringify(state)).toContain(dataset)
    stop.abort()
    await ended
  }
  expect(keys[0]).toBe(keys[1])
  expect(keys[0]).toMatch(/^[\w-]{32}$/)
  await rm(home, { recursive: true, force: true })
})

/** What a shell would hand to the `init` that the emulator prints. */
function printedInit(text: string): { url: string; dataset: string; apiKeyFile: string } {
  const [, command = ''] = text.split('In another terminal:\n')
  const words = execFileSync('sh', ['-c', command.replace('encord-sync', "printf '%s\\n'")], { encoding: 'utf8' }).split('\n')
  const after = (option: string) => words[words.indexOf(option) + 1] ?? ''
  return { url: after('--domain'), dataset: after('--dataset'), apiKeyFile: after('--api-key-file') }
}

test('a seed file that is not valid is refused with every wrong place', async () => {
  const home = await mkdtemp(join(tmpdir(), 'emulator-seed-'))
  const seedFile = join(home, 'seed.json')
  writeFileSync(seedFile, JSON.stringify({ datasets: [{ dataset_hash: '../x', title: 't', type: 'FTP', api_keys: [] }] }))
  const run = runEmulator({
    listen: '127.0.0.1:0',
    dataDir: join(home, 'data'),
    seedFile,
    json: true,
    out: { write: () => {} },
    signal: new AbortController().signal,
  })
  await expect(run).rejects.toThrow(/dataset_hash[\s\S]*type|type[\s\S]*dataset_hash/)
  await rm(home, { recursive: true, force: true })
})
