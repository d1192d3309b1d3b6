import { statfsSync } from 'node:fs'

/** With less than this left, the ledger will soon not be written any more. */
export const LEAST_FREE_BYTES = 64_000_000

/** What is left on the disk of a directory for this user; null when nobody can tell. */
export function freeBytesAt(directory: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize
  } catch {
    return null
  }
}
