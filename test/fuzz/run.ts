import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { configTarget } from './configTarget.ts'
import { localTarget } from './localTarget.ts'
import { mediaTarget } from './mediaTarget.ts'
import { protocolTarget } from './protocolTarget.ts'
import { type FuzzTarget, keepCase, tryOne } from './target.ts'

/**
 * `npm run fuzz -- --minutes N [--target NAME] [--seed S]`: feeds what strangers may send, and keeps each case that is found in
 * test/fuzz/corpus. With --seed alone: that one input again.
 */
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, target: { type: 'string' }, seed: { type: 'string' } },
})
const OPENERS: Readonly<Record<string, () => FuzzTarget | Promise<FuzzTarget>>> = {
  config: configTarget,
  protocol: protocolTarget,
  media: mediaTarget,
  local: localTarget,
}
const names = Object.keys(OPENERS).filter((name) => values.target === undefined || name === values.target)
if (names.length === 0) throw new Error(`no target ${values.target}: ${Object.keys(OPENERS).join(', ')}`)

/** Growth of the whole process that is no chance any more, bytes. */
const MOST_GROWTH_BYTES = 300_000_000
/** A loop that stands still for so long is a hang; the input is the one that was printed last, ms. */
const HANG_MS = 20_000

const heartbeat = new SharedArrayBuffer(4)
const beats = new Int32Array(heartbeat)
/** Nobody else can tell of a loop that never ends. */
const watchdog = new Worker(
  `const { workerData } = require('node:worker_threads')
   const beats = new Int32Array(workerData.heartbeat)
   let last = -1
   setInterval(() => {
     const now = Atomics.load(beats, 0)
     if (now === last) { require('node:fs').writeSync(2, 'HANG at seed ' + now + '\\n'); process.kill(process.pid, 'SIGKILL') }
     last = now
   }, workerData.hangMs)`,
  { eval: true, workerData: { heartbeat, hangMs: HANG_MS } },
)

let findings = 0
const single = values.seed === undefined ? null : Number(values.seed)
const endMs = performance.now() + Number(values.minutes) * 60_000
for (const name of names) {
  await using target = await (OPENERS[name] as () => Promise<FuzzTarget>)()
  const untilMs = performance.now() + (endMs - performance.now()) / (names.length - names.indexOf(name))
  let inputs = 0
  let firstRss = 0
  for (let seed = single ?? 1; single === null ? performance.now() < untilMs : inputs === 0; seed++) {
    Atomics.store(beats, 0, seed)
    const found = await tryOne(target, seed)
    inputs++
    if (inputs === 500) firstRss = process.memoryUsage().rss
    if (found === null) continue
    findings++
    console.log(`${name}, seed ${seed}: ${found.what}\n  kept as ${keepCase(found)}`)
  }
  const grownBytes = firstRss === 0 ? 0 : process.memoryUsage().rss - firstRss
  console.log(`${name}: ${inputs} inputs, memory ${grownBytes >= 0 ? '+' : ''}${Math.round(grownBytes / 1e6)} MB since the 500th`)
  if (grownBytes > MOST_GROWTH_BYTES) findings++
}
await watchdog.terminate()
console.log(`${findings} findings`)
process.exitCode = findings === 0 ? 0 : 1
