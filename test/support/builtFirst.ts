import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Before the first test: tests start the built program, and its survey thread, which are of these very sources. */
export function setup(): void {
  const script = fileURLToPath(new URL('../../scripts/setup.mjs', import.meta.url))
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' })
  if (status !== 0) throw new Error('the sources could not be built')
}
