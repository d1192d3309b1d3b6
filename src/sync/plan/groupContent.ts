import { createHash } from 'node:crypto'

/** The content of a group: sha256 over its frames' sha256, sorted, so that a renamed or re-ordered frame is no change. */
export function groupContent(frameSha256: readonly string[]): string {
  return createHash('sha256')
    .update([...frameSha256].sort().join('\n'))
    .digest('hex')
}
