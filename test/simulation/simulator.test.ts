import { describe, expect, test } from 'vitest'
import { makeWorld } from './makeWorld.ts'
import { addWorld, emptyTally } from './tally.ts'
import { runWorld } from './worldRun.ts'

const WORLDS = 200

/** What these worlds have to meet at least: less, and the simulator has become hollow. */
const LEAST: Readonly<Record<string, number>> = {
  'promise intent': 400,
  'promise once': 400,
  'promise bytes': 400,
  'promise evidence': 15,
  'promise copy': 15,
  'promise file': 10,
  'promise original': 10,
  'promise limit': 15,
  'promise absent': 14,
  'delete absent': 14,
  'delete superseded': 1,
  'delete.held': 30,
  'unit.missing': 60,
  'unit.moved': 9,
  'unit.returned': 4,
  'version.superseded': 25,
  'call.unknown': 14,
  'call.resolved register done': 1,
  'call.resolved register not-done': 6,
  'call.resolved imagegroup done': 1,
  'call.resolved imagegroup not-done': 3,
  'death at once': 4,
  'death at a step': 6,
  'folder.state absent': 3,
  'folder.state foreign': 3,
  'folder.state restored': 9,
  'folder.state unreadable': 3,
  'folder.state credentials': 1,
  'rolled back': 3,
  'trouble is not mounted': 2,
  'trouble is a link': 1,
  'trouble cannot be read': 2,
}
const CALLS = ['register', 'group', 'delete', 'listing', 'row', 'update', 'stage', 'put']

describe('the simulator', { timeout: 600_000 }, () => {
  test(`${WORLDS} worlds of faults, races and crashes break no promise, and do what they are there for`, async () => {
    const tally = emptyTally()
    const called = new Set<string>()
    for (let seed = 1; seed <= WORLDS; seed++) {
      const result = await runWorld(makeWorld(seed))
      addWorld(tally, seed, result)
      for (const call of Object.keys(result.calls)) called.add(call)
    }
    expect(tally.failures.map(({ seed, lines }) => `npm run simulate -- --seed ${seed}: ${lines.join('; ')}`)).toEqual([])
    expect(tally.deletes).toBeGreaterThan(15)
    expect(tally.rows).toBeGreaterThan(400)
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
