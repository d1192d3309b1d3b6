import { expect, test } from 'vitest'
import { EncordError } from '../../src/model/error.ts'
import type { Planted } from '../simulation/service.ts'
import { SHORT_GRACE_MS } from './cellEvents.ts'
import { worldIn } from './cellStates.ts'
import type { CellWorld } from './cellWorld.ts'
import { runCell } from './runCell.ts'

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

test('a DELETE that was refused for now is sent again only after two new looks, a grace apart', async () => {
  const sentMs: number[] = []
  let world: CellWorld | null = null
  const busyOnce: Planted = {
    deleteCall: (call) => async (hashes, options) => {
      sentMs.push(world?.clock.nowMs ?? 0)
      if (sentMs.length > 1) return await call(hashes, options)
      throw new EncordError('transient', { call: 'video DELETE', outcome: 'not-done', message: 'the server asks to wait (HTTP 429)' })
    },
  }
  const { failures, landing } = await runCell('path gone', 'C', 'applied', busyOnce, (one) => {
    world = one
  })
  expect(failures).toEqual([])
  expect(landing).toBe('forgotten gone 0/0/1')
  const [refusedMs = 0, goneMs = 0, ...more] = sentMs
  expect(more).toEqual([])
  expect(goneMs - refusedMs).toBeGreaterThan(SHORT_GRACE_MS)
})
