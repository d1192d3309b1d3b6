/** Width and height in pixels. */
export type Size = { readonly width: number; readonly height: number }

/** How many first bytes `imageSizeOf` wants to see. */
export const HEAD_BYTES = 64 * 1024

/** The size of a PNG, JPEG, WebP or BMP by its first bytes; null for anything else. It judges nothing: the emulator stores every content. */
export function imageSizeOf(head: Buffer): Size | null {
  if (head.length >= 24 && head.toString('latin1', 1, 4) === 'PNG') return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) }
  if (head.length >= 4 && head.readUInt16BE(0) === 0xffd8) return jpegSize(head)
  if (head.length >= 30 && head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP') return webpSize(head)
  if (head.length >= 26 && head.toString('latin1', 0, 2) === 'BM')
    return { width: head.readInt32LE(18), height: Math.abs(head.readInt32LE(22)) }
  return null
}

/** Walks the segments to the first frame header (ITU T.81, B.2.2: SOF0 to SOF15 but DHT, JPG and DAC). */
function jpegSize(head: Buffer): Size | null {
  let at = 2
  while (at + 9 <= head.length && head[at] === 0xff) {
    const marker = head[at + 1] ?? 0
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { height: head.readUInt16BE(at + 5), width: head.readUInt16BE(at + 7) }
    }
    at += 2 + head.readUInt16BE(at + 2)
  }
  return null
}

/** The three kinds of first chunk of the WebP container (RFC 9649). */
function webpSize(head: Buffer): Size | null {
  const chunk = head.toString('latin1', 12, 16)
  if (chunk === 'VP8X') return { width: 1 + head.readUIntLE(24, 3), height: 1 + head.readUIntLE(27, 3) }
  if (chunk === 'VP8 ') return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff }
  if (chunk !== 'VP8L') return null
  const bits = head.readUInt32LE(21)
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >> 14) & 0x3fff) }
}
