/**
 * Since when a rule of a folder is what it is. What was gone or replaced before that was left to another rule. Told by time and by scans, as a
 * clock that was ahead and is set back puts what was before into the future.
 */
export type RuleSince = {
  /** ms since 1970; 0 where it never was anything else. */
  readonly ms: number
  /** The newest scan, of any folder, when it was changed; 0 where it never was anything else. */
  readonly scan: number
  /** The first complete look at the whole folder that began after the change: what it finds may be of before. Null: there was none yet. */
  readonly look: number | null
}

/**
 * Is what a scan noticed of before a rule was changed, or may it be?
 * @param noticed that scan; null: nobody knows which one it was
 */
export function mayPredate({ ms, scan, look }: RuleSince, noticed: number | null): boolean {
  if (ms === 0 && scan === 0) return false
  return noticed === null || look === null || noticed <= look
}
