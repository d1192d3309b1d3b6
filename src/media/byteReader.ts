/**
 * The bytes of one file, by position. `read` answers with `length` bytes, or fewer at the end of the file (or when the file
 * has shrunk since `sizeBytes` was taken). What it throws (EIO …) passes through every function of this room unchanged.
 */
export type ByteReader = {
  readonly sizeBytes: number
  read(offset: number, length: number): Promise<Uint8Array>
}

/** Reads `length` bytes, asking again after a short answer; fewer only where the file ends. */
export async function readFully(reader: ByteReader, offset: number, length: number): Promise<Uint8Array> {
  const first = await reader.read(offset, length)
  if (first.length >= length || first.length === 0) return first.subarray(0, length)
  const parts = new Uint8Array(length)
  parts.set(first)
  let have = first.length
  while (have < length) {
    const more = await reader.read(offset + have, length - have)
    if (more.length === 0) break
    parts.set(more.subarray(0, length - have), have)
    have = Math.min(length, have + more.length)
  }
  return parts.subarray(0, have)
}
