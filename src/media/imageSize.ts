import { boxesBetween, firstBox } from './boxes.ts'
import type { ByteReader } from './byteReader.ts'
import { ByteWindow, fourCc, WalkEnded } from './byteWindow.ts'
import type { MediaFormat } from './mediaType.ts'

/** Width and height in pixels, as they are stored: a rotation that Exif asks for is not applied. */
export type PixelSize = { readonly width: number; readonly height: number }

const SIZES: { readonly [Format in MediaFormat]?: (bytes: ByteWindow) => Promise<PixelSize | null> } = {
  jpeg: jpegSize,
  png: async (bytes) => wide(await bytes.view(16, 8)),
  webp: webpSize,
  bmp: bmpSize,
  tiff: tiffSize,
  avif: avifSize,
}

/**
 * The size of an image by its headers; null for videos, and where the headers make no sense.
 * @param type as `detectMedia` found it in the same bytes. @throws only what `reader.read` throws
 */
export async function imageSize(reader: ByteReader, type: { readonly format: MediaFormat }): Promise<PixelSize | null> {
  try {
    const size = (await SIZES[type.format]?.(new ByteWindow(reader))) ?? null
    return size !== null && size.width > 0 && size.height > 0 ? size : null
  } catch (error) {
    if (error instanceof WalkEnded) return null
    throw error
  }
}

/** Two 32-bit numbers, big-endian. */
function wide(view: DataView): PixelSize {
  return { width: view.getUint32(0), height: view.getUint32(4) }
}

/** Walks the segments to the first frame header (ITU T.81, B.2.2: SOF0 to SOF15 but DHT, JPG and DAC). */
async function jpegSize(bytes: ByteWindow): Promise<PixelSize | null> {
  let at = 2
  for (;;) {
    const head = await bytes.view(at, 4)
    const marker = head.getUint8(1)
    if (head.getUint8(0) !== 0xff || marker === 0xda || marker === 0xd9) return null
    if (marker === 0xff) at += 1
    else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      const frame = await bytes.view(at + 5, 4)
      return { height: frame.getUint16(0), width: frame.getUint16(2) }
    } else at += marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8) ? 2 : 2 + Math.max(2, head.getUint16(2))
  }
}

/** The three kinds of first chunk of the WebP container (RFC 9649). */
async function webpSize(bytes: ByteWindow): Promise<PixelSize | null> {
  const view = await bytes.view(12, 18)
  const chunk = fourCc(view, 0)
  const uint24 = (at: number): number => view.getUint16(at, true) + 65536 * view.getUint8(at + 2)
  if (chunk === 'VP8X') return { width: 1 + uint24(12), height: 1 + uint24(15) }
  if (chunk === 'VP8 ') return { width: view.getUint16(14, true) & 0x3fff, height: view.getUint16(16, true) & 0x3fff }
  if (chunk !== 'VP8L') return null
  const bits = view.getUint32(9, true)
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) }
}

/** A negative height means top-down; the oldest header (12 bytes) has 16-bit sides. */
async function bmpSize(bytes: ByteWindow): Promise<PixelSize | null> {
  const view = await bytes.view(14, 12)
  if (view.getUint32(0, true) === 12) return { width: view.getUint16(4, true), height: view.getUint16(6, true) }
  return { width: Math.abs(view.getInt32(4, true)), height: Math.abs(view.getInt32(8, true)) }
}

/** ImageWidth and ImageLength of the first directory (TIFF 6.0); BigTIFF is left unknown. */
async function tiffSize(bytes: ByteWindow): Promise<PixelSize | null> {
  const head = await bytes.view(0, 8)
  const little = head.getUint8(0) === 0x49
  if (head.getUint16(2, little) !== 42) return null
  const at = head.getUint32(4, little)
  const count = (await bytes.view(at, 2)).getUint16(0, little)
  const table = await bytes.view(at + 2, count * 12)
  const found = new Map<number, number>()
  for (let from = 0; from < count * 12; from += 12) {
    const isShort = table.getUint16(from + 2, little) === 3
    found.set(table.getUint16(from, little), isShort ? table.getUint16(from + 8, little) : table.getUint32(from + 8, little))
  }
  return { width: found.get(256) ?? 0, height: found.get(257) ?? 0 }
}

/** The largest spatial extent among the properties (ISO/IEC 23008-12, 6.5.3): thumbnails and tiles are smaller. */
async function avifSize(bytes: ByteWindow): Promise<PixelSize | null> {
  const meta = firstBox(await boxesBetween(bytes, 0, bytes.sizeBytes), 'meta')
  const properties = meta === null ? null : firstBox(await boxesBetween(bytes, meta.bodyStart + 4, meta.end), 'iprp')
  const container = properties === null ? null : firstBox(await boxesBetween(bytes, properties.bodyStart, properties.end), 'ipco')
  if (container === null) return null
  let largest: PixelSize | null = null
  for (const box of (await boxesBetween(bytes, container.bodyStart, container.end)).boxes) {
    if (box.type !== 'ispe') continue
    const size = wide(await bytes.view(box.bodyStart + 4, 8))
    if (largest === null || size.width * size.height > largest.width * largest.height) largest = size
  }
  return largest
}
