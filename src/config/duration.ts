const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A whole number and its unit, nothing else: `ms('15')` of a popular library is 15 ms, and `-3s` is negative there. */
export const DURATION_PATTERN = /^\d{1,9}(?:ms|s|m|h|d)$/

/** What to write, for messages. */
export const DURATION_FORM = 'a duration: a whole number and ms, s, m, h or d, such as 500ms, 5s, 15m or 2h'

// Timers take 31 bits of ms; a longer one would fire at once.
const LONGEST_MS = 24 * 86_400_000

/** `15m` in ms; null when it is no duration, zero, or longer than 24 days. */
export function parseDuration(text: string): number | null {
  const parts = DURATION_PATTERN.test(text) ? /^(\d+)([a-z]+)$/.exec(text) : null
  const ms = Number(parts?.[1]) * (UNIT_MS[parts?.[2] ?? ''] ?? Number.NaN)
  return ms > 0 && ms <= LONGEST_MS ? ms : null
}
