const UNIT_BYTES: Readonly<Record<string, number>> = {
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
}

/** A number, a unit of bytes and `/s`. Strict about `/s` and the case: `Mb` is bits to some, and `bytes('50MB/s')` of a popular library is 50. */
const BYTE_RATE_PATTERN = /^\d{1,6}(?:\.\d{1,3})?(?:kB|KB|MB|GB|KiB|MiB|GiB)\/s$/

/** A rate, or none. */
export const OFF_OR_RATE = new RegExp(`^off$|${BYTE_RATE_PATTERN.source}`)

/** What to write, for messages. */
export const BYTE_RATE_FORM = 'a rate such as 500kB/s, 50MB/s (decimal) or 50MiB/s (binary)'

/** A number and a unit of bytes, without `/s`. */
export const BYTE_SIZE_PATTERN = /^\d{1,6}(?:\.\d{1,3})?(?:kB|KB|MB|GB|KiB|MiB|GiB)$/

/** What to write, for messages. */
export const BYTE_SIZE_FORM = 'a size such as 500kB, 10MB (decimal) or 10MiB (binary)'

/** `10MB` in bytes; null when it is no size or under 1 kB. */
export function parseByteSize(text: string): number | null {
  return BYTE_SIZE_PATTERN.test(text) ? parseByteRate(`${text}/s`) : null
}

/** `50MB/s` in bytes a second; null when it is no rate or under 1 kB/s. */
export function parseByteRate(text: string): number | null {
  const parts = BYTE_RATE_PATTERN.test(text) ? /^([\d.]+)([A-Za-z]+)/.exec(text) : null
  const bytes = Math.round(Number(parts?.[1]) * (UNIT_BYTES[parts?.[2] ?? ''] ?? Number.NaN))
  return bytes >= 1000 ? bytes : null
}
