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

/** A sample every 5 s: collections come two to four minutes apart, and memory climbs by 5 to 12 MB in between. */
function seldomCollected(mbPerHour: number, seed: number): readonly Point[] {
  const { random } = chance(seed)
  let since = 0
  let period = 24
  let climb = 5
  return Array.from({ length: MINUTES * 12 }, (_, i) => {
    if (since === period) {
      since = 0
      period = Math.round(24 + random() * 24)
      climb = 5 + random() * 7
    }
    return { atMs: i * 5_000, value: 200 + (mbPerHour * i * 5) / 3_600 + (climb * since++) / period + random() / 2 }
  })
}

test('memory that is collected only every few minutes is judged by what the collections leave', () => {
  for (let seed = 1; seed <= 200; seed++) {
    expect(slopeOf(seldomCollected(0, seed))?.leastPerHour).toBeLessThan(1)
    expect(slopeOf(seldomCollected(8, seed))?.leastPerHour).toBeGreaterThan(1)
  }
})

test('one large jump is no slope', () => {
  const jumped = sampled(0, 1).map(({ atMs, value }, i) => ({ atMs, value: i < 30 ? value - 15 : value }))
  expect(slopeOf(jumped)?.leastPerHour).toBeLessThan(1)
})

test('too little to judge by has no slope', () => {
  expect(slopeOf([])).toBeNull()
  expect(slopeOf(sampled(0, 1).slice(0, 3))).toBeNull()
})
