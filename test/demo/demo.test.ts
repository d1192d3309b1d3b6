import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { DemoResult } from '../../src/demo/demo.ts'
import { copyLaterSample } from '../../src/demo/samples.ts'
import { type CommandProcess, startCommand } from '../support/commandProcess.ts'
import { type ScratchFolder, scratchFolder } from '../support/scratchFolder.ts'

// Each run takes some 15 s, nearly all of it waiting: they run side by side.
const LIMIT_MS = 180_000

let scratch: ScratchFolder
beforeAll(() => {
  scratch = scratchFolder()
})
afterAll(() => scratch[Symbol.dispose]())

function startDemo(name: string, ...args: readonly string[]): CommandProcess {
  const parent = join(scratch.path, name)
  mkdirSync(parent)
  return startCommand(['demo', ...args], { env: { TMPDIR: parent } })
}

/** What the demo prints, from now on; resolves with all of it once the pattern is there. */
function printed(demo: CommandProcess) {
  let text = ''
  const watchers = new Set<() => void>()
  demo.child.stdout?.on('data', (part: string) => {
    text += part
    for (const watcher of watchers) watcher()
  })
  return (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const check = () => {
        const match = pattern.exec(text)
        if (match !== null) resolve(match)
      }
      watchers.add(check)
      check()
      void demo.finished.then(() => reject(new Error(`the demo ended without ${pattern}:\n${text}`)))
    })
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // On Linux a process that has ended and was not waited for yet is still there, as a zombie.
    if (process.platform !== 'linux') return true
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

const SERVICE = /process (\d+),/

describe.concurrent('the demo as a process', () => {
  test('ends with every row equal to its file, and one JSON summary with --json', { timeout: LIMIT_MS }, async ({ expect }) => {
    const { code, stdout, stderr } = await startDemo('json', '--json').finished

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const result = JSON.parse(stdout) as DemoResult
    expect(result.failure).toBeNull()
    expect(result.steps.map(({ calls }) => calls)).toEqual([
      { puts: 0, registers: 0, deletes: 0 },
      { puts: 14, registers: 9, deletes: 0 },
      { puts: 1, registers: 1, deletes: 0 },
      { puts: 1, registers: 1, deletes: 1 },
      { puts: 0, registers: 0, deletes: 0 },
      { puts: 0, registers: 0, deletes: 1 },
    ])
    const units = result.lines.filter((line) => line.kind !== 'frame')
    expect(units.map(({ title, equal }) => [title, equal])).toEqual(
      ['colours.webm', 'dive.mp4', 'green-hills.webp', 'harbour.png', 'mist.jpg', 'night.jpg', 'orchard', 'quay', 'sunrise.jpg'].map(
        (title) => [title, true],
      ),
    )
    for (const line of result.lines) expect(line.localSha256).toBe(line.datasetSha256)
    expect(result.lines.filter((line) => line.kind === 'frame').map((line) => line.title)).toEqual([
      'orchard/frame8.jpg',
      'orchard/frame9.jpg',
      'orchard/frame10.jpg',
      'orchard/frame11.jpg',
      'quay/1.png',
      'quay/2.png',
      'quay/3.png',
    ])
    expect(statSync(result.place.config).mode & 0o777).toBe(0o600)
    expect(statSync(result.place.keyFile).mode & 0o777).toBe(0o600)
    const key = readFileSync(result.place.keyFile, 'utf8').trim()
    expect(readFileSync(result.place.log, 'utf8')).not.toContain(key)
    expect(stdout).not.toContain(key)
  })

  test('stays up for files of a person with --keep-running, until a signal', { timeout: LIMIT_MS }, async ({ expect }) => {
    const demo = startDemo('keep', '--plain', '--keep-running')
    const saw = printed(demo)
    const [, folder = ''] = await saw(/folder {4}(.+)/)
    const [, pid] = await saw(SERVICE)
    await saw(/equal: all 9 rows hold exactly what the folder holds/)
    await saw(/Still running/)
    expect(isRunning(Number(pid))).toBe(true)

    copyLaterSample('mist.jpg', join(folder, 'of my own.jpg'))
    await saw(/\+ of my own\.jpg: in the dataset as an image/)
    demo.child.kill('SIGINT')
    const { code } = await demo.finished

    expect({ code, isRunning: isRunning(Number(pid)) }).toEqual({ code: 0, isRunning: false })
  })

  test('names the step and what is missing, and exits with 1, when the service dies', { timeout: LIMIT_MS }, async ({ expect }) => {
    const demo = startDemo('dies', '--plain')
    const saw = printed(demo)
    const [, pid] = await saw(SERVICE)
    await saw(/^3\/6/m)
    process.kill(Number(pid), 'SIGKILL')
    const { code, stdout } = await demo.finished

    expect(code).toBe(1)
    expect(stdout).toContain(
      'the demo failed at: A file is added: mist.jpg\n  the service ended (SIGKILL)\n  missing: mist.jpg in the dataset',
    )
  })

  test('leaves no process behind when it is stopped half-way, even by a second signal at once', { timeout: LIMIT_MS }, async ({
    expect,
  }) => {
    for (const signals of [['SIGINT'], ['SIGTERM', 'SIGTERM'], ['SIGHUP']] as const) {
      const demo = startDemo(signals.join('-'), '--plain')
      const saw = printed(demo)
      const [, pid] = await saw(SERVICE)
      await saw(/^2\/6/m)
      for (const signal of signals) demo.child.kill(signal)
      const { code } = await demo.finished

      expect(code, signals.join()).not.toBe(0)
      await expect.poll(() => isRunning(Number(pid)), { message: signals.join(), timeout: 30_000 }).toBe(false)
    }
  })
})
