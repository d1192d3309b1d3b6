const CAP_MS = 3_600_000

/** `Retry-After` in ms from now (RFC 9110, 10.2.3: seconds or an HTTP date), at most an hour; null when absent or unreadable. */
export function retryAfterMs(header: string | null, wallMs: number): number | null {
  if (header === null) return null
  const text = header.trim()
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : / GMT$/i.test(text) ? Date.parse(text) - wallMs : Number.NaN
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), CAP_MS)
}
