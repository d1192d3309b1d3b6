import type { CrashPoint } from '../sync/effectTools.ts'

/**
 * For the crash matrix: `ENCORD_SYNC_CRASH_AT=register.answered` (or `register.answered:3` for the third time) ends the process
 * with SIGKILL at that point. Without the variable, nothing.
 */
export function crashPointOf(env: NodeJS.ProcessEnv): (name: CrashPoint) => void {
  const wanted = env['ENCORD_SYNC_CRASH_AT']
  if (wanted === undefined) return () => undefined
  const [point, count = '1'] = wanted.split(':')
  let left = Number(count)
  return (name) => {
    if (name !== point) return
    left--
    if (left <= 0) process.kill(process.pid, 'SIGKILL')
  }
}
