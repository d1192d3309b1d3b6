import { readFileSync } from 'node:fs'
import type { World } from './worldEvent.ts'
import { runWorld } from './worldRun.ts'

/** Runs one written-down world and tells what happens: `tsx test/simulation/one.ts world.json`. */
const world = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as World
const result = await runWorld(world, {}, (line) => console.log(line))
for (const one of result.broken) console.log(`[${one.promise}] ${one.what}`)
console.log(JSON.stringify({ ...result, broken: result.broken.length }))
