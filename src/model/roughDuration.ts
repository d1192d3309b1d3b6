/** A time that is waited, ms, in words that stay the same while it varies a little: `5 s`, `90 s`, `13 min`. Never less than it is. */
export function roughDuration(ms: number): string {
  if (ms <= 10_000) return `${Math.ceil(ms / 100) / 10} s`
  if (ms <= 120_000) return `${Math.ceil(ms / 5_000) * 5} s`
  return `${Math.ceil(ms / 60_000)} min`
}
