import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Notice } from '../../src/model/notice.ts'
import { deliver } from '../../src/notify/deliver.ts'
import { manualClock } from '../support/manualClock.ts'
import { realClock } from '../support/realClock.ts'
import { scratchFolder } from '../support/scratchFolder.ts'
import { openScriptedServer } from '../support/scriptedServer.ts'

const NOTICE: Notice = {
  event: 'begin',
  key: 'batch.3:f',
  cause: 'deletes-held',
  folder: '/data/a "b"',
  what: '/data/a "b": 61 deletes wait for a decision',
  next: 'encord-sync deletes list',
  sinceMs: 0,
  atMs: 10_000,
}
const PAYLOAD = {
  version: 1,
  event: 'begin',
  cause: 'deletes-held',
  id: 'batch.3:f',
  folder: '/data/a "b"',
  what: '/data/a "b": 61 deletes wait for a decision',
  next: 'encord-sync deletes list',
  since: '1970-01-01T00:00:00.000Z',
  at: '1970-01-01T00:00:10.000Z',
  host: 'rig-7',
  text: 'encord-sync on rig-7: /data/a "b": 61 deletes wait for a decision',
}
const SECRET = 'T0ken-in-the-path'
const tools = { clock: realClock, env: { PATH: process.env['PATH'], HOME: '/home/x', ENCORD_API_KEY: 'SECRET-key' }, host: 'rig-7' }
const webhook = (url: string | null) => ({ command: null, readWebhook: () => ({ url }) })

function script(directory: string, text: string): string {
  const file = join(directory, 'tell')
  writeFileSync(file, `#!/bin/sh\n${text}\n`)
  chmodSync(file, 0o755)
  return file
}

test('a command gets the notice as JSON on its input, its own arguments unchanged, and no secret of ours', async () => {
  using scratch = scratchFolder()
  const out = join(scratch.path, 'out')
  const command = [script(scratch.path, `cat > "$1"; echo "$2" >> "$1"; env >> "$1"`), out, '$(date) ; "x"']
  expect(await deliver(NOTICE, { command, readWebhook: () => ({ url: null }) }, tools)).toEqual([{ by: 'command', why: null }])
  const [json = '', argument, ...env] = readFileSync(out, 'utf8').split('\n')
  expect(JSON.parse(json)).toEqual(PAYLOAD)
  expect(argument).toBe('$(date) ; "x"')
  expect(env.join('\n')).toContain('HOME=/home/x')
  expect(env.join('\n')).not.toContain('SECRET')
})

test.each([
  ['ends with an error', 'exit 3', /ended with exit code 3/],
  ['reads nothing of its input', 'exit 0', null],
  ['is killed', 'kill -9 $$', /was ended/],
])('a command that %s', async (_name, text, why) => {
  using scratch = scratchFolder()
  const [delivery] = await deliver(NOTICE, { command: [script(scratch.path, text)], readWebhook: () => ({ url: null }) }, tools)
  expect(delivery?.why).toEqual(why === null ? null : expect.stringMatching(why))
})

test('a command that is not there is said to be so', async () => {
  const [delivery] = await deliver(NOTICE, { command: ['/no/such/program'], readWebhook: () => ({ url: null }) }, tools)
  expect(delivery).toEqual({ by: 'command', why: 'the command /no/such/program could not be started (ENOENT)' })
})

test.each([
  ['too long for the system', ['true', 'x'.repeat(300_000)], /^the command true could not be started \(E2BIG\)$/],
  ['no word of a command line', ['true', 'a\0b'], /^the command true could not be started \(ERR_/],
])('a command that is %s ends nothing else', async (_name, command, why) => {
  const [delivery] = await deliver(NOTICE, { command, readWebhook: () => ({ url: null }) }, tools)
  expect(delivery?.why).toMatch(why)
})

test('a webhook gets the same JSON', async () => {
  await using server = await openScriptedServer()
  server.script((response) => response.writeHead(204).end())
  expect(await deliver(NOTICE, webhook(`${server.url}/hook/${SECRET}?x=1`), tools)).toEqual([{ by: 'webhook', why: null }])
  const [request] = server.requests
  expect([request?.method, request?.path, request?.headers['content-type']]).toEqual(['POST', `/hook/${SECRET}?x=1`, 'application/json'])
  expect(JSON.parse(String(request?.body))).toEqual(PAYLOAD)
})

test.each([
  ['refuses', 403, /answered HTTP 403/],
  ['sends elsewhere', 302, /answered HTTP 302/],
])('a webhook that %s is told by its host alone, and not followed', async (_name, status, why) => {
  await using server = await openScriptedServer()
  server.script((response) => response.writeHead(status, { location: 'http://127.0.0.1:9/' }).end(SECRET))
  const [delivery] = await deliver(NOTICE, webhook(`${server.url}/${SECRET}`), tools)
  expect(delivery?.why).toMatch(why)
  expect(delivery?.why).not.toContain(SECRET)
  expect(server.requests).toHaveLength(1)
})

test('a webhook that is away, or hangs, is given up', async () => {
  const [away] = await deliver(NOTICE, webhook(`http://127.0.0.1:9/${SECRET}`), tools)
  expect(away?.why).toBe('the webhook at 127.0.0.1:9 could not be reached (ECONNREFUSED)')
  await using server = await openScriptedServer()
  const clock = manualClock()
  let arrived: () => void = () => undefined
  const seen = new Promise<void>((resolve) => {
    arrived = resolve
  })
  server.script(() => arrived())
  const hanging = deliver(NOTICE, webhook(server.url), { ...tools, clock })
  await seen
  await clock.advance(10_000)
  expect((await hanging)[0]?.why).toMatch(/could not be reached \(no answer within 10 s\)$/)
})
