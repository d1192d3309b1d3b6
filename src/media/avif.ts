import { type BoxRow, boxesBetween, firstBox, paddingStart } from './boxes.ts'
import type { ByteWindow } from './byteWindow.ts'
import { farthestItemEnd } from './itemLocations.ts'
import { cut, type Structure, unknownEnd, whole } from './wholeness.ts'

/** AVIF: the boxes reach the end, with a `meta` (or `moov`, in a sequence), and every item that `iloc` places lies in the file. */
export async function judgeAvif(bytes: ByteWindow): Promise<Structure> {
  const row = await boxesBetween(bytes, 0, bytes.sizeBytes)
  const meta = firstBox(row, 'meta')
  if (meta === null) return firstBox(row, 'moov') === null ? cut('it has no meta box') : sequence(bytes, row)
  // `meta` is a FullBox: version and flags come before its children.
  const inside = await boxesBetween(bytes, meta.bodyStart + 4, meta.end)
  const iloc = firstBox(inside, 'iloc')
  if (iloc === null) return cut('its meta box places no picture')
  if ((await farthestItemEnd(bytes, iloc)) > bytes.sizeBytes) return cut('its picture is not there to its end')
  return row.strayAt === null ? whole(paddingStart(row, bytes.sizeBytes)) : unknownEnd('bytes that are no box follow its last box')
}

function sequence(bytes: ByteWindow, row: BoxRow): Structure {
  if (firstBox(row, 'mdat') === null) return cut('it has no media data')
  return row.strayAt === null ? whole(paddingStart(row, bytes.sizeBytes)) : unknownEnd('bytes that are no box follow its last box')
}
