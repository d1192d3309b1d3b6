import { seeded } from '../simulation/chance.ts'

/** Chance that repeats itself from its seed. */
export type Chance = {
  /** In [0, 1). */
  random(): number
  /** A whole number from least to most, both included. */
  between(least: number, most: number): number
  /** One of them; undefined when there is none. */
  pick<T>(of: readonly T[]): T | undefined
}

export function chance(seed: number): Chance {
  const random = seeded(seed)
  return {
    random,
    between: (least, most) => least + Math.floor(random() * (most - least + 1)),
    pick: (of) => of[Math.floor(random() * of.length)],
  }
}
