import type { ByteWindow } from './byteWindow.ts'
import { cut, type Structure, unknownEnd, whole } from './wholeness.ts'

const SEGMENT = 0x18538067
const CLUSTER = 0x1f43b675
/** ID of up to 4 and size of up to 8 bytes. */
const HEAD_BYTES = 12

/** One EBML element (RFC 8794). `end` is null when its size is "unknown", as live writers leave it. */
type Element = { readonly id: number; readonly bodyStart: number; readonly end: number | null }

/**
 * Matroska and WebM: the elements of the segment reach exactly its end, and the segment's end lies in the file. Where the size of the
 * segment or of a cluster is unknown, its children are walked in its place, and the end of the file may or may not be the end.
 */
export async function judgeMatroska(bytes: ByteWindow): Promise<Structure> {
  const header = await elementAt(bytes, 0)
  if (header === null || header.end === null) return cut('its EBML header is not filled')
  const segment = await elementAt(bytes, header.end)
  if (segment === null || segment.id !== SEGMENT) return cut('it has no segment')
  const limit = segment.end ?? bytes.sizeBytes
  if (limit > bytes.sizeBytes) return cut('its segment is not there to its end')
  const walk = await walkSegment(bytes, segment.bodyStart, limit)
  if ('kind' in walk) return walk
  if (!walk.hasCluster) return cut('it holds no cluster')
  return segment.end === null || walk.hasUnknownSize ? unknownEnd('its sizes are unknown, as in a live recording') : whole(bytes.sizeBytes)
}

async function walkSegment(
  bytes: ByteWindow,
  start: number,
  limit: number,
): Promise<{ hasCluster: boolean; hasUnknownSize: boolean } | Structure> {
  let at = start
  let hasCluster = false
  let hasUnknownSize = false
  while (at < limit) {
    const element = await elementAt(bytes, at)
    if (element === null) return cut('its elements end in bytes that are no element')
    hasCluster ||= element.id === CLUSTER
    hasUnknownSize ||= element.end === null
    if (element.end === null && element.id !== CLUSTER) return cut('one of its elements has no size')
    at = element.end ?? element.bodyStart
    if (at > limit)
      return cut(element.id === CLUSTER ? 'its last cluster is not there to its end' : 'its last element is not there to its end')
  }
  return { hasCluster, hasUnknownSize }
}

/** Null: the bytes are no element. */
async function elementAt(bytes: ByteWindow, at: number): Promise<Element | null> {
  const head = await bytes.upTo(at, HEAD_BYTES)
  const idBytes = vintLength(head[0])
  if (idBytes === null || idBytes > 4 || idBytes >= head.length) return null
  const sizeBytes = vintLength(head[idBytes])
  if (sizeBytes === null || idBytes + sizeBytes > head.length) return null
  const id = head.subarray(0, idBytes).reduce((value, byte) => value * 256 + byte, 0)
  const bodyStart = at + idBytes + sizeBytes
  const size = vintValue(head.subarray(idBytes, idBytes + sizeBytes))
  return { id, bodyStart, end: size === null ? null : bodyStart + size }
}

/** How many bytes the number has that begins with this byte; null for a byte that begins none. */
function vintLength(first: number | undefined): number | null {
  return first === undefined || first === 0 ? null : Math.clz32(first) - 23
}

/** The number; null when all its bits are set, which means "unknown". Beyond 2^53 it is inexact, and beyond every file. */
function vintValue(bytes: Uint8Array): number | null {
  const marker = 1 << (8 - bytes.length)
  const isUnknown = bytes.every((byte, index) => (index === 0 ? byte === marker * 2 - 1 : byte === 0xff))
  return isUnknown ? null : bytes.reduce((value, byte, index) => value * 256 + (index === 0 ? byte - marker : byte), 0)
}
