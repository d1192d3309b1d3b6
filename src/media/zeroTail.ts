import type { ByteWindow } from './byteWindow.ts'

const LONG_BYTES = 64 * 1024
const SHORTEST_BYTES = 512

/**
 * How many zeros at the end make a tail: 64 KiB, in small files a quarter of the file, and never fewer than 512 bytes, which
 * honest padding and black pixels reach easily.
 */
function zeroTailBytes(contentEnd: number): number {
  return Math.max(SHORTEST_BYTES, Math.min(LONG_BYTES, Math.floor(contentEnd / 4)))
}

/** True when the content ends in a long run of zeros, as a pre-allocated file does that is not filled yet. */
export async function hasZeroTail(bytes: ByteWindow, contentEnd: number): Promise<boolean> {
  const length = zeroTailBytes(contentEnd)
  if (length > contentEnd) return false
  const tail = await bytes.bytes(contentEnd - length, length)
  return tail.every((byte) => byte === 0)
}
