import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { LOCAL_CALLS, type LocalApi } from '../../src/control/api.ts'
import { connectLocal } from '../../src/control/client.ts'
import { PROTOCOL } from '../../src/control/protocol.ts'
import { type LocalServer, serveLocal } from '../../src/control/server.ts'
import { chooseSocketPath } from '../../src/control/socketPath.ts'
import { UserError } from '../../src/model/error.ts'
import { asOrdinaryUser } from '../support/ordinaryUser.ts'
import { type ScratchFolder, scratchFolder } from '../support/scratchFolder.ts'

const userError = (exitCode: number, message: RegExp) =>
  expect.objectContaining({ name: 'UserError', exitCode, message: expect.stringMatching(message) })

/** A local interface that says what it was asked. */
function echoingApi(more: Partial<LocalApi> = {}): LocalApi {
  const echo = Object.fromEntries(LOCAL_CALLS.map((call) => [call, async (args: unknown) => ({ call, args })]))
  return { ...(echo as unknown as LocalApi), ...more }
}

type Box = AsyncDisposable & {
  readonly scratch: ScratchFolder
  readonly ledgerPath: string
  readonly socketPath: string
  readonly server: LocalServer
}

async function served(api: LocalApi, env: NodeJS.ProcessEnv = {}): Promise<Box> {
  const scratch = scratchFolder()
  const ledgerPath = join(scratch.path, 'ledger.db')
  chmodSync(scratch.path, 0o700)
  const socketPath = chooseSocketPath(ledgerPath, env)
  const server = await serveLocal(api, { socketPath, ledgerPath, version: '2.0.0', startedAtMs: 5 })
  return {
    scratch,
    ledgerPath,
    socketPath,
    server,
    async [Symbol.asyncDispose]() {
      await server.close()
      scratch[Symbol.dispose]()
    },
  }
}

async function clientOf({ ledgerPath }: Box): Promise<LocalApi> {
  const client = await connectLocal(ledgerPath, {})
  if (client === null) throw new Error('nobody listens')
  return client
}

/** A request as no client of ours would send it. */
async function post(socketPath: string, body: string, path = '/call'): Promise<unknown> {
  const sent = request({ socketPath, path, method: 'POST', headers: { 'content-type': 'application/json' } })
  sent.end(body)
  // A service that refuses early does not read the rest.
  sent.on('error', () => undefined)
  const [response] = await once(sent, 'response')
  let text = ''
  for await (const part of response) text += String(part)
  return JSON.parse(text)
}

test('every call reaches the service with its arguments, and its answer comes back', async () => {
  await using box = await served(echoingApi())
  const client = await clientOf(box)
  const asks: { readonly [Call in keyof LocalApi]: Parameters<LocalApi[Call]>[0] } = {
    status: undefined,
    units: { path: 'a b\n"ü🎬' },
    why: { path: '-x' },
    retry: { paths: ['a', 'b'], asIs: true },
    deletes: undefined,
    approve: { id: 3, digest: 'd' },
    reject: { id: 4 },
    pause: { folder: null, forMs: 7_200_000 },
    resume: { folder: '/in' },
    reload: undefined,
    folders: undefined,
    acceptFolder: { folder: '/in' },
    acceptLedger: undefined,
    history: { path: 'a', sinceMs: 5 },
    verifyHistory: undefined,
    adopt: { none: false, path: null },
  }
  for (const call of LOCAL_CALLS) {
    expect(await (client[call] as (ask: unknown) => Promise<unknown>)(asks[call])).toEqual({ call, args: asks[call] ?? {} })
  }
})

test('an error a person can act on crosses whole, and any other one as words', async () => {
  const story = { what: 'no batch 7', notDone: 'nothing was decided', next: 'encord-sync deletes list' }
  await using box = await served(
    echoingApi({
      reject: () => Promise.reject(new UserError(2, story)),
      status: () => Promise.reject(new TypeError('a defect')),
    }),
  )
  const client = await clientOf(box)
  await expect(client.reject({ id: 7 })).rejects.toMatchObject({
    message: story.what,
    notDone: story.notDone,
    next: story.next,
    exitCode: 2,
  })
  await expect(client.status()).rejects.toEqual(userError(1, /the service failed: a defect/))
})

