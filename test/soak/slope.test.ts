import { expect, test } from 'vitest'
import { chance } from './chance.ts'
import { type Point, slopeOf } from './slope.ts'

const MINUTES = 30

/** A sample every 5 s: memory climbs by 20 MB between collections, and what a collection leaves differs by half a megabyte. */
function sampled(mbPerHour: number, seed: number): readonly Point[] {
  const { random } = chance(seed)
  return Array.from({ length: MINUTES * 12 }, (_, i) => ({
    atMs: i * 5_000,
    value: 200 + (mbPerHour * i * 5) / 3_600 + (i % 5) * 4 + random() / 2,
  }))
}

test('memory that only breathes is not taken for growth', () => {
  for (let seed = 1; seed <= 20; seed++) expect(slopeOf(sampled(0, seed))?.leastPerHour).toBeLessThan(1)
})

test('a leak of 3 MB an hour is seen through the breathing within half an hour', () => {
  for (let seed = 1; seed <= 20; seed++) expect(slopeOf(sampled(3, seed))?.leastPerHour).toBeGreaterThan(1)
})

test('one large jump is no slope', () => {
  const jumped = sampled(0, 1).map(({ atMs, value }, i) => ({ atMs, value: i < 30 ? value - 15 : value }))
  expect(slopeOf(jumped)?.leastPerHour).toBeLessThan(1)
})

test('too little to judge by has no slope', () => {
  expect(slopeOf([])).toBeNull()
  expect(slopeOf(sampled(0, 1).slice(0, 3))).toBeNull()
})
