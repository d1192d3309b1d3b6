import { createHash } from 'node:crypto'
import type { Look } from '../../src/sync/records.ts'

/** What a file holds. Sizes are few on purpose: that two files have one size must not confuse anybody. */
export type Content = {
  /** `i7` an image, `v3` a video; `i7~` the first part of it, cut off; `r:TEXT` an ignore file. */
  readonly id: string
  readonly bytes: Buffer
  readonly sha256: string
  readonly look: Look
}

const made = new Map<string, Content>()
const bySha = new Map<string, Content>()

/** The content of this name; the same name gives the same bytes. */
export function contentOf(id: string): Content {
  const known = made.get(id)
  if (known !== undefined) return known
  const isCut = id.endsWith('~')
  const bytes = Buffer.from(
    id.startsWith('r:')
      ? id.slice(2)
      : isCut
        ? `${id}`.padEnd(9, '.')
        : `${id}`.padEnd(id.startsWith('v') ? 40 : 32 + (id.length % 2), '.'),
  )
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const content: Content = { id, bytes, sha256, look: lookOf(id, isCut) }
  made.set(id, content)
  bySha.set(sha256, content)
  return content
}

/** The content with this hash; undefined for bytes that no file ever held, such as half of one and half of another. */
export function contentOfSha(sha256: string): Content | undefined {
  return bySha.get(sha256)
}

function lookOf(id: string, isCut: boolean): Look {
  const whole = isCut ? ({ kind: 'cut', why: 'it ends too early' } as const) : ({ kind: 'whole' } as const)
  switch (id[0]) {
    case 'i':
      return { kind: 'image', format: 'jpeg', mime: 'image/jpeg', whole }
    case 'v':
      return { kind: 'video', format: 'mp4', mime: 'video/mp4', whole }
    default:
      return { kind: 'unknown' }
  }
}
