import { expect, test } from 'vitest'
import { type Effect, worldIn } from './cellStates.ts'
import type { CellWorld } from './cellWorld.ts'

const ORDINARY = { change: {}, remember: 'never', twin: false } as const

function titles(world: CellWorld, dataset: string): readonly string[] {
  const rows = world.liveRows().filter((row) => row.dataset === dataset)
  return rows.map((row) => row.title).sort()
}

async function sendTo(world: CellWorld, dataset: string): Promise<void> {
  await world.restart((truths) => truths.map((truth, i) => (i === 0 ? { ...truth, dataset } : truth)))
  await world.run(30_000)
}

test('a folder that gets its first dataset back sends nothing twice, and its rows are followed again', async () => {
  const world = await worldIn('S', 'applied', 'image', ORDINARY)
  try {
    const before = titles(world, 'd0')
    await sendTo(world, 'd2')
    expect(titles(world, 'd2')).toEqual(before)
    await sendTo(world, 'd0')
    expect(titles(world, 'd0')).toEqual(before)
    await sendTo(world, 'd2')
    expect(titles(world, 'd2')).toEqual(before)
    expect(world.server.calls['delete'] ?? 0).toBe(0)
  } finally {
    world[Symbol.dispose]()
  }
})

test.each<Effect>(['applied', 'lost'])(
  'a folder that leaves the config while a register call is open (%s) has one row of each file when it is back',
  async (effect) => {
    const world = await worldIn('R', effect, 'image', ORDINARY)
    try {
      world.configured = [false, true]
      await world.restart()
      await world.run(20_000)
      world.configured = [true, true]
      await world.restart()
      await world.run(30_000)
      expect(titles(world, 'd0').filter((title) => title === 'a.jpg')).toEqual(['a.jpg'])
      expect(world.ledger.operations.open()).toEqual([])
    } finally {
      world[Symbol.dispose]()
    }
  },
)
