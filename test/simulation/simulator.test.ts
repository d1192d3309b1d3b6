import { describe, expect, test } from 'vitest'
import { makeWorld } from './makeWorld.ts'
import { addWorld, emptyTally } from './tally.ts'
import { runWorld } from './worldRun.ts'

const WORLDS = 200

/** What these worlds have to meet at least: less, and the simulator has become hollow. */
const LEAST: Readonly<Record<string, number>> = {
  'promise intent': 800,
  'promise once': 800,
  'promise bytes': 800,
  'promise evidence': 40,
  'promise copy': 30,
  'promise limit': 40,
  'promise absent': 20,
  'delete absent': 20,
  'delete superseded': 10,
  'delete approved': 1,
  'delete.held': 40,
  'unit.missing': 100,
  'unit.moved': 30,
  'unit.returned': 10,
  'version.superseded': 50,
  'call.unknown': 12,
  'call.resolved register done': 5,
  'call.resolved register not-done': 5,
  'call.resolved imagegroup not-done': 3,
  'death at once': 10,
  'death at a step': 15,
  'folder.state absent': 5,
  'folder.state foreign': 5,
  'folder.state restored': 15,
  'folder.state unreadable': 5,
  'trouble is not mounted': 2,
  'trouble is a link': 2,
  'trouble cannot be read': 2,
}
const CALLS = ['register', 'group', 'delete', 'listing', 'row', 'update', 'stage', 'put']

describe('the simulator', { timeout: 180_000 }, () => {
  test(`${WORLDS} worlds of faults, races and crashes break no promise, and do what they are there for`, async () => {
    const tally = emptyTally()
    const called = new Set<string>()
    for (let seed = 1; seed <= WORLDS; seed++) {
      const result = await runWorld(makeWorld(seed))
      addWorld(tally, seed, result)
      for (const call of Object.keys(result.calls)) called.add(call)
    }
    expect(tally.failures.map(({ seed, lines }) => `npm run simulate -- --seed ${seed}: ${lines.join('; ')}`)).toEqual([])
    expect(tally.deletes).toBeGreaterThan(40)
    expect(tally.rows).toBeGreaterThan(800)
    expect(tally.processes).toBeGreaterThan(1.5 * WORLDS)
    expect(CALLS.filter((call) => !called.has(call))).toEqual([])
    const hollow = Object.entries(LEAST).filter(([what, least]) => (tally.met[what] ?? 0) < least)
    expect(hollow.map(([what, least]) => `${what}: ${tally.met[what] ?? 0} of at least ${least}`)).toEqual([])
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
