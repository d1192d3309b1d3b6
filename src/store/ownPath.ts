import { readlinkSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** More links in a row than any system follows lead nowhere. */
const MOST_LINKS = 40

/** Where the file itself lies, or will once it is made: two configs may name one ledger by a link and without. */
export function ownPath(path: string): string {
  let at = path
  for (let links = 0; links < MOST_LINKS; links++) {
    const target = linkAt(at)
    if (target === null) return at
    at = resolve(realpathSync(dirname(at)), target)
  }
  return path
}

/** Null: it is no link, or nothing is there. */
function linkAt(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}
