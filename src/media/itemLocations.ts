import type { Box } from './boxes.ts'
import { type ByteWindow, size64 } from './byteWindow.ts'

/** A table longer than this is not read to its end. */
const MAX_TABLE_BYTES = 64 * 1024

/**
 * The farthest byte of the file that an `iloc` box places an item at (ISO/IEC 14496-12, 8.11.3); 0 when it places none there: items
 * inside the `meta` box or in other items are passed over, and so is what follows an entry that makes no sense.
 */
export async function farthestItemEnd(bytes: ByteWindow, iloc: Box): Promise<number> {
  const table = new Table(await bytes.view(iloc.bodyStart, Math.min(MAX_TABLE_BYTES, iloc.end - iloc.bodyStart)))
  const version = table.number(1)
  table.number(3)
  const sizes = table.number(2)
  const offsetSize = sizes >> 12
  const lengthSize = (sizes >> 8) & 15
  const baseSize = (sizes >> 4) & 15
  const indexSize = version === 0 ? 0 : sizes & 15
  const items = table.number(version < 2 ? 2 : 4)
  let farthest = 0
  for (let item = 0; item < items && !table.isSpent; item += 1) {
    table.number(version < 2 ? 2 : 4)
    const method = version === 0 ? 0 : table.number(2) & 15
    table.number(2)
    const base = table.number(baseSize)
    const extents = table.number(2)
    for (let extent = 0; extent < extents && !table.isSpent; extent += 1) {
      table.number(indexSize)
      const end = base + table.number(offsetSize) + table.number(lengthSize)
      if (method === 0 && !table.isSpent) farthest = Math.max(farthest, end)
    }
  }
  return farthest
}

/** Numbers one after the other; past the end they are 0 and `isSpent` is true. */
class Table {
  readonly #view: DataView
  #at = 0
  isSpent = false
  constructor(view: DataView) {
    this.#view = view
  }

  number(sizeBytes: number): number {
    const at = this.#at
    this.#at += sizeBytes
    if (this.#at > this.#view.byteLength) this.isSpent = true
    if (this.isSpent || sizeBytes === 0) return 0
    if (sizeBytes === 8) return size64(this.#view, at)
    let value = 0
    for (let index = at; index < at + sizeBytes; index += 1) value = value * 256 + this.#view.getUint8(index)
    return value
  }
}
