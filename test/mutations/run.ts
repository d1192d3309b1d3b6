import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Mutation } from './mutation.ts'
import { MUTATIONS } from './mutations.ts'

/**
 * `npm run mutate [-- PART]`: takes one rule after the other out of a copy of the tree and runs the one test that has to notice;
 * PART chooses rules whose name holds it. Exit 1 when a test passes without its rule, or fails with it.
 */
const root = fileURLToPath(new URL('../..', import.meta.url))
const chosen = MUTATIONS.filter(({ rule }) => rule.includes(process.argv[2] ?? ''))

const NOT_COPIED: ReadonlySet<string> = new Set(['.git', 'node_modules'])

type Verdict = 'noticed' | 'NOT NOTICED' | 'THE TEST FAILS ANYWAY' | 'THE TEXT IS GONE' | 'NO SUCH TEST'
type Ran = { readonly passed: number; readonly failed: number }

const copy = mkdtempSync(join(tmpdir(), 'encord-sync-mutate-'))
try {
  for (const name of readdirSync(root)) if (!NOT_COPIED.has(name)) cpSync(join(root, name), join(copy, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  const bad = chosen.filter((mutation) => {
    const began = performance.now()
    const verdict = judge(mutation)
    console.log(
      `${verdict.padEnd(11)} ${Math.round((performance.now() - began) / 1000)} s  ${mutation.rule}\n              ${mutation.test.file}: ${mutation.test.name}`,
    )
    return verdict !== 'noticed'
  })
  console.log(`${chosen.length - bad.length} of ${chosen.length} rules are noticed to be gone by the test that holds them`)
  process.exitCode = bad.length === 0 && chosen.length > 0 ? 0 : 1
} finally {
  rmSync(copy, { recursive: true, force: true })
}

function judge({ file, text, instead, test }: Mutation): Verdict {
  const path = join(copy, file)
  const whole = readFileSync(path, 'utf8')
  if (whole.split(text).length !== 2) return 'THE TEXT IS GONE'
  const before = run(test)
  if (before.failed > 0) return 'THE TEST FAILS ANYWAY'
  if (before.passed === 0) return 'NO SUCH TEST'
  writeFileSync(
    path,
    whole.replace(text, () => instead),
  )
  try {
    return run(test).failed > 0 ? 'noticed' : 'NOT NOTICED'
  } finally {
    writeFileSync(path, whole)
  }
}

/** @returns tests that ran; a file that does not even load counts as nothing */
function run({ file, name }: Mutation['test']): Ran {
  const pattern = name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  const { stdout } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', file, '-t', pattern, '--reporter=json'], {
    cwd: copy,
    encoding: 'utf8',
    env: { ...process.env, ENCORD_SYNC_WHOLE: '1' },
    maxBuffer: 64 * 1024 * 1024,
  })
  const report = /^\{.*\}$/m.exec(stdout)?.[0]
  if (report === undefined) return { passed: 0, failed: 0 }
  const { numPassedTests, numFailedTests } = JSON.parse(report) as { numPassedTests: number; numFailedTests: number }
  return { passed: numPassedTests, failed: numFailedTests }
}
