import type { Random } from '../../src/model/clock.ts'

/** Chance from a seed: the same seed gives the same numbers in [0, 1). (mulberry32) */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** A stream of chance of its own for each purpose, so that a world with one event less meets the same luck elsewhere. */
export function streams(seed: number): (purpose: string) => Random {
  const known = new Map<string, Random>()
  return (purpose) => {
    const found = known.get(purpose)
    if (found !== undefined) return found
    let hash = seed >>> 0
    for (let i = 0; i < purpose.length; i++) hash = Math.imul(hash ^ purpose.charCodeAt(i), 0x01000193) >>> 0
    const made = seeded(hash)
    known.set(purpose, made)
    return made
  }
}

/** One of several. */
export function pick<T>(random: Random, from: readonly T[]): T {
  const one = from[Math.floor(random() * from.length)]
  if (one === undefined) throw new Error('nothing to pick from')
  return one
}

/** A whole number from `least` to `most`, both included. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1))
}
