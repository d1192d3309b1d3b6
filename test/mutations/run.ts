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

type Verdict = 'noticed' | 'NOT NOTICED' | 'IT DOES NOT BUILD' | 'THE TEST FAILS ANYWAY' | 'THE TEXT IS GONE' | 'NO SUCH TEST'
type Ran = { readonly name: string; readonly hasPassed: boolean }

const copy = mkdtempSync(join(tmpdir(), 'encord-sync-mutate-'))
try {
  for (const name of readdirSync(root)) if (!NOT_COPIED.has(name)) cpSync(join(root, name), join(copy, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  // Once for all: without a mutation each of these tests passes.
  const whole = run([...new Set(chosen.map(({ test }) => test.file))], null)
  const bad = chosen.filter((mutation) => {
    const began = performance.now()
    const verdict = judge(mutation, whole)
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

function judge({ file, text, instead, test }: Mutation, before: readonly Ran[]): Verdict {
  const path = join(copy, file)
  const whole = readFileSync(path, 'utf8')
  if (whole.split(text).length !== 2) return 'THE TEXT IS GONE'
  const own = before.filter((one) => one.name.includes(test.name))
  if (own.length === 0) return 'NO SUCH TEST'
  if (own.some((one) => !one.hasPassed)) return 'THE TEST FAILS ANYWAY'
  writeFileSync(
    path,
    whole.replace(text, () => instead),
  )
  try {
    const ran = run([test.file], test.name)
    if (ran.length === 0) return 'IT DOES NOT BUILD'
    return ran.some((one) => !one.hasPassed) ? 'noticed' : 'NOT NOTICED'
  } finally {
    writeFileSync(path, whole)
  }
}

/**
 * @param name a part of the names of the tests to run; null: all
 * @returns tests that ran; a file that does not even load counts as nothing
 */
function run(files: readonly string[], name: string | null): readonly Ran[] {
  const chosenTests = name === null ? [] : ['-t', name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')]
  const { stdout } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...files, ...chosenTests, '--reporter=json'], {
    cwd: copy,
    encoding: 'utf8',
    env: { ...process.env, ENCORD_SYNC_WHOLE: '1' },
    maxBuffer: 64 * 1024 * 1024,
  })
  const report = /^\{.*\}$/m.exec(stdout)?.[0]
  if (report === undefined) return []
  const { testResults } = JSON.parse(report) as Report
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'passed' || status === 'failed')
    .map(({ fullName, status }) => ({ name: fullName, hasPassed: status === 'passed' }))
}

/** The part of vitest's JSON that is used. */
type Report = {
  readonly testResults: readonly { readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[] }[]
}