test('the socket is for its owner alone, and daemon.json says who serves it', async () => {
  await using box = await served(echoingApi())
  expect(statSync(box.socketPath).mode & 0o777).toBe(0o600)
  const note = join(dirname(box.ledgerPath), 'daemon.json')
  expect(statSync(note).mode & 0o777).toBe(0o600)
  expect(JSON.parse(readFileSync(note, 'utf8'))).toEqual({ pid: process.pid, socket: box.socketPath, startedAtMs: 5, version: '2.0.0' })
})

test('nobody listens before the start, after the stop, and behind the socket of a dead service', async () => {
  await using box = await served(echoingApi())
  expect(await connectLocal(box.ledgerPath, {})).not.toBe(null)
  await box.server.close()
  expect(await connectLocal(box.ledgerPath, {})).toBe(null)
  expect(existsSync(join(dirname(box.ledgerPath), 'daemon.json'))).toBe(false)
  writeFileSync(box.socketPath, '')
  writeFileSync(join(dirname(box.ledgerPath), 'daemon.json'), '{"pid": 1, "socket": "/nowhere.sock", "startedAtMs": 1, "version": "1"}')
  expect(await connectLocal(box.ledgerPath, {})).toBe(null)
})

test('a stale socket is replaced at the start', async () => {
  using scratch = scratchFolder()
  chmodSync(scratch.path, 0o700)
  const ledgerPath = join(scratch.path, 'ledger.db')
  const socketPath = chooseSocketPath(ledgerPath, {})
  writeFileSync(socketPath, 'left by a crash')
  const server = await serveLocal(echoingApi(), { socketPath, ledgerPath, version: '1', startedAtMs: 1 })
  expect(await connectLocal(ledgerPath, {})).not.toBe(null)
  await server.close()
})

test('a ledger is found through whatever link it is named by', async () => {
  await using box = await served(echoingApi())
  const link = join(box.scratch.path, 'link')
  symlinkSync(dirname(box.ledgerPath), link)
  expect(await connectLocal(join(link, 'ledger.db'), {})).not.toBe(null)
})

test('the socket lies in the runtime directory where there is one, and the commands need not know which', async () => {
  using runtime = scratchFolder()
  chmodSync(runtime.path, 0o700)
  await using box = await served(echoingApi(), { XDG_RUNTIME_DIR: runtime.path })
  expect(dirname(box.socketPath)).toBe(join(runtime.path, 'encord-sync'))
  expect(statSync(dirname(box.socketPath)).mode & 0o777).toBe(0o700)
  expect(await connectLocal(box.ledgerPath, {})).not.toBe(null)
})

test('a ledger that lies too deep for a socket gets one elsewhere, of at most 103 bytes, and is still found', async () => {
  using scratch = scratchFolder()
  const deep = join(scratch.path, 'd'.repeat(100), 'e'.repeat(100))
  mkdirSync(deep, { recursive: true })
  const ledgerPath = join(deep, 'ledger.db')
  const socketPath = chooseSocketPath(ledgerPath, {})
  expect(Buffer.byteLength(socketPath)).toBeLessThanOrEqual(103)
  const server = await serveLocal(echoingApi(), { socketPath, ledgerPath, version: '1', startedAtMs: 1 })
  expect(await connectLocal(ledgerPath, {})).not.toBe(null)
  await server.close()
})

test('a directory that others may write into never holds the socket', () => {
  using scratch = scratchFolder()
  using open = scratchFolder()
  chmodSync(scratch.path, 0o700)
  chmodSync(open.path, 0o777)
  const env = { RUNTIME_DIRECTORY: open.path }
  expect(dirname(chooseSocketPath(join(scratch.path, 'ledger.db'), env))).toBe(scratch.path)
})

test('a ledger of another user is said to be one, and a runtime directory of another user says nothing', async () => {
  using scratch = scratchFolder()
  using runtime = scratchFolder()
  chmodSync(scratch.path, 0o755)
  chmodSync(runtime.path, 0o000)
  const ledgerPath = join(scratch.path, 'ledger.db')
  expect(await asOrdinaryUser(() => connectLocal(ledgerPath, { XDG_RUNTIME_DIR: runtime.path }))).toBe(null)
  chmodSync(scratch.path, 0o000)
  await expect(asOrdinaryUser(() => connectLocal(ledgerPath, {}))).rejects.toEqual(userError(2, /belongs to another user/))
})

