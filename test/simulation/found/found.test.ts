import { describe, expect, test } from 'vitest'
import { runWorld } from '../worldRun.ts'
import { MORE } from './moreWorlds.ts'
import { FOUND } from './worlds.ts'

describe('worlds that once broke a promise', { timeout: 300_000 }, () => {
  // Not by '$name': it would be cut.
  test.each([...FOUND, ...MORE].map(({ name, world }) => [name, world] as const))('%s', async (_name, world) => {
    const { broken } = await runWorld(world)
    expect(broken.map(({ promise, what }) => `[${promise}] ${what}`)).toEqual([])
  })
})
