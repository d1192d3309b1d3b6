import { runOnce } from '../../src/app/once.ts'
import { loadConfig } from '../../src/config/load.ts'
import { Secrets } from '../../src/model/secrets.ts'
import { realClock } from '../support/realClock.ts'

/**
 * One pass as a process that dies at a crash point: `onceMain.ts CONFIG POINT NTH`. It ends itself with SIGKILL when that point is
 * reached for the nth time, as a power cut would; else it exits with the pass's exit code. The API key comes from ENCORD_API_KEY.
 */
const [file = '', point = '', nth = '1'] = process.argv.slice(2)
let left = Number(nth)

const config = loadConfig({ file, directory: '/', env: process.env, home: '/', platform: 'linux', secrets: new Secrets() })
const result = await runOnce(
  config,
  {
    clock: realClock,
    random: Math.random,
    log: { emit: () => undefined },
    signal: new AbortController().signal,
    crashPoint(name) {
      if (name !== point) return
      left -= 1
      if (left === 0) process.kill(process.pid, 'SIGKILL')
    },
    onProgress: () => undefined,
    onEnd: async () => undefined,
  },
  60_000,
)
process.exitCode = result.exitCode
