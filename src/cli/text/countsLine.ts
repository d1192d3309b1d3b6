import type { Counts } from '../../control/api.ts'

/** The counts as one sum: `12 seen = 9 synced + 1 on the way + 2 ignored`; parts that are 0 are left out. */
export function countsLine(counts: Counts): string {
  const parts: readonly (readonly [number, string])[] = [
    [counts.synced, 'synced'],
    [counts.onTheWay, 'on the way'],
    [counts.waiting, 'waiting'],
    [counts.failed, 'failed'],
    [counts.setAside, 'set aside'],
    [counts.ignored, 'ignored'],
  ]
  const shown = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`)
  return `${counts.seen} seen${shown.length === 0 ? '' : ` = ${shown.join(' + ')}`}`
}
