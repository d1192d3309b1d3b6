import type { ByteWindow } from './byteWindow.ts'
import { cut, type Structure, whole } from './wholeness.ts'

const FILE_HEAD_BYTES = 14
/** BITMAPCOREHEADER, with 16-bit sides and no compression field. */
const CORE_HEADER_BYTES = 12
/** BI_RGB, BI_BITFIELDS, BI_ALPHABITFIELDS: rows of plain pixels. */
const PLAIN: ReadonlySet<number> = new Set([0, 3, 6])

/**
 * BMP: all rows of pixels are there. For plain pixels the geometry says how many bytes that is, since some writers put a wrong
 * size into the file header; for compressed ones the header's sizes are believed.
 */
export async function judgeBmp(bytes: ByteWindow): Promise<Structure> {
  const head = await bytes.view(0, FILE_HEAD_BYTES + 4)
  const fileSize = head.getUint32(2, true)
  const pixelsAt = head.getUint32(10, true)
  const headerBytes = head.getUint32(14, true)
  const info = await bytes.view(FILE_HEAD_BYTES, headerBytes === CORE_HEADER_BYTES ? CORE_HEADER_BYTES : 40)
  const pixels = headerBytes === CORE_HEADER_BYTES ? corePixels(info) : infoPixels(info)
  if (pixelsAt === 0 || pixels === 0) return cut('its header is not filled')
  const needed = pixels === null ? fileSize : pixelsAt + pixels
  return needed > bytes.sizeBytes ? cut(`it needs ${needed} bytes and has ${bytes.sizeBytes}`) : whole(bytes.sizeBytes)
}

function corePixels(info: DataView): number {
  return plainPixels(info.getUint16(4, true), info.getUint16(6, true), info.getUint16(10, true))
}

/** Null: unknown, as compressed pixels without a size. */
function infoPixels(info: DataView): number | null {
  const compression = info.getUint32(16, true)
  if (PLAIN.has(compression)) return plainPixels(info.getInt32(4, true), info.getInt32(8, true), info.getUint16(14, true))
  const imageBytes = info.getUint32(20, true)
  return imageBytes === 0 ? null : imageBytes
}

/** Rows are padded to four bytes; a negative height means top-down. */
function plainPixels(width: number, height: number, bitsPerPixel: number): number {
  return Math.ceil((Math.abs(width) * bitsPerPixel) / 32) * 4 * Math.abs(height)
}
