import { describe, expect, test } from 'vitest'
import { runWorld } from '../worldRun.ts'
import { MORE } from './moreWorlds.ts'
import { FOUND } from './worlds.ts'

describe('worlds that once broke a promise', { timeout: 60_000 }, () => {
  test.each([...FOUND, ...MORE])('$name', async ({ world }) => {
    const { broken } = await runWorld(world)
    expect(broken.map(({ promise, what }) => `[${promise}] ${what}`)).toEqual([])
  })
})
