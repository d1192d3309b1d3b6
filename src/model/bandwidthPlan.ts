/** A time of the day that has its own limit, in minutes since midnight of this machine's clock; it may go over midnight. */
export type BandwidthHours = { readonly fromMinute: number; readonly toMinute: number; readonly bytesPerSecond: number | null }

/** How fast all uploads together may send, by the time of day. Rates in bytes a second; null is no limit. */
export type BandwidthPlan = { readonly hours: readonly BandwidthHours[]; readonly otherwise: number | null }

/** Minutes of a day. */
export const DAY_MINUTES = 1440

/**
 * The limit at a moment. Hours are those that a clock on the wall shows: where an hour is left out or comes twice (summer time), so does its limit.
 * @param wallMs ms since 1970
 */
export function rateAt({ hours, otherwise }: BandwidthPlan, wallMs: number): number | null {
  if (hours.length === 0) return otherwise
  const time = new Date(wallMs)
  const minute = time.getHours() * 60 + time.getMinutes()
  const found = hours.find((one) => covers(one, minute))
  return found === undefined ? otherwise : found.bytesPerSecond
}

/** Whether these hours hold a minute of the day; the end is not part of them. */
export function covers({ fromMinute, toMinute }: Pick<BandwidthHours, 'fromMinute' | 'toMinute'>, minute: number): boolean {
  return fromMinute < toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute
}
