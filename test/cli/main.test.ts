import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CommandBox } from '../support/commandBox.ts'
import { scratchFolder } from '../support/scratchFolder.ts'

const ROOT = new URL('../../', import.meta.url).pathname
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }

/** The real command as a process. */
function start(words: readonly string[], options: { readonly nodeOptions?: readonly string[]; readonly home?: string } = {}): ChildProcess {
  const { nodeOptions = [], home = '/nowhere' } = options
  return spawn(process.execPath, [...nodeOptions, join(ROOT, 'dist/cli/main.js'), ...words], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: home, ENCORD_API_KEY: 'key' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  let [stdout, stderr] = ['', '']
  child.stdout?.on('data', (part) => {
    stdout += String(part)
  })
  child.stderr?.on('data', (part) => {
    stderr += String(part)
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

test.concurrent('--version prints the version of the package and nothing else', async () => {
  expect(await ended(start(['--version']))).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test.concurrent('the exit code of a command is that of its process', async () => {
  const { code, stderr } = await ended(start(['status', '--jsn']))
  expect(code).toBe(2)
  expect(stderr).toContain('did you mean --json?')
})

test.concurrent('a SQLite module of another Node is one plain message that names the command which helps', async () => {
  using box = new CommandBox()
  box.configure([box.folder('in')])
  const refuse = `process.dlopen=()=>{throw Object.assign(new Error('was compiled against NODE_MODULE_VERSION 1'),{code:'ERR_DLOPEN_FAILED'})}`
  const nodeOptions = ['--import', `data:text/javascript,${encodeURIComponent(refuse)}`]
  const { code, stderr } = await ended(start(['status', '--config', box.configFile], { nodeOptions }))
  expect(code).toBe(2)
  expect(stderr).toBe(
    `error: better-sqlite3 was not built for this Node (${process.version})\n  not done: nothing was started or sent\n  next: npm rebuild better-sqlite3\n`,
  )
})

test.concurrent('a reader that goes away after the first line is no error', async () => {
  using box = new CommandBox()
  const folder = box.folder('in')
  box.configure([folder])
  box.ledger.now(() => {
    for (let index = 0; index < 3000; index++) box.file(folder, `${'long name '.repeat(10)}${index}.txt`, { problem: 'unknown-type' })
  })
  const child = start(['units', '--config', box.configFile])
  child.stdout?.once('data', () => child.stdout?.destroy())
  let stderr = ''
  child.stderr?.on('data', (part) => {
    stderr += String(part)
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  expect([code, stderr]).toEqual([0, ''])
})

test.concurrent('the emulator prints one line when it is ready, and a signal ends it with 0', async () => {
  using scratch = scratchFolder()
  const child = start(['emulator', '--listen', '127.0.0.1:0', '--data', join(scratch.path, 'emu'), '--json'])
  const all = ended(child)
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer]
  const { url } = JSON.parse(String(line)) as { url: string }
  expect((await fetch(url)).headers.get('x-encord-emulator')).not.toBe(null)
  child.kill('SIGTERM')
  expect(await all).toMatchObject({ code: 0, stderr: '' })
})

test.concurrent('an emulator that cannot start says why, exit 2', async () => {
  using scratch = scratchFolder()
  const { code, stderr } = await ended(start(['emulator', '--listen', '0.0.0.0:0', '--data', join(scratch.path, 'emu')]))
  expect(code).toBe(2)
  expect(stderr).toMatch(/^error: the emulator cannot run: .*loopback/)
})