test('another protocol is refused with the side that has to be upgraded', async () => {
  await using box = await served(echoingApi())
  const newer = JSON.stringify({ v: PROTOCOL + 1, version: '3.0.0', call: 'status', args: {} })
  const older = JSON.stringify({ v: PROTOCOL - 1, call: 'status', args: {} })
  expect(await post(box.socketPath, newer)).toMatchObject({
    error: {
      what: 'the running service (2.0.0) is older than this command 3.0.0',
      next: expect.stringMatching(/restart the service/),
      exitCode: 2,
    },
  })
  expect(await post(box.socketPath, older)).toMatchObject({
    error: { what: 'this command is older than the running service (2.0.0)', next: expect.stringMatching(/install encord-sync 2.0.0/) },
  })
})

test('a request that is too long is refused before it is sent', async () => {
  await using box = await served(echoingApi())
  const client = await clientOf(box)
  const paths = Array.from({ length: 20_000 }, (_, index) => `${'x'.repeat(60)}${index}`)
  await expect(client.retry({ paths, asIs: false })).rejects.toEqual(userError(2, /longer than 1000000 bytes/))
})

test('what is no request is refused and reaches nothing: no JSON, unknown calls, wrong arguments, more than a megabyte', async () => {
  let calls = 0
  await using box = await served(echoingApi({ approve: async () => ({ approved: ++calls, returned: 0 }) }))
  const ask = (call: string, args: unknown) => JSON.stringify({ v: PROTOCOL, call, args })
  const bodies = [
    '',
    '{',
    '[]',
    'null',
    ask('close', {}),
    ask('approve', { id: '3', digest: 'd' }),
    ask('approve', { id: 3 }),
    ask('approve', 'x'.repeat(1_000_001)),
  ]
  for (const body of bodies) expect(await post(box.socketPath, body)).toMatchObject({ error: { exitCode: 2 } })
  expect(await post(box.socketPath, ask('status', {}), '/other')).toMatchObject({ error: { exitCode: 2 } })
  expect(calls).toBe(0)
})

/** Something that listens on a ledger's socket and is no service. */
async function impostor(ledgerPath: string, answer: string | null): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).resume()
    if (answer !== null) socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${answer.length}\r\nconnection: close\r\n\r\n${answer}`)
  })
  server.listen(chooseSocketPath(ledgerPath, {}))
  await once(server, 'listening')
  return server
}

test('a service that listens and never answers is not mistaken for none', async () => {
  using scratch = scratchFolder()
  chmodSync(scratch.path, 0o700)
  const ledgerPath = join(scratch.path, 'ledger.db')
  const server = await impostor(ledgerPath, null)
  await expect(connectLocal(ledgerPath, {}, { patienceMs: 50 })).rejects.toEqual(userError(75, /did not answer/))
  server.close()
})

test('an answer that is not ours is refused with words', async () => {
  using scratch = scratchFolder()
  chmodSync(scratch.path, 0o700)
  const ledgerPath = join(scratch.path, 'ledger.db')
  for (const answer of ['<html>', '{"other": 1}']) {
    const server = await impostor(ledgerPath, answer)
    await expect(connectLocal(ledgerPath, {})).rejects.toEqual(userError(2, /does not understand/))
    server.close()
    await once(server, 'close')
  }
})

test('a service that ends while it is asked leaves an error, not silence', async () => {
  let arrived: (value: unknown) => void = () => undefined
  const isAsked = new Promise((resolve) => {
    arrived = resolve
  })
  await using box = await served(echoingApi({ folders: () => new Promise(() => arrived(null)) }))
  const client = await clientOf(box)
  const asked = expect(client.folders()).rejects.toEqual(userError(1, /the service ended/))
  await isAsked
  await box.server.close()
  await asked
})

test('a socket or a note that was taken away is there again, and nothing is done while both stand', async () => {
  await using box = await served(echoingApi())
  const { server, socketPath, scratch } = box
  expect(await server.renew()).toBe(false)
  for (const taken of [socketPath, join(scratch.path, 'daemon.json')]) {
    rmSync(taken)
    expect(await server.renew()).toBe(true)
    expect(await (await clientOf(box)).units({ path: taken })).toEqual({ call: 'units', args: { path: taken } })
  }
  rmSync(socketPath)
  writeFileSync(socketPath, 'something else')
  expect(await server.renew()).toBe(true)
  expect(await (await clientOf(box)).deletes()).toMatchObject({ call: 'deletes' })
  expect(await server.renew()).toBe(false)
})
