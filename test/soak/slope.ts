/** Growth per hour of what was sampled, with the bounds that hold it in 95 of 100 runs. */
export type Slope = { readonly perHour: number; readonly leastPerHour: number; readonly mostPerHour: number }

export type Point = { readonly atMs: number; readonly value: number }

const HOUR_MS = 3_600_000
/** The lowest sample of five minutes stands for them: what a collection left behind. A short run has shorter blocks, so that there are some. */
const BLOCK_MS = 300_000
const LEAST_BLOCKS = 12
/** Of the normal distribution: 95 % lie between minus and plus this. */
const Z95 = 1.96

/**
 * The median of the slopes between any two lows (Theil and Sen): a single jump, or a few odd minutes, move it little. The bounds are the
 * slopes that Kendall's test would still take for it (Sen, J. Am. Stat. Assoc. 63, 1968). Null with fewer than six lows.
 */
export function slopeOf(points: readonly Point[]): Slope | null {
  const lows = lowest(points)
  const n = lows.length
  if (n < 6) return null
  const slopes = lows
    .flatMap((one, i) => lows.slice(i + 1).map((later) => (later.value - one.value) / (later.atMs - one.atMs)))
    .sort((a, b) => a - b)
  const margin = Z95 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)
  const least = Math.max(0, Math.floor((slopes.length - margin) / 2) - 1)
  const at = (index: number): number => (slopes[index] ?? 0) * HOUR_MS
  const middle = slopes.length / 2
  return {
    perHour: (at(Math.ceil(middle) - 1) + at(Math.floor(middle))) / 2,
    leastPerHour: at(least),
    mostPerHour: at(slopes.length - 1 - least),
  }
}

function lowest(points: readonly Point[]): readonly Point[] {
  const firstMs = points[0]?.atMs ?? 0
  const blockMs = Math.min(BLOCK_MS, ((points.at(-1)?.atMs ?? 0) - firstMs) / LEAST_BLOCKS)
  const lows = new Map<number, Point>()
  for (const point of points) {
    const block = blockMs > 0 ? Math.floor((point.atMs - firstMs) / blockMs) : 0
    const low = lows.get(block)
    if (low === undefined || point.value < low.value) lows.set(block, point)
  }
  return [...lows.values()]
}
