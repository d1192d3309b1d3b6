import type { CrashPoint } from '../../src/sync/effectTools.ts'
import { type Finished, startCommand } from './commandProcess.ts'
import type { SyncBox } from './syncBox.ts'

const ONCE_MAIN = new URL('../crash/onceMain.ts', import.meta.url).pathname

/** A pass over the box's folder as a process of its own, which dies by SIGKILL when it reaches `point` for the nth time. */
export function crashPass(box: SyncBox, point: CrashPoint | 'none', nth = 1, settings = ''): Promise<Finished> {
  return startCommand([box.configure(settings), point, String(nth)], {
    program: [process.execPath, '--import', 'tsx', ONCE_MAIN],
    env: { ENCORD_API_KEY: box.emulator.key },
  }).finished
}
