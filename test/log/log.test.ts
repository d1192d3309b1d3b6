import { fork } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { chooseFormat, type LogFormat } from '../../src/log/format.ts'
import { ScratchLog } from '../support/scratchLog.ts'

const NASTY = 'a b\n\u001b[31m\u202e"x"'

test('a human line has a time, a level, the name of the event and its fields', async () => {
  await using box = new ScratchLog({ format: 'human' })
  box.log.emit('delete.held', { folder: '/data', batch: 'b-1', units: 61, why: 'more than 50', next: 'encord-sync deletes list' })
  const [line] = await box.lines()
  expect(line).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d warn {2}delete\.held folder=\/data batch=b-1 units=61 why="more than 50" next="encord-sync deletes list"$/,
  )
})

test('colour marks the level only, and leaves the words', async () => {
  await using box = new ScratchLog({ format: 'human', colour: true })
  box.log.emit('service.stopped', { tookMs: 5 })
  const [line = ''] = await box.lines()
  expect(line).toContain('\u001b[32minfo')
  expect(stripVTControlCharacters(line)).toMatch(/ info {2}service\.stopped tookMs=5$/)
})

test('a line for the journal has its priority in front and no time of its own', async () => {
  await using box = new ScratchLog({ format: 'journald', level: 'debug' })
  box.log.emit('scan.failed', { folder: '/d', why: 'EIO', retryInMs: null })
  box.log.emit('scan.blind', { folder: '/d', dir: 'x', why: 'EACCES' })
  box.log.emit('service.ready', { folders: 1, tookMs: 2 })
  box.log.emit('upload.progress', { folder: '/d', path: 'a.mp4', sentBytes: 1, sizeBytes: 2 })
  expect(await box.lines()).toEqual([
    '<3>scan.failed folder=/d why=EIO',
    '<4>scan.blind folder=/d dir=x why=EACCES',
    '<6>service.ready folders=1 tookMs=2',
    '<7>upload.progress folder=/d path=a.mp4 sentBytes=1 sizeBytes=2',
  ])
})

test('a JSON line has the time in UTC and every field as it is, also those that are null', async () => {
  await using box = new ScratchLog({ format: 'json', wallMs: () => 1_700_000_000_000 })
  box.log.emit('unit.rejected', { folder: '/d', path: NASTY, why: 'looks cut off', next: null })
  const [line = ''] = await box.lines()
  expect(JSON.parse(line)).toEqual({
    time: '2023-11-14T22:13:20.000Z',
    level: 'warn',
    event: 'unit.rejected',
    folder: '/d',
    path: NASTY,
    why: 'looks cut off',
    next: null,
  })
})

test.each<LogFormat>(['human', 'journald', 'json'])(
  'a name with ESC, newline and bidi marks stays on one %s line and steers nothing',
  async (format) => {
    await using box = new ScratchLog({ format })
    box.log.emit('unit.returned', { folder: '/d', path: NASTY })
    const lines = await box.lines()
    expect(lines).toHaveLength(1)
    expect(lines[0]).not.toMatch(format === 'json' ? /\p{Cc}/u : /\p{Cc}|\p{Cf}/u)
    if (format !== 'json') expect(lines[0]).toContain(String.raw`path="a b\n\x1b[31m\u202e\"x\""`)
  },
)

test('what is less urgent than the level is not written, and a folder that becomes ok is no warning', async () => {
  await using box = new ScratchLog({ format: 'json', level: 'warn' })
  box.log.emit('service.ready', { folders: 1, tookMs: 2 })
  box.log.emit('folder.state', { folder: '/d', state: 'ok', was: 'absent', why: 'it is there', next: null })
  box.log.emit('folder.state', { folder: '/d', state: 'absent', was: 'ok', why: 'ENOENT', next: null })
  expect((await box.lines()).map((line) => (JSON.parse(line) as { state: string }).state)).toEqual(['absent'])
})

test.each<LogFormat>(['human', 'journald', 'json'])(
  'known secrets and the queries of addresses do not reach the %s log',
  async (format) => {
    await using box = new ScratchLog({ format })
    box.secrets.add('k"ey+1/=')
    box.log.emit('config.warning', { text: `k"ey+1/= and ${encodeURIComponent('k"ey+1/=')} at https://s3.example/b/o?X-Sig=abc&e=1 end` })
    const text = (await box.lines()).join()
    expect(text).not.toMatch(/ey\+1|k%22ey|abc|e=1/)
    expect(text).toContain('https://s3.example/b/o?[secret] end')
  },
)

test('a secret that becomes known later is caught from then on', async () => {
  await using box = new ScratchLog({ format: 'json' })
  box.secrets.add('second-key')
  box.log.emit('config.warning', { text: 'second-key' })
  expect((await box.lines()).join()).not.toContain('second-key')
})

test('auto is human on a terminal, the journal under systemd, JSON otherwise; a file is never the journal', () => {
  const journal = { JOURNAL_STREAM: '8:1234' }
  const file = openSync(new URL(import.meta.url), 'r')
  expect(chooseFormat('auto', { isTTY: true, fd: 2 }, journal)).toBe('human')
  expect(chooseFormat('auto', {}, journal)).toBe('journald')
  expect(chooseFormat('auto', { fd: file }, journal)).toBe('json')
  expect(chooseFormat('auto', {}, {})).toBe('json')
  expect(chooseFormat('human', {}, journal)).toBe('human')
})

test.each([true, false])(
  'a stream that fails takes nothing down, and the log can still be closed (autoDestroy: %s)',
  async (autoDestroy) => {
    let attempts = 0
    const stream = new Writable({
      autoDestroy,
      write(_chunk, _encoding, done) {
        attempts++
        done(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
      },
    })
    await using box = new ScratchLog({ stream })
    box.log.emit('config.warning', { text: 'lost' })
    box.log.emit('config.warning', { text: 'lost too' })
    await box.log.close()
    expect(attempts).toBeGreaterThan(0)
  },
)

test('events after the close are dropped', async () => {
  await using box = new ScratchLog({ format: 'json' })
  await box.log.close()
  box.log.emit('service.stopped', { tookMs: 1 })
  expect(box.written).toBe('')
})

test('a process whose readers are gone goes on, and ends by itself when it has nothing to do', async () => {
  const child = fork(new URL('../support/chattyProcess.ts', import.meta.url), {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const ended = once(child, 'exit')
  const ask = async (lines: number) => {
    const answer = once(child, 'message')
    child.send(lines)
    return ((await answer) as unknown[])[0]
  }
  child.stdout?.resume()
  const firstLines = once(child.stderr as NodeJS.ReadableStream, 'data')
  expect(await ask(3)).toEqual({ stdoutClosed: false })
  await firstLines
  child.stdout?.destroy()
  child.stderr?.destroy()
  await ask(2000)
  expect(await ask(2000)).toEqual({ stdoutClosed: true })
  child.disconnect()
  expect(await ended).toEqual([0, null])
})
