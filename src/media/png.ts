import { type ByteWindow, fourCc } from './byteWindow.ts'
import { cut, type Structure, whole } from './wholeness.ts'

const SIGNATURE_BYTES = 8
/** Length, type and CRC around the data of a chunk. */
const FRAME_BYTES = 12
/** Encoders that write 8 KiB chunks make thousands; after this many the tail is asked first. */
const MANY_CHUNKS = 200
/** After this many, a PNG without IEND in its tail counts as cut: the walk would not end, and half a picture must not be sent. */
const MAX_CHUNKS = 8000
const TAIL_BYTES = 64 * 1024
/** The IEND chunk is always these bytes (PNG, 11.2.5). */
const IEND = Buffer.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82])

/** PNG: chunks of whatever type (private ones too) up to IEND; what follows IEND does not matter. */
export async function judgePng(bytes: ByteWindow): Promise<Structure> {
  let at = SIGNATURE_BYTES
  for (let chunks = 0; chunks < MAX_CHUNKS; chunks += 1) {
    if (chunks === MANY_CHUNKS && (await endsInIend(bytes, at))) return whole(bytes.sizeBytes)
    const head = await bytes.view(at, 8)
    const type = fourCc(head, 4)
    if (!/^[A-Za-z]{4}$/.test(type)) return cut('its chunks end in bytes that are no chunk')
    at += FRAME_BYTES + head.getUint32(0)
    if (at > bytes.sizeBytes) return cut(`its ${type} chunk is not there to its end`)
    if (type === 'IEND') return whole(bytes.sizeBytes)
  }
  return cut('it has no IEND chunk in its tail')
}

async function endsInIend(bytes: ByteWindow, from: number): Promise<boolean> {
  const tail = await bytes.upTo(Math.max(from, bytes.sizeBytes - TAIL_BYTES), TAIL_BYTES)
  return Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength).includes(IEND)
}
