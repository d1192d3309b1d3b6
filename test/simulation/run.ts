import { makeWorld } from './makeWorld.ts'
import { shrink } from './shrink.ts'
import { runWorld } from './worldRun.ts'

/** `npm run simulate -- --seeds N [--seed S] [--trace]`: runs the worlds S, S+1 … and makes a failing one smaller. */
async function main(args: readonly string[]): Promise<number> {
  const option = (name: string): string | null => (args.includes(name) ? (args[args.indexOf(name) + 1] ?? '') : null)
  const first = Number(option('--seed') ?? 1)
  const count = Number(option('--seeds') ?? (option('--seed') === null ? 200 : 1))
  const trace = args.includes('--trace') ? (line: string) => console.log(line) : null
  const most = Number(option('--failures') ?? 1)
  const began = performance.now()
  let failed = 0
  const totals = { livedMs: 0, deletes: 0, rows: 0, processes: 0 }
  for (let seed = first; seed < first + count; seed++) {
    const world = makeWorld(seed)
    const result = await runWorld(world, {}, trace)
    totals.livedMs += result.livedMs
    totals.deletes += result.deletes
    totals.rows += result.rows
    totals.processes += result.processes
    if (result.broken.length === 0) continue
    failed++
    console.log(`seed ${seed}: ${result.broken.map((one) => `[${one.promise}] ${one.what} (at ${one.atMs} ms)`).join('\n  ')}`)
    if (args.includes('--shrink') || most === 1) {
      const small = await shrink(world, result.broken[0]?.promise ?? '')
      console.log(`  smaller: ${small.result.broken.map((one) => `[${one.promise}] ${one.what}`).join('; ')}`)
      console.log(JSON.stringify(small.world))
    }
    if (failed >= most) break
  }
  const seconds = (performance.now() - began) / 1_000
  console.log(
    `${count} worlds from seed ${first} in ${seconds.toFixed(1)} s (${((seconds * 1_000) / count).toFixed(1)} ms each): ${failed} failed; ` +
      `${(totals.livedMs / 3_600_000).toFixed(1)} h lived, ${totals.rows} rows, ${totals.deletes} deletes, ${totals.processes} processes`,
  )
  return failed === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
