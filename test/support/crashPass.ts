import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CrashPoint } from '../../src/sync/effectTools.ts'
import { type Finished, startCommand } from './commandProcess.ts'
import type { SyncBox } from './syncBox.ts'

const PROJECT = new URL('../..', import.meta.url).pathname
let built: string | null = null

/** A pass over the box's folder as a process of its own, which dies by SIGKILL when it reaches `point` for the nth time. */
export function crashPass(box: SyncBox, point: CrashPoint | 'none', nth = 1, settings = ''): Promise<Finished> {
  built ??= buildOnce()
  return startCommand([box.configure(settings), point, String(nth)], {
    program: [process.execPath, built],
    env: { ENCORD_API_KEY: box.emulator.key },
  }).finished
}

/** Bundled, the pass starts in a fraction of the time that its sources take. What earlier processes of tests built goes. */
function buildOnce(): string {
  const cache = join(PROJECT, 'node_modules/.cache/crash')
  mkdirSync(cache, { recursive: true })
  for (const pid of readdirSync(cache)) if (!isAlive(Number(pid))) rmSync(join(cache, pid), { recursive: true, force: true })
  const directory = join(cache, String(process.pid))
  const programs = ['cli/onceMain=test/crash/onceMain.ts', 'app/survey.worker=src/app/survey.worker.ts']
  execFileSync(process.execPath, [join(PROJECT, 'scripts/bundle.mjs'), directory, ...programs])
  return join(directory, 'cli/onceMain.js')
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
