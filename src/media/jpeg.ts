import type { ByteWindow } from './byteWindow.ts'
import { motionVideoBytes } from './motionPhoto.ts'
import { cut, type Structure, unknownEnd, whole } from './wholeness.ts'

const TAIL_BYTES = 64 * 1024
const SEARCH_BYTES = 4096
const BLOCK_BYTES = 64 * 1024
/** A larger picture must have its end marker in the tail; half a picture must not be sent because looking was given up. */
const MAX_SEARCH_BYTES = 24 * 1024 * 1024
const EOI = Buffer.from([0xff, 0xd9])

/** Where the compressed picture begins, and the length of the video that the header says is appended (0: none). */
type JpegHead = { readonly scanStart: number; readonly videoBytes: number }

/**
 * JPEG: a scan, and after it an end marker. Inside a scan FF is always escaped, so FF D9 there is the real thing; before the scan
 * it may belong to a thumbnail. Whatever follows the end marker is allowed; a video that the header announces should be there.
 */
export async function judgeJpeg(bytes: ByteWindow): Promise<Structure> {
  const head = await walkToScan(bytes)
  if ('kind' in head) return head
  if (!(await hasEnd(bytes, head.scanStart))) return cut('it has no end marker after its picture')
  if (head.videoBytes > 0 && !(await endsInVideo(bytes, head.videoBytes))) {
    return unknownEnd('it announces a motion video that is not there')
  }
  return whole(bytes.sizeBytes)
}

async function walkToScan(bytes: ByteWindow): Promise<JpegHead | Structure> {
  let at = 2
  let videoBytes = 0
  for (;;) {
    const markerAt = await nextMarker(bytes, at)
    if (markerAt === null) return cut('its header ends in bytes that are no marker')
    const view = await bytes.view(markerAt, 2)
    const marker = view.getUint8(1)
    if (marker === 0xd9) return cut('it ends before its picture begins')
    if (isStandalone(marker)) {
      at = markerAt + 2
      continue
    }
    const length = (await bytes.view(markerAt + 2, 2)).getUint16(0)
    const end = markerAt + 2 + Math.max(2, length)
    if (end > bytes.sizeBytes) return cut('its header is not there to its end')
    if (marker === 0xda) return { scanStart: end, videoBytes }
    if (marker === 0xe1 && videoBytes === 0) videoBytes = motionVideoBytes(await bytes.bytes(markerAt + 4, Math.max(0, length - 2)))
    at = end
  }
}

/** The next FF that is followed by a marker code; stray bytes before it are skipped, as decoders do. */
async function nextMarker(bytes: ByteWindow, at: number): Promise<number | null> {
  const near = await bytes.upTo(at, 2)
  if (isMarker(near[0], near[1])) return at
  const stretch = await bytes.upTo(at, SEARCH_BYTES)
  const found = stretch.findIndex((byte, index) => isMarker(byte, stretch[index + 1]))
  return found < 0 ? null : at + found
}

function isMarker(first: number | undefined, second: number | undefined): boolean {
  return first === 0xff && second !== undefined && second !== 0 && second !== 0xff
}

/** TEM, RST0 to RST7 and SOI have no length. */
function isStandalone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)
}

/** Looks in the tail first, where it is nearly always; else on from the scan, for files with a long trailer. */
async function hasEnd(bytes: ByteWindow, scanStart: number): Promise<boolean> {
  const tailStart = Math.max(scanStart, bytes.sizeBytes - TAIL_BYTES)
  if (contains(await bytes.upTo(tailStart, TAIL_BYTES))) return true
  for (let at = scanStart; at < Math.min(tailStart, scanStart + MAX_SEARCH_BYTES); at += BLOCK_BYTES) {
    // One byte more than a block: the marker may lie across the border.
    if (contains(await bytes.upTo(at, BLOCK_BYTES + 1))) return true
  }
  return false
}

function contains(block: Uint8Array): boolean {
  return Buffer.from(block.buffer, block.byteOffset, block.byteLength).includes(EOI)
}

async function endsInVideo(bytes: ByteWindow, videoBytes: number): Promise<boolean> {
  if (videoBytes + 4 > bytes.sizeBytes || videoBytes < 8) return false
  const head = await bytes.bytes(bytes.sizeBytes - videoBytes, 8)
  return Buffer.from(head).toString('latin1', 4) === 'ftyp'
}
