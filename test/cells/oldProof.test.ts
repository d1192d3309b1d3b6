import { expect, test } from 'vitest'
import { worldIn } from './cellStates.ts'

test('a DELETE that never arrived is sent again only after two new looks, a grace apart', async () => {
  const graceMs = 30_000
  const world = await worldIn('X', 'lost', 'image', { change: { graceMs }, remember: 'never', twin: false })
  try {
    const sent = (): number => world.server.calls['delete'] ?? 0
    expect(sent()).toBe(1)
    world.open('look')
    await world.run(graceMs - 10_000)
    expect(world.ledger.operations.open()).toEqual([])
    expect(sent()).toBe(1)
    await world.run(3 * graceMs)
    expect(sent()).toBe(2)
  } finally {
    world[Symbol.dispose]()
  }
})
