const STEPS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const

/** A duration for people, its two largest parts: `0s`, `450ms`, `5s`, `2m 5s`, `1h`, `3d 4h`. */
export function formatDuration(ms: number): string {
  if (ms > 0 && ms < 1000) return `${Math.ceil(ms)}ms`
  const seconds = Math.max(0, Math.round(ms / 1000))
  const first = STEPS.findIndex(([, size]) => seconds >= size)
  if (first < 0) return '0s'
  const [unit, size] = STEPS[first] ?? ['s', 1]
  const [nextUnit, nextSize] = STEPS[first + 1] ?? ['', Number.POSITIVE_INFINITY]
  const rest = Math.floor((seconds % size) / nextSize)
  return `${Math.floor(seconds / size)}${unit}${rest > 0 ? ` ${rest}${nextUnit}` : ''}`
}

/** How long ago, in one part: `just now`, `40s ago`, `3m ago`, `2d ago`. A time ahead of the clock is said to be so. */
export function formatAgo(atMs: number, nowMs: number): string {
  const passed = nowMs - atMs
  if (passed < -1000) return `in ${largestPart(-passed)}`
  return passed < 1000 ? 'just now' : `${largestPart(passed)} ago`
}

/** A moment for people, in the time of this machine: `2026-02-03 14:05:06`. */
export function formatDateTime(ms: number): string {
  const date = new Date(ms)
  const two = (n: number) => String(n).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

function largestPart(ms: number): string {
  return formatDuration(ms).split(' ', 1)[0] ?? ''
}
