import { describe, expect, test } from 'vitest'
import { makeWorld } from './makeWorld.ts'
import { runWorld } from './worldRun.ts'

const WORLDS = 200

describe('the simulator', { timeout: 180_000 }, () => {
  test(`${WORLDS} worlds of faults, races and crashes break no promise, and do what they are there for`, async () => {
    const broken: string[] = []
    const done = { deletes: 0, rows: 0, processes: 0, calls: {} as Record<string, number> }
    for (let seed = 1; seed <= WORLDS; seed++) {
      const result = await runWorld(makeWorld(seed))
      for (const one of result.broken) broken.push(`npm run simulate -- --seed ${seed}: [${one.promise}] ${one.what}`)
      done.deletes += result.deletes
      done.rows += result.rows
      done.processes += result.processes
      for (const [call, count] of Object.entries(result.calls)) done.calls[call] = (done.calls[call] ?? 0) + count
    }
    expect(broken).toEqual([])
    expect(done.deletes).toBeGreaterThan(20)
    expect(done.rows).toBeGreaterThan(500)
    expect(done.processes).toBeGreaterThan(WORLDS)
    for (const call of ['register', 'group', 'delete', 'listing', 'row', 'update', 'stage', 'put'])
      expect(done.calls[call], call).toBeGreaterThan(0)
  })

  test('the same seed lives the same life, event by event', async () => {
    for (const seed of [3, 14, 59]) {
      const first: string[] = []
      const second: string[] = []
      await runWorld(makeWorld(seed), {}, (line) => void first.push(line))
      await runWorld(makeWorld(seed), {}, (line) => void second.push(line))
      expect(first.length).toBeGreaterThan(10)
      expect(second).toEqual(first)
    }
  })
})
