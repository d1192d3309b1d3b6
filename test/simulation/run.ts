import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeWorld } from './makeWorld.ts'
import type { Range } from './rangeProcess.ts'
import { shrink } from './shrink.ts'
import { addTally, addWorld, emptyTally, type Failure, metLines, type Tally } from './tally.ts'
import { runWorld } from './worldRun.ts'

/** Worlds that one process is handed at a time: a second of work. */
const SLICE = 20
const PROGRESS_MS = 10_000

const USAGE = `npm run simulate -- [--seeds N] [--seed S] [--jobs J] [--failures M] [--shrink] [--trace]
  runs the worlds S, S+1 … in J processes (2), stops after M failures (1), and makes failing worlds smaller`

type Options = {
  readonly first: number
  readonly count: number
  readonly jobs: number
  readonly most: number
  readonly isShrinking: boolean
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      jobs: { type: 'string' },
      failures: { type: 'string' },
      shrink: { type: 'boolean' },
      trace: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) {
    console.log(USAGE)
    return 0
  }
  const most = Number(values.failures ?? 1)
  const options: Options = {
    first: Number(values.seed ?? 1),
    count: Number(values.seeds ?? (values.seed === undefined ? 200 : 1)),
    jobs: Number(values.jobs ?? 2),
    most,
    isShrinking: values.shrink === true || most === 1,
  }
  const began = performance.now()
  const isAlone = values.trace === true || options.jobs === 1 || options.count <= SLICE
  const tally = isAlone
    ? await runHere(options, values.trace === true ? (line) => console.log(line) : null)
    : await runApart(options, began)
  const seconds = (performance.now() - began) / 1_000
  for (const line of metLines(tally, process.stdout.columns ?? 140)) console.log(line)
  console.log(
    `${tally.worlds} worlds from seed ${options.first} in ${seconds.toFixed(1)} s (${((seconds * 1_000) / tally.worlds).toFixed(1)} ms each): ` +
      `${tally.failures.length} failed; ${(tally.livedMs / 3_600_000).toFixed(1)} h lived, ${tally.rows} rows, ` +
      `${tally.deletes} deletes, ${tally.processes} processes`,
  )
  if (tally.failures.length === 0) return 0
  const seeds = tally.failures.map((failure) => failure.seed).sort((a, b) => a - b)
  console.log(`failing seeds: ${seeds.join(' ')}`)
  if (options.isShrinking) for (const failure of tally.failures) await makeSmaller(failure)
  return 1
}

async function runHere(options: Options, trace: ((line: string) => void) | null): Promise<Tally> {
  const tally = emptyTally()
  for (let seed = options.first; seed < options.first + options.count && tally.failures.length < options.most; seed++) {
    const failed = tally.failures.length
    addWorld(tally, seed, await runWorld(makeWorld(seed), {}, trace))
    tally.failures.slice(failed).forEach(printFailure)
  }
  return tally
}

/** Hands out slices of seeds to processes of their own, one at a time, and adds up what they answer. */
async function runApart(options: Options, began: number): Promise<Tally> {
  const tally = emptyTally()
  const end = options.first + options.count
  let next = options.first
  const progress = setInterval(() => {
    const each = (performance.now() - began) / Math.max(1, tally.worlds)
    const leftS = Math.round((each * (options.count - tally.worlds)) / 1_000)
    console.log(`${tally.worlds} of ${options.count} worlds, ${tally.failures.length} failed, ${each.toFixed(1)} ms each, ${leftS} s left`)
  }, PROGRESS_MS)
  const job = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(fileURLToPath(new URL('./rangeProcess.ts', import.meta.url)))
      let at = next
      const hand = (): void => {
        if (next >= end || tally.failures.length >= options.most) {
          child.disconnect()
          return
        }
        const range: Range = { first: next, count: Math.min(SLICE, end - next) }
        at = next
        next += range.count
        child.send(range)
      }
      child.on('message', (more: Tally) => {
        more.failures.forEach(printFailure)
        addTally(tally, more)
        hand()
      })
      child.on('exit', (code, signal) => {
        if (code === 0) resolve()
        else reject(new Error(`a process of the run ended with ${code ?? signal}, in a world from seed ${at} on`))
      })
      hand()
    })
  try {
    await Promise.all(Array.from({ length: options.jobs }, job))
  } finally {
    clearInterval(progress)
  }
  return tally
}

function printFailure({ seed, lines }: Failure): void {
  console.log(`seed ${seed}: ${lines.join('\n  ')}`)
}

async function makeSmaller({ seed, promise }: Failure): Promise<void> {
  const small = await shrink(makeWorld(seed), promise)
  console.log(`seed ${seed}, smaller: ${small.result.broken.map((one) => `[${one.promise}] ${one.what}`).join('; ')}`)
  console.log(JSON.stringify(small.world))
}

process.exitCode = await main()
