import { makeWorld } from './makeWorld.ts'
import { addWorld, emptyTally } from './tally.ts'
import { runWorld } from './worldRun.ts'

/** What the run asks of one of its processes: these worlds. */
export type Range = { readonly first: number; readonly count: number }

// One of several processes of a run: it is handed ranges of seeds, and answers each with what they came to.
process.on('message', (range: Range) => {
  void runRange(range).then((tally) => process.send?.(tally))
})

async function runRange({ first, count }: Range) {
  const tally = emptyTally()
  for (let seed = first; seed < first + count; seed++) addWorld(tally, seed, await runWorld(makeWorld(seed)))
  return tally
}
