import { type ByteWindow, fourCc, size64, WalkEnded } from './byteWindow.ts'
import { cut } from './wholeness.ts'

/** One box of an ISO base media file (ISO/IEC 14496-12, 4.2). `end` is what its size claims; `toEnd`: it claimed "to the end". */
export type Box = {
  readonly type: string
  readonly start: number
  readonly bodyStart: number
  readonly end: number
  readonly toEnd: boolean
}

/** Boxes side by side; `strayAt`: where bytes begin that are no box, null when the boxes fill the space. */
export type BoxRow = { readonly boxes: readonly Box[]; readonly strayAt: number | null }

/** The boxes from `start` to `limit`. @throws WalkEnded `cut` when one claims to end after `limit`. */
export async function boxesBetween(bytes: ByteWindow, start: number, limit: number): Promise<BoxRow> {
  const boxes: Box[] = []
  let at = start
  while (at < limit) {
    const box = await boxAt(bytes, at, limit)
    if (box === null) return { boxes, strayAt: at }
    if (box.end > limit) throw new WalkEnded(cut(`its ${box.type} box is not there to its end`))
    boxes.push(box)
    at = box.end
  }
  return { boxes, strayAt: null }
}

/** The first box of that type, or null. */
export function firstBox(row: BoxRow, type: string): Box | null {
  return row.boxes.find((box) => box.type === type) ?? null
}

/** Where declared padding (`free`, `skip`, `wide`) at the very end of the file begins; the end of the file when there is none. */
export function paddingStart(row: BoxRow, sizeBytes: number): number {
  if (row.strayAt !== null) return sizeBytes
  return row.boxes.reduceRight((start, box) => (box.end === start && PADDING.has(box.type) ? box.start : start), sizeBytes)
}

const PADDING: ReadonlySet<string> = new Set(['free', 'skip', 'wide'])

async function boxAt(bytes: ByteWindow, start: number, limit: number): Promise<Box | null> {
  if (limit - start < 8) return null
  const head = await bytes.view(start, 8)
  const type = fourCc(head, 4)
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) return null
  const claimed = head.getUint32(0)
  if (claimed === 0) return { type, start, bodyStart: start + 8, end: limit, toEnd: true }
  if (claimed !== 1) return claimed < 8 ? null : { type, start, bodyStart: start + 8, end: start + claimed, toEnd: false }
  if (limit - start < 16) return null
  const large = size64(await bytes.view(start + 8, 8), 0)
  return large < 16 ? null : { type, start, bodyStart: start + 16, end: start + large, toEnd: false }
}
