/** Growth per hour of what was sampled, with the bounds that hold it in 95 of 100 runs. */
export type Slope = { readonly perHour: number; readonly leastPerHour: number; readonly mostPerHour: number }

export type Point = { readonly atMs: number; readonly value: number }

const HOUR_MS = 3_600_000
/** Samples of one process follow each other closely; the lowest of each block stands for it, which is what collection leaves behind. */
const BLOCKS = 12
/** Student's t for 95 % (two-sided) by degrees of freedom; beyond the table the normal distribution is near enough. */
const T95 = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23]

/** Least squares over the lowest samples of up to twelve blocks of equal length. Null with fewer than four. */
export function slopeOf(points: readonly Point[]): Slope | null {
  const lows = lowest(points)
  if (lows.length < 4) return null
  const meanX = mean(lows.map(({ atMs }) => atMs))
  const meanY = mean(lows.map(({ value }) => value))
  const spreadX = sum(lows.map(({ atMs }) => (atMs - meanX) ** 2))
  const perMs = sum(lows.map(({ atMs, value }) => (atMs - meanX) * (value - meanY))) / spreadX
  const left = sum(lows.map(({ atMs, value }) => (value - meanY - perMs * (atMs - meanX)) ** 2))
  const freedom = lows.length - 2
  const margin = (T95[freedom - 1] ?? 1.96) * Math.sqrt(left / freedom / spreadX)
  return { perHour: perMs * HOUR_MS, leastPerHour: (perMs - margin) * HOUR_MS, mostPerHour: (perMs + margin) * HOUR_MS }
}

function lowest(points: readonly Point[]): readonly Point[] {
  const size = Math.max(1, Math.ceil(points.length / BLOCKS))
  const blocks = Array.from({ length: Math.floor(points.length / size) }, (_, i) => points.slice(i * size, (i + 1) * size))
  return blocks.flatMap(
    (block) => block.reduce<Point | null>((low, one) => (low === null || one.value < low.value ? one : low), null) ?? [],
  )
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length
}
