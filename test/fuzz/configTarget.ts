import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfigText } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problem.ts'
import { UserError } from '../../src/model/error.ts'
import { Secrets } from '../../src/model/secrets.ts'
import { between } from '../simulation/chance.ts'
import { oneFolder } from '../support/configBox.ts'
import { mangle } from './mangle.ts'
import type { FuzzTarget } from './target.ts'

const FROM: readonly Buffer[] = [
  readFileSync(new URL('../../config.example.yaml', import.meta.url)),
  Buffer.from(oneFolder()),
  Buffer.from(
    oneFolder(
      'title: "{dir}/{stem}"\nignore: ["*.bak", "scratch/"]\nsettle: 5s\ndeletes: { mode: hold, grace: 2m, limit: { count: 5, percent: 10, per: 24h } }',
    ),
  ),
  Buffer.from(
    'encord: { domain: "http://127.0.0.1:9", absent_gap: 1s }\nledger: state/ledger.db\nfolders: []\nupload: { concurrency: auto, bandwidth: 50MB/s }\n',
  ),
]

const WORDS = [
  '*a',
  '&a',
  '<<: *a',
  '!!binary',
  '!!js/function',
  '? ',
  '- ',
  ': ',
  '|',
  '>',
  '---\n',
  '...\n',
  '#',
  '\t',
  '~',
  '.inf',
  '.nan',
  '0o17',
  '2m',
  '-5s',
  '1e9d',
  '50MB/s',
  `\${ENCORD_API_KEY}`,
  '${',
  '$',
  'folders:',
  'folders[0]',
  '__proto__:',
  'constructor:',
  'toString:',
  '"',
  "'",
  '[',
  ']',
  '{',
  '}',
  '%',
  '\\x00',
  '/dev/zero',
  '/proc/self/mem',
]

/** Of the processor's time: other work on the machine is no fault of the text's. */
const LONGEST_MS = 10_000

type Load = typeof loadConfigText

/** Config text: it is a config, or a UserError whose problems all have a line and a column. @param load what reads it */
export function configTarget(load: Load = loadConfigText): FuzzTarget {
  const home = mkdtempSync(join(tmpdir(), 'encord-sync-fuzz-'))
  return {
    name: 'config',
    make(random) {
      if (random() < 0.02) return extreme(between(random, 0, 4))
      return mangle(random, FROM, WORDS)
    },
    async feed(input) {
      const began = process.cpuUsage()
      const text = { text: input.toString('utf8'), ownerOnly: true, file: join(home, 'config.yaml'), shown: 'config.yaml' }
      const env = { ENCORD_API_KEY: 'SECRET-of-the-environment' }
      try {
        load(text, { env, home, platform: 'linux', secrets: new Secrets() })
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        if (error.message.includes('SECRET-of-the-environment')) throw new Error('a secret is in the message', { cause: error })
        if (error instanceof ConfigError) checkPlaces(error, text.text)
      }
      const { user, system } = process.cpuUsage(began)
      const tookMs = (user + system) / 1_000
      if (tookMs > LONGEST_MS) throw new Error(`it took ${Math.round(tookMs)} ms`)
    },
    async [Symbol.asyncDispose]() {
      rmSync(home, { recursive: true, force: true })
    },
  }
}

function checkPlaces(error: ConfigError, text: string): void {
  const lines = text.split(/\r\n|\r|\n/).length
  if (error.problems.length === 0) throw new Error('refused without a problem')
  for (const { line, column, message } of error.problems) {
    const isPlace = Number.isInteger(line) && Number.isInteger(column) && line >= 1 && column >= 1 && line <= lines + 1
    if (!isPlace || message === '') throw new Error(`a problem without a place: ${line}:${column}: ${message} (of ${lines} lines)`)
  }
}

/** Deep, wide, self-multiplying. */
function extreme(which: number): Buffer {
  switch (which) {
    case 0:
      return Buffer.from('['.repeat(20_000))
    case 1:
      return Buffer.from(`folders:\n${'  - path: a\n'.repeat(1_000)}`)
    case 2: {
      const doubled = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)
      return Buffer.from(`a0: &a0 [x, x]\n${doubled.join('\n')}\n`)
    }
    case 3:
      return Buffer.from(`${'{a: '.repeat(5_000)}1${'}'.repeat(5_000)}`)
    default:
      return Buffer.from(`ledger: ${'x'.repeat(150_000)}\n`)
  }
}
