import { type ByteWindow, size64 } from './byteWindow.ts'
import { cut, type Structure, unknownEnd, whole } from './wholeness.ts'

/** Offsets and byte counts of strips and tiles come in pairs of tags (TIFF 6.0). */
const PAIRS: readonly (readonly [offsets: number, counts: number])[] = [
  [273, 279],
  [324, 325],
]
const LISTS: ReadonlySet<number> = new Set(PAIRS.flat())
/** Bytes of each field type, by its number; BigTIFF adds 16 to 18. */
const TYPE_BYTES: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8]
/** Of longer lists both ends are looked at. */
const MAX_LIST_ENTRIES = 4096

type Layout = { readonly little: boolean; readonly big: boolean }
type Directory = { readonly lists: ReadonlyMap<number, Numbers>; readonly farthest: number; readonly nextAt: number }
/** Where a list of numbers lies. */
type Numbers = { readonly at: number; readonly count: number; readonly typeBytes: number }

/** TIFF and BigTIFF: the chain of directories, what they point to, and the strips or tiles of every page lie inside the file. */
export async function judgeTiff(bytes: ByteWindow): Promise<Structure> {
  const head = await bytes.view(0, 8)
  const layout = { little: head.getUint8(0) === 0x49, big: (head.getUint8(2) | head.getUint8(3)) === 43 }
  const visited = new Set<number>()
  let at = layout.big ? size64(await bytes.view(8, 8), 0, layout.little) : head.getUint32(4, layout.little)
  if (at === 0) return cut('its directory is not written yet')
  let hasPixels = false
  while (at !== 0 && !visited.has(at)) {
    visited.add(at)
    const directory = await directoryAt(bytes, at, layout)
    if (directory === null) return cut('its directory is not filled')
    const pixelsEnd = await farthestPixels(bytes, directory, layout)
    if (Math.max(directory.farthest, pixelsEnd) > bytes.sizeBytes) return cut('its directory points past its end')
    hasPixels ||= pixelsEnd > 0
    at = directory.nextAt
  }
  return hasPixels ? whole(bytes.sizeBytes) : unknownEnd('its directories name no strips or tiles')
}

/** Null: no entries, or one that makes no sense, as where zeros still stand. */
async function directoryAt(bytes: ByteWindow, at: number, { little, big }: Layout): Promise<Directory | null> {
  const [countBytes, entryBytes, pointerBytes] = big ? [8, 20, 8] : [2, 12, 4]
  const countView = await bytes.view(at, countBytes)
  const count = big ? size64(countView, 0, little) : countView.getUint16(0, little)
  if (count === 0 || count > 0xffff) return null
  const table = await bytes.view(at + countBytes, count * entryBytes + pointerBytes)
  const lists = new Map<number, Numbers>()
  let farthest = 0
  for (let entry = 0; entry < count; entry += 1) {
    const from = entry * entryBytes
    const tag = table.getUint16(from, little)
    const typeBytes = TYPE_BYTES[table.getUint16(from + 2, little)] ?? 0
    if (tag === 0 && typeBytes === 0) return null
    const values = big ? size64(table, from + 4, little) : table.getUint32(from + 4, little)
    const fieldAt = from + (big ? 12 : 8)
    const pointed = big ? size64(table, fieldAt, little) : table.getUint32(fieldAt, little)
    const isInline = values * typeBytes <= pointerBytes
    if (!isInline) farthest = Math.max(farthest, pointed + values * typeBytes)
    if (LISTS.has(tag)) lists.set(tag, { at: isInline ? at + countBytes + fieldAt : pointed, count: values, typeBytes })
  }
  const nextAt = big ? size64(table, count * entryBytes, little) : table.getUint32(count * entryBytes, little)
  return { lists, farthest, nextAt }
}

/** The farthest byte of the page's pixels, 0 when it has none. */
async function farthestPixels(bytes: ByteWindow, { lists }: Directory, layout: Layout): Promise<number> {
  let farthest = 0
  for (const [offsetsTag, countsTag] of PAIRS) {
    const offsets = lists.get(offsetsTag)
    const counts = lists.get(countsTag)
    if (offsets === undefined || counts === undefined) continue
    const length = Math.min(offsets.count, counts.count)
    // A list too long to be read whole: both its ends, since pixels are nearly always laid down in order.
    const starts = length <= MAX_LIST_ENTRIES ? [0] : [0, length - MAX_LIST_ENTRIES]
    for (const start of starts) {
      const size = Math.min(length, MAX_LIST_ENTRIES)
      const from = await numbers(bytes, offsets, start, size, layout)
      const lengths = await numbers(bytes, counts, start, size, layout)
      farthest = from.reduce((most, offset, index) => Math.max(most, offset + (lengths[index] ?? 0)), farthest)
    }
  }
  return farthest
}

async function numbers(bytes: ByteWindow, list: Numbers, start: number, count: number, { little }: Layout): Promise<readonly number[]> {
  const { typeBytes } = list
  const view = await bytes.view(list.at + start * typeBytes, count * typeBytes)
  return Array.from({ length: count }, (_, index) => {
    if (typeBytes === 2) return view.getUint16(index * 2, little)
    if (typeBytes === 4) return view.getUint32(index * 4, little)
    return typeBytes === 8 ? size64(view, index * 8, little) : 0
  })
}
